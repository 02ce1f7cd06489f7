import CrashPoints
import Interpreter
import JSONValue
import Logging
import StatesLanguage
import Telemetry

extension EngineCore {
    /// Writes a step's events, and turns its commands into rows and effects.
    mutating func persist(
        _ step: Step, of live: LiveExecution, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let key = live.record.identity.key
        live.lastUsed = batchNumber
        touched.insert(key)
        try log(step.events, of: live, &effects)
        // Express executions have no journal, but the texts of tasks and outputs are made here all the same.
        let encoded = configuration.isExpress ? Journal.encoded([]) : Journal.encoded(step.events)
        if !step.events.isEmpty, !configuration.isExpress {
            let historyIDs: ClosedRange<Int>? =
                if let first = step.events.first(where: { $0.id != nil })?.id,
                    let last = step.events.last(where: { $0.id != nil })?.id
                {
                    first...last
                } else { nil }
            try apply(
                .appendJournal(
                    JournalRow(
                        execution: key, sequence: live.sequence, historyIDs: historyIDs, time: now,
                        events: encoded.bytes)))
            live.sequence += 1
        }
        for command in step.commands { try carryOut(command, of: live, encoded, at: now, &effects) }
        if live.execution.status == .running {
            try persistResume(step, of: live, at: now, &effects)
            if live.wantsCheckpoint, !configuration.isExpress {
                live.checkpointed = live.sequence - 1
                try apply(
                    .saveCheckpoint(
                        CheckpointRow(
                            execution: key, sequence: live.checkpointed, state: live.execution.checkpoint())))
                crashPoint(.duringCheckpoint)
            }
        } else {
            try checkFold(of: live)
            self.live[key] = nil
        }
    }

    /// An execution that only paused keeps a due timer on disk, so that a crash cannot strand it.
    private mutating func persistResume(
        _ step: Step, of live: LiveExecution, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        guard step.wantsResume else { return }
        let timer = TimerKey(execution: live.record.identity.key, timer: TimerKey.resume)
        let row = TimerRow(key: timer, due: now, purpose: EngineTimer.resume, interval: 0)
        if step.postponed == nil {
            try arm(row, &effects)
        } else {
            // Only a crash lets it fire: it is being seen to.
            try apply(.armTimer(row))
        }
    }

    /// - Parameter encoded: The events of the command's step.
    private mutating func carryOut(
        _ command: Command, of live: LiveExecution, _ encoded: EncodedEvents, at now: Timestamp,
        _ effects: inout Effects
    ) throws(StoreError) {
        let key = live.record.identity.key
        switch command {
        case .scheduleTask(let task):
            effects.counted.append(metrics.tasksScheduled)
            if case .service = task.target {
                services.queue.append(.call(TaskKey(execution: key, task: task.task)))
                return
            }
            let row = TaskRow(
                key: TaskKey(execution: key, task: task.task), phase: .pending, target: task.target,
                token: task.token.text, state: task.state, attempt: task.attempt,
                input: encoded.text(of: task.input), scheduledAt: now, timeoutSeconds: task.timeoutSeconds,
                heartbeatSeconds: task.heartbeatSeconds, executionARN: live.record.identity.arn,
                stateMachineARN: live.record.identity.stateMachineARN)
            try apply(.openTask(row))
            if case .function = task.target, live.endsWhenDelivered(task.task) { effects.awaitsDelivery = true }
            publish(row, &effects)
        case .cancelTask(let task, let token):
            try abandonJob(of: TaskKey(execution: key, task: task))
            try close(TaskKey(execution: key, task: task), &effects)
            effects.cancel.append(token.text)
        case .armTimer(let timer, let due, let purpose):
            try arm(
                TimerRow(
                    key: TimerKey(execution: key, timer: timer), due: due, purpose: purpose.rawValue,
                    interval: Double(due.microseconds - now.microseconds) / 1_000_000), &effects)
        case .cancelTimer(let timer):
            try clear(TimerKey(execution: key, timer: timer), &effects)
        case .startMapRun(let plan):
            try startMapRun(plan, of: live, at: now, &effects)
        case .redriveMapRun(let arn):
            try redriveMapRun(arn: arn, at: now, &effects)
        case .abortMapRun(let arn):
            try abortMapRun(arn: arn)
        case .finish(let outcome):
            try finish(outcome, of: live, encoded, at: now, &effects)
        }
    }

    private mutating func finish(
        _ outcome: ExecutionOutcome, of live: LiveExecution, _ encoded: EncodedEvents, at now: Timestamp,
        _ effects: inout Effects
    ) throws(StoreError) {
        let output = outcome.output.map { String(decoding: encoded.text(of: $0), as: UTF8.self) }
        try apply(
            .closeExecution(
                key: live.record.identity.key, status: outcome.status, stoppedAt: now, output: output,
                error: outcome.failure?.error, cause: outcome.failure?.cause))
        if live.checkpointed > 0 { try apply(.deleteCheckpoint(execution: live.record.identity.key)) }
        openExecutions = openExecutions.map { $0 - 1 }
        effects.hasClosed = true
        if let child = live.record.child {
            if let counter = metrics.finished[outcome.status] { effects.counted.append(counter) }
            try childEnded(child, outcome.status)
            return
        }
        if let counter = metrics.finished[outcome.status] { effects.counted.append(counter) }
        if configuration.isExpress {
            reportEnd(of: live, outcome, output: output, at: now, &effects)
        } else {
            try noteEnd(of: live.record.identity.arn)
            effects.announce.append(
                announcement(
                    of: live, status: outcome.status, stoppedAt: now, output: output, failure: outcome.failure))
        }
        try tellOutcome(
            of: live.record, status: outcome.status, output: output, failure: outcome.failure, &effects)
    }

    /// To whoever started the execution by a message with `reply_to`.
    mutating func tellOutcome(
        of record: ExecutionRecord, status: ExecutionStatus, output: String?, failure: StateFailure?,
        _ effects: inout Effects
    ) throws(StoreError) {
        guard let reply = record.reply else { return }
        let body: JSON = [
            "error": .string(failure?.error ?? status.rawValue), "cause": .string(failure?.cause ?? ""),
        ]
        try enqueue(
            OutboxMessage(
                number: try writer.nextOutboxNumber(), queue: reply.queue, correlationID: reply.correlationID,
                type: output == nil ? "failure" : "success", executionARN: record.identity.arn,
                body: Array((output ?? body.serialized()).utf8)), &effects)
    }

    // MARK: Reading

    /// The execution, from memory or rebuilt from its journal; nil when it has ended or never was.
    mutating func liveExecution(_ key: Int64) throws(StoreError) -> LiveExecution? {
        if let cached = live[key] { return cached }
        guard let stored = try storedExecution(key) else { return nil }
        let record = stored.record
        guard let definition = try definition(of: record) else {
            throw StoreError(
                .unreadableExecution,
                "The definition of execution \(record.identity.arn) is not one that this Baton understands: run the"
                    + " version that it was started with, or stop the execution.")
        }
        let rebuilt = try rebuild(stored, definition)
        rebuilt.lastUsed = batchNumber
        live[key] = rebuilt
        return rebuilt
    }

    private mutating func storedExecution(_ key: Int64) throws(StoreError) -> StoredExecution? {
        if let stored = prefetched.removeValue(forKey: key) { return stored }
        guard let record = try writer.execution(key: key), record.status == .running else { return nil }
        return try writer.storedExecution(record)
    }

    /// Reads those of the executions together that are not in memory, as something is about to happen to all of them.
    ///
    /// What is read is right for as long as nothing happens to an execution, and whatever does takes it from here first;
    /// it has to be forgotten at the end of the transaction.
    mutating func prefetch(_ keys: some Sequence<Int64>) throws(StoreError) {
        let cold = Set(keys).filter { live[$0] == nil }
        guard cold.count > 1 else { return }
        for stored in try writer.storedExecutions(cold.sorted()) { prefetched[stored.record.identity.key] = stored }
    }

    private func rebuild(
        _ stored: StoredExecution, _ definition: StateMachineDefinition
    ) throws(StoreError) -> LiveExecution {
        let (record, checkpoint, rows) = (stored.record, stored.checkpoint, stored.journal)
        do {
            var execution =
                if let checkpoint {
                    try Execution(
                        checkpoint: checkpoint.state, identity: record.identity, definition: definition,
                        limits: configuration.limits)
                } else {
                    Execution(
                        rebuilding: record.identity, definition: definition, limits: configuration.limits,
                        from: [] as [JournalEvent])
                }
            for row in rows {
                for event in try Journal.decode(row.events) { execution.apply(event) }
            }
            let last = rows.last?.sequence ?? checkpoint?.sequence ?? -1
            return LiveExecution(
                execution: execution, record: record, sequence: last + 1, checkpointed: checkpoint?.sequence ?? 0)
        } catch {
            throw StoreError(
                .unreadableExecution,
                "The journal of execution \(record.identity.arn) cannot be read: \(error). Restore the database from a"
                    + " backup, or remove the execution.")
        }
    }

    /// Rebuilds a finished execution now and then, to prove that the journal says what memory says.
    private mutating func checkFold(of live: LiveExecution) throws(StoreError) {
        guard configuration.foldCheckInterval > 0 else { return }
        finishedSinceFoldCheck += 1
        guard finishedSinceFoldCheck >= configuration.foldCheckInterval,
            let definition = try definition(of: live.record)
        else { return }
        finishedSinceFoldCheck = 0
        metrics.foldChecks.increment()
        if try rebuild(writer.storedExecution(live.record), definition).execution != live.execution {
            metrics.foldMismatches.increment()
            logger.critical(
                "an execution rebuilt from its journal differs from the live one",
                metadata: ["execution": "\(live.record.identity.arn)"])
        }
    }

    mutating func stateMachine(_ arn: String) throws(StoreError) -> StateMachineRecord? {
        if let cached = stateMachines[arn] { return cached }
        let found = try writer.stateMachine(arn: arn)
        if stateMachines.count >= 1_000 { stateMachines.removeAll() }
        stateMachines[arn] = found
        return found
    }

    /// What an execution runs: its machine, or the processor of its map run's state.
    private mutating func definition(of record: ExecutionRecord) throws(StoreError) -> StateMachineDefinition? {
        guard let child = record.child else { return try definition(revision: record.revision) }
        guard let run = try writer.mapRun(number: child.mapRun) else { return nil }
        return try definition(revision: record.revision, mapRun: run)
    }

    /// - Parameter mapRun: Where given, the definition is that of its children.
    mutating func definition(
        revision number: Int64, mapRun: MapRunRecord? = nil
    ) throws(StoreError) -> StateMachineDefinition? {
        let key = mapRun.map { ChildDefinitionKey(revision: number, pointer: $0.pointer) }
        if let key, let cached = childDefinitions[key] { return cached }
        if key == nil, let cached = definitions[number] { return cached }
        guard let revision = try writer.revision(number: number), case .success(let machine) = try compiled(revision)
        else { return nil }
        guard let key else { return machine }
        let child = machine.child(ofMapAt: key.pointer)
        if childDefinitions.count >= 1_000 { childDefinitions.removeAll() }
        childDefinitions[key] = child
        return child
    }

    /// Definitions are checked when they are stored; one that no longer compiles comes from another version of Baton.
    mutating func compiled(
        _ revision: StateMachineRevision
    ) throws(StoreError) -> Result<StateMachineDefinition, ServiceError> {
        if let cached = definitions[revision.number] { return .success(cached) }
        let result = compile(revision)
        if case .success(let definition) = result { definitions[revision.number] = definition }
        return result
    }

    mutating func compile(_ revision: StateMachineRevision) -> Result<StateMachineDefinition, ServiceError> {
        if definitions.count >= 1_000 { definitions.removeAll() }
        do throws(InvalidDefinition) {
            return .success(try StateMachineDefinition.compile(revision.definition, support: configuration.language))
        } catch {
            logger.error(
                "a stored definition does not compile",
                metadata: [
                    "revision": "\(revision.id)", "problem": "\(error.diagnostics.first?.message ?? "unknown")",
                ])
            return .failure(
                ServiceError(.invalidDefinition, error.diagnostics.first?.message ?? "The definition does not compile.")
            )
        }
    }
}

/// A Map state in a definition.
struct ChildDefinitionKey: Hashable {
    var revision: Int64
    var pointer: String
}
