import Interpreter
import JSONValue
import Logging
import StatesLanguage
import Telemetry

/// Express executions: no journal, no names that are taken, an end after five minutes.
///
/// https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
extension EngineCore {
    /// AWS ends an Express execution after five minutes, whatever its TimeoutSeconds.
    static var expressSeconds: Int { 300 }

    mutating func startExpress(
        _ start: ExpressStart, for caller: ExpressCaller, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let (machine, revision) = (start.target.machine, start.target.revision)
        guard live.count < configuration.openExecutions else {
            let refusal = ServiceError(
                .executionLimitExceeded,
                "\(configuration.openExecutions) Express executions are running, and more are not allowed at once: "
                    + "wait for some to end, or start the server with a higher --express-limit.")
            try refuse(start, for: caller, refusal, &effects)
            return
        }
        let definition: StateMachineDefinition
        switch expressDefinition(revision) {
        case .success(let compiled): definition = compiled
        case .failure(let error):
            try refuse(start, for: caller, error, &effects)
            return
        }
        let name = start.name ?? newUUID()
        let identity = ExecutionIdentity(
            key: try writer.nextExecutionKey(), partition: configuration.partition,
            arn: ExecutionARN.express(stateMachineARN: machine.arn, name: name, id: newUUID()), name: name,
            stateMachineARN: machine.arn, stateMachineName: machine.name, roleARN: revision.roleARN,
            startedAt: now)
        let record = ExecutionRecord(
            identity: identity, revision: revision.number, status: .running, input: start.inputText,
            traceHeader: start.traceHeader, version: start.target.version, alias: start.target.alias,
            reply: start.reply)
        try apply(.insertExecution(record))
        let (execution, step) = Execution.start(
            identity, definition: definition, input: start.input, limits: configuration.limits, at: now,
            using: &random, effort: .slice)
        let live = LiveExecution(execution: execution, record: record, sequence: 0, checkpointed: 0)
        live.logging = .some(LoggingSettings(revision.settings))
        if case .awaitsEnd(let reply) = caller { live.onEnd = reply }
        self.live[identity.key] = live
        effects.counted.append(metrics.started)
        if let delivery = start.delivery { effects.acknowledge.append(delivery) }
        if case .awaitsStart(let reply) = caller {
            let started = StartedExecution(arn: identity.arn, startedAt: now)
            effects.replies.append { reply(.success(started)) }
        }
        try write(step, of: live, at: now, &effects)
    }

    private mutating func refuse(
        _ start: ExpressStart, for caller: ExpressCaller, _ error: ServiceError, _ effects: inout Effects
    ) throws(StoreError) {
        effects.replies.append { caller.refuse(error) }
        if let delivery = start.delivery { try refuse(delivery, replyingTo: start.reply, error, &effects) }
    }

    /// By revision, as `compiled`; with the five minutes for whatever allows itself more.
    private mutating func expressDefinition(
        _ revision: StateMachineRevision
    ) -> Result<StateMachineDefinition, ServiceError> {
        if let cached = definitions[revision.number] { return .success(cached) }
        let result = compile(revision)
        guard case .success(let whole) = result else { return result }
        let definition = StateMachineDefinition(
            comment: whole.comment, queryLanguage: whole.queryLanguage,
            timeoutSeconds: min(whole.timeoutSeconds ?? Self.expressSeconds, Self.expressSeconds),
            states: whole.states, variableReferences: whole.variableReferences,
            hasCostlyFields: whole.hasCostlyFields)
        definitions[revision.number] = definition
        return .success(definition)
    }

    /// Tells whoever waits for the end of an execution.
    mutating func reportEnd(
        of live: LiveExecution, _ outcome: ExecutionOutcome, output: String?, at now: Timestamp,
        _ effects: inout Effects
    ) {
        guard let reply = live.onEnd else { return }
        let record = live.record
        var ended = EndedExecution(
            arn: record.identity.arn, name: record.identity.name, stateMachineARN: record.identity.stateMachineARN,
            startedAt: record.identity.startedAt, stoppedAt: now, status: outcome.status, input: record.input,
            output: output, error: outcome.failure?.error, cause: outcome.failure?.cause,
            traceHeader: record.traceHeader)
        if outcome.status == .timedOut { ended.error = ended.error ?? "States.Timeout" }
        effects.replies.append { [ended] in reply(.success(ended)) }
    }

    // MARK: The end of the process

    /// From now on until `deadline` what is open may end; then nobody waits any longer.
    mutating func drain(until deadline: Timestamp, _ reply: @escaping Reply<Void>) {
        draining.deadline = min(deadline, draining.deadline ?? deadline)
        draining.replies.append(reply)
    }

    /// To be called at the end of every batch.
    mutating func drainIfDone(at now: Timestamp, _ effects: inout Effects) {
        guard let deadline = draining.deadline, live.count == 0 || deadline <= now else { return }
        let lost = ServiceError(
            .serviceUnavailable, "Baton is shutting down: the Express execution ends here, without an outcome.")
        for execution in live.all {
            guard let reply = execution.onEnd else { continue }
            execution.onEnd = nil
            effects.replies.append { reply(.failure(lost)) }
        }
        for reply in draining.replies { effects.replies.append { reply(.success(())) } }
        draining = Draining()
    }

    struct Draining {
        var deadline: Timestamp?
        var replies: [Reply<Void>] = []
    }

    /// A transaction was taken back: what it did to executions that have no journal cannot be made good.
    mutating func giveUp(_ executions: Set<Int64>) -> [@Sendable () -> Void] {
        var replies: [@Sendable () -> Void] = []
        for key in executions {
            guard let lost = live[key] else { continue }
            logger.critical("an Express execution was lost", metadata: ["execution": "\(lost.record.identity.arn)"])
            if let reply = lost.onEnd {
                replies.append { reply(.failure(ServiceError(.internalFailure, "The execution was lost."))) }
            }
        }
        return replies
    }
}

// MARK: Starts by other executions

extension EngineCore {
    /// As the API wants them: an execution's input is a text there, and may be any JSON in a state.
    static func callParameters(_ parameters: JSON) -> JSON {
        guard var members = parameters.objectValue, let input = members["Input"], input.stringValue == nil else {
            return parameters
        }
        members["Input"] = input.isNull ? nil : .string(input.serialized())
        return .object(members)
    }
}

extension ExecutionARN {
    /// `arn:P:states:R:A:express:MACHINE:NAME:ID`.
    static func express(stateMachineARN: String, name: String, id: String) -> String {
        make(stateMachineARN: stateMachineARN, name: name, kind: "express") + ":" + id
    }
}
