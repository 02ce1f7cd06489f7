import Interpreter
import JSONValue
import StatesLanguage
import Telemetry

extension EngineCore {
    mutating func start(
        _ command: StartCommand, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) -> Result<StartedExecution, ServiceError> {
        let target: StartTarget
        switch try startTarget(command.stateMachineARN) {
        case .success(let found): target = found
        case .failure(let error): return .failure(error)
        }
        let machine = target.machine
        guard machine.status == .active else {
            return .failure(
                .init(.stateMachineDeleting, "State Machine is being deleted: '\(command.stateMachineARN)'"))
        }
        guard machine.kind == .standard else {
            return .failure(.typeNotSupported)
        }
        let name = command.name ?? newUUID()
        let arn = ExecutionARN.make(stateMachineARN: machine.arn, name: name)
        if let existing = try writer.execution(arn: arn) {
            guard existing.status == .running, existing.input.utf8.elementsEqual(command.inputText.utf8) else {
                return .failure(.init(.executionAlreadyExists, "Execution Already Exists: '\(arn)'"))
            }
            return .success(StartedExecution(arn: arn, startedAt: existing.identity.startedAt))
        }
        let running = try countOpenExecutions()
        guard running < configuration.openExecutions else {
            return .failure(
                .init(
                    .executionLimitExceeded,
                    "The maximum number of running executions has been reached. Running executions must end or be"
                        + " stopped before a new execution can be started."))
        }
        let definition: StateMachineDefinition
        switch try compiled(target.revision) {
        case .success(let compiled): definition = compiled
        case .failure(let error): return .failure(error)
        }
        let identity = ExecutionIdentity(
            key: try writer.nextExecutionKey(), partition: configuration.partition, arn: arn, name: name,
            stateMachineARN: machine.arn, stateMachineName: machine.name, roleARN: target.revision.roleARN,
            startedAt: now)
        let record = ExecutionRecord(
            identity: identity, revision: target.revision.number, status: .running, input: command.inputText,
            traceHeader: command.traceHeader, version: target.version, alias: target.alias, reply: command.reply)
        try apply(.insertExecution(record))
        // Whoever starts an execution is not kept waiting for its first states.
        let (execution, step) = Execution.start(
            identity, definition: definition, input: command.input, limits: configuration.limits, at: now,
            using: &random, effort: .slice)
        let live = LiveExecution(execution: consume execution, record: record, sequence: 0, checkpointed: 0)
        live.logging = .some(LoggingSettings(target.revision.settings))
        self.live[identity.key] = live
        openExecutions = running + 1
        effects.counted.append(metrics.started)
        effects.announce.append(announcement(of: live, status: .running))
        try write(step, of: live, at: now, &effects)
        return .success(StartedExecution(arn: arn, startedAt: now))
    }

    private mutating func countOpenExecutions() throws(StoreError) -> Int {
        if let openExecutions { return openExecutions }
        let count = try writer.runningExecutionCount()
        openExecutions = count
        return count
    }

    mutating func start(_ message: StartDelivery, at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        let result: Result<StartedExecution, ServiceError>
        switch StartCommand.make(from: message, in: configuration.account) {
        case .success(let command):
            result = try start(command, at: now, &effects)
            if case .failure(let refusal) = result, refusal.code == .stateMachineTypeNotSupported,
                case .success(let target) = try startTarget(command.stateMachineARN)
            {
                let start = ExpressStart(
                    target: target, name: command.name, inputText: command.inputText, input: command.input,
                    traceHeader: command.traceHeader, reply: command.reply, delivery: message.delivery)
                effects.handOver.append(ExpressMessage(start: start))
                return
            }
            if case .failure(let refusal) = result, refusal.code == .executionAlreadyExists,
                let ended = try ended(command)
            {
                try tellOutcome(
                    of: ended, status: ended.status, output: ended.output,
                    failure: StateFailure(error: ended.error, cause: ended.cause), &effects)
                effects.acknowledge.append(message.delivery)
                return
            }
        case .failure(let error): result = .failure(error)
        }
        guard case .failure(let refusal) = result else {
            effects.acknowledge.append(message.delivery)
            return
        }
        try refuse(message.delivery, replyingTo: message.reply, refusal, &effects)
    }

    /// The execution that the same message started before: a broker that lost the acknowledgement delivers it again, also
    /// after the end. Nil where another start has the name.
    private mutating func ended(_ command: StartCommand) throws(StoreError) -> ExecutionRecord? {
        guard let name = command.name, case .success(let target) = try startTarget(command.stateMachineARN),
            let record = try writer.execution(arn: ExecutionARN.make(stateMachineARN: target.machine.arn, name: name)),
            record.status != .running, record.reply == command.reply,
            record.input.utf8.elementsEqual(command.inputText.utf8)
        else { return nil }
        return record
    }

    /// Nothing comes of a start message: whoever sent it is told, or it becomes a dead letter.
    mutating func refuse(
        _ delivery: BrokerDelivery, replyingTo reply: ExecutionRecord.ReplyAddress?, _ refusal: ServiceError,
        _ effects: inout Effects
    ) throws(StoreError) {
        guard let reply else {
            effects.bury.append((delivery, refusal.description))
            return
        }
        let body: JSON = ["error": .string(refusal.code.rawValue), "cause": .string(refusal.message)]
        try enqueue(
            OutboxMessage(
                number: try writer.nextOutboxNumber(), queue: reply.queue, correlationID: reply.correlationID,
                type: "failure", executionARN: "", body: Array(body.serialized().utf8)), &effects)
        effects.acknowledge.append(delivery)
    }

    mutating func stop(
        _ arn: String, _ failure: StateFailure, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) -> Result<Timestamp, ServiceError> {
        guard let record = try writer.execution(arn: arn) else {
            return .failure(.init(.executionDoesNotExist, "Execution Does Not Exist: '\(arn)'"))
        }
        guard record.status == .running, let live = try liveExecution(record.identity.key) else {
            // Stopping what has ended is no error, and changes nothing.
            return .success(record.stoppedAt ?? now)
        }
        try overtake(live, .stop(failure), at: now, &effects)
        return .success(now)
    }

    func announcement(
        of live: LiveExecution, status: ExecutionStatus, stoppedAt: Timestamp? = nil, output: String? = nil,
        failure: StateFailure? = nil
    ) -> ExecutionAnnouncement {
        let identity = live.record.identity
        return ExecutionAnnouncement(
            executionARN: identity.arn, stateMachineARN: identity.stateMachineARN,
            stateMachineName: identity.stateMachineName, name: identity.name, status: status,
            startedAt: identity.startedAt, stoppedAt: stoppedAt, output: output, error: failure?.error,
            cause: failure?.cause)
    }

    mutating func enqueue(_ message: OutboxMessage, _ effects: inout Effects) throws(StoreError) {
        try apply(.enqueueMessage(message))
        if outbox.connected { effects.send.append(message) }
    }

    mutating func newUUID() -> String {
        let high = random.next()
        return UUIDText.version4(high: high, low: random.next())
    }
}
