import Interpreter
import JSONValue
package import Orchestrator

extension SQLiteWriter {
    package func apply(_ operation: WriteOperation) throws(StoreError) {
        let (session, statements) = try open()
        switch operation {
        case .insertStateMachine(let record):
            try session.run(statements.insertStateMachine) { $0.stateMachine(record) }
            guard session.changes > 0 else { throw conflict("the state machine \(record.arn) exists already") }
            try insert(record.revision, of: record)
        case .updateStateMachine(let record):
            try session.run(statements.updateStateMachine) { $0.stateMachine(record) }
            guard session.changes > 0 else { throw conflict("the state machine \(record.arn) does not exist") }
            try insert(record.revision, of: record)
        case .deleteStateMachine(let arn):
            try deleteStateMachine(arn)
        case .insertVersion(let record):
            try insert(record)
        case .deleteVersion(let arn, let number):
            try deleteVersion(of: arn, number)
        case .saveAlias(let record):
            try save(record)
        case .deleteAlias(let arn, let name):
            try deleteAlias(of: arn, name)
        case .insertActivity(let record):
            try session.run(statements.insertActivity) {
                $0.text(record.arn)
                $0.text(record.name)
                $0.time(record.createdAt)
                $0.text(record.settings.serialized())
            }
        case .updateActivity(let record):
            try session.run(statements.updateActivity) {
                $0.text(record.arn)
                $0.text(record.settings.serialized())
            }
        case .deleteActivity(let arn):
            try session.run(statements.deleteActivity) { $0.text(arn) }
        case .rememberFunction(let name):
            try session.run(statements.insertFunction) { $0.text(name) }
        case .insertExecution(let record):
            try insert(record)
        case .closeExecution(let key, let status, let stoppedAt, let output, let error, let cause):
            try session.run(statements.closeExecution) {
                $0.integer(key)
                $0.text(status.rawValue)
                $0.time(stoppedAt)
                $0.text(error)
                $0.text(cause)
                $0.text(output)
            }
            guard session.changes > 0 else { throw conflict("there is no execution \(key)") }
        case .reopenExecution(let key, let count, let time, let tokens):
            try session.run(statements.reopenExecution) {
                $0.integer(key)
                $0.integer(count)
                $0.time(time)
                $0.text(tokens.stored)
            }
            guard session.changes > 0 else { throw conflict("there is no execution \(key)") }
        case .removeExecution(let key):
            try remove(execution: key)
        case .appendJournal(let row):
            try append(row)
        case .saveCheckpoint(let row):
            try save(row)
        case .deleteCheckpoint(let execution):
            try session.run(statements.deleteCheckpoint) { $0.integer(execution) }
        case .openTask(let row):
            try insert(row)
        case .setTaskPhase(let key, let phase, let worker):
            guard let number = key.number else { return }
            try session.run(statements.setTaskPhase) {
                $0.integer(number)
                $0.text(phase.stored)
                $0.text(worker)
            }
        case .closeTask(let key):
            guard let number = key.number else { return }
            try session.run(statements.deleteTask) { $0.integer(number) }
        case .republishTasks(let target):
            try session.run(statements.republishTasks) {
                $0.text(target.queueName)
                $0.integer(target.activityARN == nil ? 0 : 1)
            }
        case .armTimer(let row):
            try session.run(statements.saveTimer) {
                $0.integer(row.key.execution)
                $0.integer(row.key.timer)
                $0.time(row.due)
                $0.text(row.purpose)
                $0.real(row.interval)
            }
        case .clearTimer(let key):
            try session.run(statements.deleteTimer) {
                $0.integer(key.execution)
                $0.integer(key.timer)
            }
        case .insertMapRun(let record):
            try session.run(statements.insertMapRun) { $0.newMapRun(record) }
        case .updateMapRun(let record):
            try session.run(statements.updateMapRun) {
                $0.integer(record.number)
                $0.state(of: record)
            }
            guard session.changes > 0 else { throw conflict("there is no map run \(record.number)") }
        case .appendMapItems(let row):
            try session.run(statements.insertMapItems) {
                $0.integer(row.mapRun)
                $0.integer(row.first)
                $0.integer(row.count)
                $0.text(String(decoding: row.items, as: UTF8.self))
            }
        case .deleteMapItems(let mapRun):
            try session.run(statements.deleteMapItems) { $0.integer(mapRun) }
        case .enqueueMessage(let message):
            try insert(message)
        case .dequeueMessage(let number):
            try session.run(statements.deleteMessage) { $0.integer(number) }
        }
    }

    private func conflict(_ what: String) -> StoreError {
        StoreError(.conflict, "The change contradicts what the database holds: \(what).")
    }

    private func insert(_ revision: StateMachineRevision, of record: StateMachineRecord) throws(StoreError) {
        let (session, statements) = try open()
        try session.run(statements.insertRevision) {
            $0.integer(revision.number)
            $0.text(revision.id)
            $0.text(record.arn)
            $0.text(revision.roleARN)
            $0.time(revision.createdAt)
            $0.text(revision.definition)
            $0.text(revision.settings.serialized())
        }
    }

    private func insert(_ record: ExecutionRecord) throws(StoreError) {
        let (session, statements) = try open()
        let identity = record.identity
        let machine = try machineNumber(identity.stateMachineARN, name: identity.stateMachineName)
        try session.run(statements.insertExecution) {
            $0.integer(identity.key)
            $0.text(identity.arn)
            $0.text(identity.name)
            $0.integer(machine)
            $0.integer(record.revision)
            $0.text(record.status.rawValue)
            $0.time(identity.startedAt)
            $0.time(record.stoppedAt)
            $0.integer(identity.partition)
            $0.integer(identity.redriveCount)
            $0.text(identity.roleARN)
            $0.text(record.traceHeader)
            $0.text(record.reply?.queue)
            $0.text(record.reply?.correlationID)
            $0.text(record.error)
            $0.text(record.cause)
            $0.text(record.input)
            $0.text(record.output)
            $0.integer(record.version)
            $0.text(record.alias)
            $0.integer(record.child.map { Int($0.mapRun) })
            $0.integer(record.child?.firstItem)
            $0.integer(record.child?.itemCount)
        }
    }

    /// The number of a machine's row, which stays its number even when the machine is deleted. A machine that this
    /// database never saw gets a row.
    private func machineNumber(_ arn: String, name: String) throws(StoreError) -> Int64 {
        if let known = machineNumbers[UTF8Key(arn)] { return known }
        let (session, statements) = try open()
        var number = try session.first(statements.machineNumber, { $0.text(arn) }) { $0.integer() }
        if number == nil {
            try session.run(statements.rememberStateMachine) {
                $0.text(arn)
                $0.text(name)
            }
            number = session.lastInsertedRow
        }
        guard let number else { throw conflict("there is no state machine \(arn)") }
        if machineNumbers.count >= 1_000 { machineNumbers.removeAll() }
        machineNumbers[UTF8Key(arn)] = number
        return number
    }

    private func append(_ row: JournalRow) throws(StoreError) {
        let (session, statements) = try open()
        try row.events.borrowed { events throws(StoreError) in
            try session.run(statements.insertJournal) {
                $0.integer(row.execution)
                $0.integer(row.sequence)
                $0.integer(row.historyIDs?.lowerBound)
                $0.integer(row.historyIDs?.upperBound)
                $0.time(row.time)
                $0.text(borrowing: events)
            }
            journalNumber = session.lastInsertedRow
        }
    }

    private func save(_ row: CheckpointRow) throws(StoreError) {
        let (session, statements) = try open()
        try row.state.borrowed { state throws(StoreError) in
            try session.run(statements.saveCheckpoint) {
                $0.integer(row.execution)
                $0.integer(row.sequence)
                $0.text(borrowing: state)
            }
        }
    }

    private func insert(_ row: TaskRow) throws(StoreError) {
        let (session, statements) = try open()
        guard let number = row.key.number else {
            throw conflict(
                "task \(row.key.task) of execution \(row.key.execution) is more than one execution can have, which is "
                    + "\(TaskKey.tasksOfExecution)")
        }
        try row.input.borrowed { input throws(StoreError) in
            try session.run(statements.insertTask) {
                $0.integer(number)
                $0.integer(row.key.execution)
                $0.integer(row.key.task)
                $0.text(row.phase.stored)
                $0.text(row.target.queueName)
                $0.text(row.target.activityARN)
                $0.text(row.token)
                $0.text(row.state)
                $0.integer(row.attempt)
                $0.time(row.scheduledAt)
                $0.integer(row.timeoutSeconds)
                $0.integer(row.heartbeatSeconds)
                $0.text(row.worker)
                $0.text(borrowing: input)
            }
        }
    }

    private func insert(_ message: OutboxMessage) throws(StoreError) {
        let (session, statements) = try open()
        try message.body.borrowed { body throws(StoreError) in
            try session.run(statements.insertMessage) {
                $0.integer(message.number)
                $0.text(message.queue)
                $0.text(message.correlationID)
                $0.text(message.type)
                $0.text(message.executionARN)
                $0.text(borrowing: body)
            }
        }
    }
}

extension Array where Element == UInt8 {
    /// `withUnsafeBufferPointer` with a typed error.
    fileprivate func borrowed(
        _ body: (UnsafeBufferPointer<UInt8>) throws(StoreError) -> Void
    ) throws(StoreError) {
        let result: Result<Void, StoreError> = withUnsafeBufferPointer { bytes in
            do throws(StoreError) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
