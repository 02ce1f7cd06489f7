package import Interpreter
import JSONValue
package import Orchestrator

/// What a store holds, as plain collections. A copy is a snapshot.
package struct MemoryTables: Sendable {
    /// An execution that ended leaves at once, with its journal, instead of staying to be looked at.
    package let forgetsClosed: Bool

    package var stateMachines: [TextKey: StateMachineRecord] = [:]
    package var revisions: [Int64: StateMachineRevision] = [:]
    /// By the machine's ARN, then by number and by name.
    package var versions: [TextKey: [Int: StateMachineVersionRecord]] = [:]
    package var aliases: [TextKey: [TextKey: StateMachineAliasRecord]] = [:]
    package var activities: [TextKey: ActivityRecord] = [:]
    package var functions: Set<TextKey> = []
    package var executions: [Int64: ExecutionRecord] = [:]
    package var executionKeys: [TextKey: Int64] = [:]
    package var journal: [Int64: [JournalRow]] = [:]
    package var checkpoints: [Int64: CheckpointRow] = [:]
    package var tasks: [TaskKey: NumberedTask] = [:]
    package var timers: [TimerKey: TimerRow] = [:]
    package var outbox: [Int64: OutboxMessage] = [:]
    package var lastTaskNumber: Int64 = 0
    package var mapRuns: [Int64: MapRunRecord] = [:]
    package var mapItems: [Int64: [MapItemsRow]] = [:]

    package struct NumberedTask: Sendable {
        package let number: Int64
        package var row: TaskRow
    }

    package init(forgetsClosed: Bool = false) { self.forgetsClosed = forgetsClosed }
}

extension MemoryTables {
    package mutating func apply(_ operation: WriteOperation) throws(StoreError) {
        switch operation {
        case .insertStateMachine(let record):
            guard stateMachines[TextKey(record.arn)] == nil else { throw conflict("\(record.arn) exists already") }
            insert(record)
        case .updateStateMachine(let record):
            guard stateMachines[TextKey(record.arn)] != nil else { throw conflict("\(record.arn) does not exist") }
            insert(record)
        case .deleteStateMachine(let arn):
            stateMachines[TextKey(arn)] = nil
            versions[TextKey(arn)] = nil
            aliases[TextKey(arn)] = nil
        case .insertVersion(let record):
            guard versions[TextKey(record.stateMachineARN)]?[record.number] == nil else {
                throw conflict("\(record.arn) exists already")
            }
            versions[TextKey(record.stateMachineARN), default: [:]][record.number] = record
        case .deleteVersion(let arn, let number):
            versions[TextKey(arn)]?[number] = nil
        case .saveAlias(let record):
            aliases[TextKey(record.stateMachineARN), default: [:]][TextKey(record.name)] = record
        case .deleteAlias(let arn, let name):
            aliases[TextKey(arn)]?[TextKey(name)] = nil
        case .insertActivity(let record):
            guard activities[TextKey(record.arn)] == nil else { throw conflict("\(record.arn) exists already") }
            activities[TextKey(record.arn)] = record
        case .updateActivity(let record):
            activities[TextKey(record.arn)]?.settings = record.settings
        case .deleteActivity(let arn):
            activities[TextKey(arn)] = nil
        case .rememberFunction(let name):
            functions.insert(TextKey(name))

        case .insertExecution(let record):
            let (key, arn) = (record.identity.key, TextKey(record.identity.arn))
            guard executions[key] == nil, executionKeys[arn] == nil else {
                throw conflict("the execution \(record.identity.arn) exists already")
            }
            executions[key] = record
            executionKeys[arn] = key
        case .closeExecution(let key, let status, let stoppedAt, let output, let error, let cause):
            guard let record = executions[key] else { throw conflict("there is no execution \(key)") }
            guard !forgetsClosed else {
                executions[key] = nil
                executionKeys[TextKey(record.identity.arn)] = nil
                journal[key] = nil
                checkpoints[key] = nil
                return
            }
            executions[key]?.status = status
            executions[key]?.stoppedAt = stoppedAt
            executions[key]?.output = output
            executions[key]?.error = error
            executions[key]?.cause = cause
        case .reopenExecution(let key, let count, let time, let tokens):
            guard var record = executions[key] else { throw conflict("there is no execution \(key)") }
            record.status = .running
            record.stoppedAt = nil
            record.output = nil
            record.error = nil
            record.cause = nil
            record.identity.redriveCount = count
            record.redrivenAt = time
            record.redriveTokens = tokens
            executions[key] = record
        case .removeExecution(let key):
            remove(execution: key)
        case .appendJournal(let row):
            let rows = journal[row.execution, default: []]
            let place = rows.firstIndex { $0.sequence >= row.sequence } ?? rows.endIndex
            guard place == rows.endIndex || rows[place].sequence != row.sequence else {
                throw conflict("step \(row.sequence) of execution \(row.execution) exists already")
            }
            journal[row.execution, default: []].insert(row, at: place)
        case .deleteCheckpoint(let execution): checkpoints[execution] = nil
        case .saveCheckpoint(let row):
            checkpoints[row.execution] = row

        case .openTask(let row):
            guard tasks[row.key] == nil else { throw conflict("the task \(row.key) is open already") }
            lastTaskNumber += 1
            tasks[row.key] = NumberedTask(number: lastTaskNumber, row: row)
        case .setTaskPhase(let key, let phase, let worker):
            guard let task = tasks[key]?.row, phase != .published || task.phase == .pending else { return }
            tasks[key]?.row.phase = phase
            tasks[key]?.row.worker = worker
        case .closeTask(let key):
            tasks[key] = nil
        case .republishTasks(let target):
            for (key, task) in tasks where task.row.phase == .published && task.row.target.isSame(as: target) {
                tasks[key]?.row.phase = .pending
                tasks[key]?.row.worker = nil
            }

        case .armTimer(let row):
            timers[row.key] = row
        case .clearTimer(let key):
            timers[key] = nil

        case .insertMapRun(let record):
            guard mapRuns[record.number] == nil else { throw conflict("map run \(record.number) exists already") }
            mapRuns[record.number] = record
        case .updateMapRun(let record):
            guard mapRuns[record.number] != nil else { throw conflict("there is no map run \(record.number)") }
            mapRuns[record.number] = record
        case .appendMapItems(let row):
            mapItems[row.mapRun, default: []].append(row)
        case .deleteMapItems(let mapRun):
            mapItems[mapRun] = nil

        case .enqueueMessage(let message):
            guard outbox[message.number] == nil else { throw conflict("message \(message.number) exists already") }
            outbox[message.number] = message
        case .dequeueMessage(let number):
            outbox[number] = nil
        }
    }

    private mutating func remove(execution key: Int64) {
        guard let record = executions.removeValue(forKey: key) else { return }
        executionKeys[TextKey(record.identity.arn)] = nil
        journal[key] = nil
        checkpoints[key] = nil
        for run in mapRuns.values.filter({ $0.execution == key }) {
            for child in executions.values.filter({ $0.child?.mapRun == run.number }) {
                remove(execution: child.identity.key)
            }
            mapItems[run.number] = nil
            mapRuns[run.number] = nil
        }
    }

    private mutating func insert(_ record: StateMachineRecord) {
        var record = record
        // A revision never changes: what is stored under its number stands.
        record.revision = revisions[record.revision.number] ?? record.revision
        revisions[record.revision.number] = record.revision
        stateMachines[TextKey(record.arn)] = record
    }

    private func conflict(_ what: String) -> StoreError {
        StoreError(.conflict, "The change contradicts what the store holds: \(what).")
    }
}

extension ScheduledTask.Target {
    /// Targets are known by kind and name, whatever the ARN.
    package func isSame(as other: Self) -> Bool { queue == other.queue }

    /// Kind and name.
    package var queue: QueueName {
        switch self {
        case .activity(_, let name): QueueName(isFunction: false, name: TextKey(name))
        case .function(let name): QueueName(isFunction: true, name: TextKey(name))
        case .service(let name, let action): QueueName(isFunction: true, name: TextKey("\(name):\(action)"))
        }
    }
}

package struct QueueName: Hashable, Sendable {
    package let isFunction: Bool
    package let name: TextKey

    package init(isFunction: Bool, name: TextKey) {
        self.isFunction = isFunction
        self.name = name
    }
}
