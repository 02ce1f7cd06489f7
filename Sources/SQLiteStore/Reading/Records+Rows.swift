import Interpreter
import JSONValue
import Orchestrator
import StatesLanguage

// Each reads the columns of its query in `Queries`.

extension StateMachineRecord {
    init(_ row: inout RowReader) throws(StoreError) {
        self.init(
            arn: row.text(), name: row.text(), kind: try row.value(as: Kind.self, "state machine type"),
            status: try row.value(as: Status.self, "state machine status"), createdAt: row.time(),
            revision: try StateMachineRevision(&row), settings: try row.json("settings"), lastVersion: row.int())
    }
}

extension StateMachineRevision {
    init(_ row: inout RowReader) throws(StoreError) {
        self.init(
            number: row.integer(), id: row.text(), definition: row.text(), roleARN: row.text(), createdAt: row.time(),
            settings: try row.json("settings"))
    }
}

extension ActivityRecord {
    init(_ row: inout RowReader) throws(StoreError) {
        self.init(arn: row.text(), name: row.text(), createdAt: row.time(), settings: try row.json("settings"))
    }
}

extension RowReader {
    /// A column that holds JSON.
    mutating func json(_ what: String) throws(StoreError) -> JSON {
        do {
            return try JSON(parsing: bytes())
        } catch {
            throw unexpected("\(what) \"\(error)\"")
        }
    }
}

extension ExecutionRecord {
    init(_ row: inout RowReader) throws(StoreError) {
        let identity = ExecutionIdentity(
            key: row.integer(), partition: row.int(), arn: row.text(), name: row.text(), stateMachineARN: row.text(),
            stateMachineName: row.text(), roleARN: row.text(), startedAt: row.time(), redriveCount: row.int())
        let revision = row.integer()
        let status = try row.value(as: ExecutionStatus.self, "execution status")
        let stoppedAt = row.optionalTime()
        let traceHeader = row.optionalText()
        let replyQueue = row.optionalText()
        let correlationID = row.optionalText()
        let error = row.optionalText()
        let cause = row.optionalText()
        let version = row.optionalInt()
        let alias = row.optionalText()
        let redrivenAt = row.optionalTime()
        let redriveTokens = [RedriveToken](stored: row.optionalText())
        let child = Self.child(&row)
        self.init(
            identity: identity, revision: revision, status: status, input: row.text(), stoppedAt: stoppedAt,
            output: row.optionalText(), error: error, cause: cause, traceHeader: traceHeader, version: version,
            alias: alias, reply: replyQueue.map { ReplyAddress(queue: $0, correlationID: correlationID) },
            redrivenAt: redrivenAt, redriveTokens: redriveTokens, child: child)
    }

    private static func child(_ row: inout RowReader) -> MapRunChild? {
        let mapRun = row.optionalInt()
        let arn = row.optionalText()
        let firstItem = row.optionalInt()
        let itemCount = row.optionalInt()
        return mapRun.map {
            MapRunChild(
                mapRun: Int64($0), mapRunARN: arn ?? "", firstItem: firstItem ?? 0, itemCount: itemCount ?? 1)
        }
    }
}

extension CheckpointRow {
    init(_ row: inout RowReader) {
        self.init(execution: row.integer(), sequence: row.int(), state: row.bytes())
    }
}

extension JournalRow {
    init(_ row: inout RowReader) {
        let execution = row.integer()
        let sequence = row.int()
        let first = row.optionalInt()
        let last = row.optionalInt()
        var ids: ClosedRange<Int>?
        if let first, let last, first <= last { ids = first...last }
        self.init(
            execution: execution, sequence: sequence, historyIDs: ids, time: row.time(), events: row.bytes())
    }
}

/// A task with its place in lists.
struct NumberedTask {
    let number: Int64
    let task: TaskRow

    init(_ row: inout RowReader) throws(StoreError) {
        number = row.integer()
        let key = TaskKey(execution: row.integer(), task: row.int())
        let phase = row.text()
        guard let phase = TaskRow.Phase(storedAs: phase) else { throw row.unexpected("task phase \"\(phase)\"") }
        let activityARN = row.optionalText()
        let name = row.text()
        task = TaskRow(
            key: key, phase: phase,
            target: activityARN.map { .activity(arn: $0, name: name) } ?? ScheduledTask.Target(storedAs: name),
            token: row.text(), state: row.text(), attempt: row.int(), input: row.bytes(), scheduledAt: row.time(),
            timeoutSeconds: row.optionalInt(), heartbeatSeconds: row.optionalInt(), executionARN: row.text(),
            stateMachineARN: row.text(), worker: row.optionalText())
    }
}

extension ScheduledTask.Target {
    /// Of a task without an activity.
    fileprivate init(storedAs name: String) {
        guard let colon = name.lastIndex(of: ":") else {
            self = .function(name: name)
            return
        }
        self = .service(name: String(name[..<colon]), action: String(name[name.index(after: colon)...]))
    }
}

extension TaskRow.Phase {
    init?(storedAs text: String) {
        switch text {
        case "pending": self = .pending
        case "published": self = .published
        case "taken": self = .taken
        default: return nil
        }
    }

    /// What the column `phase` shows.
    var stored: String {
        switch self {
        case .pending: "pending"
        case .published: "published"
        case .taken: "taken"
        }
    }
}

extension TimerRow {
    init(_ row: inout RowReader) {
        self.init(
            key: TimerKey(execution: row.integer(), timer: row.int()), due: row.time(), purpose: row.text(),
            interval: row.real())
    }
}

extension OutboxMessage {
    init(_ row: inout RowReader) {
        self.init(
            number: row.integer(), queue: row.text(), correlationID: row.optionalText(), type: row.text(),
            executionARN: row.text(), body: row.bytes())
    }
}

extension MapRunRecord {
    init(_ row: inout RowReader) throws(StoreError) {
        let (number, arn, execution, executionARN) = (row.integer(), row.text(), row.integer(), row.text())
        let (machineARN, machineName, roleARN) = (row.text(), row.text(), row.text())
        let (revision, pointer, label) = (row.integer(), row.text(), row.text())
        let type = try row.value(as: DistributedMap.ExecutionType.self, "execution type")
        let status = try row.value(as: Status.self, "map run status")
        let phase = try row.value(as: Phase.self, "map run phase")
        let startedAt = row.time()
        let stoppedAt = row.optionalTime()
        let (redriveCount, redrivenAt) = (row.int(), row.optionalTime())
        let (maxConcurrency, count, percentage) = (row.int(), row.optionalInt(), row.optionalReal())
        let (outcome, error, cause) = (row.optionalText(), row.optionalText(), row.optionalText())
        let progress = try Self.json(&row)
        self.init(
            number: number, arn: arn, execution: execution, executionARN: executionARN, stateMachineARN: machineARN,
            stateMachineName: machineName, roleARN: roleARN, revision: revision, pointer: pointer, label: label,
            executionType: type, status: status, phase: phase, startedAt: startedAt, maxConcurrency: maxConcurrency,
            toleratedFailureCount: count, toleratedFailurePercentage: percentage, plan: try Self.json(&row))
        self.stoppedAt = stoppedAt
        self.redriveCount = redriveCount
        self.redrivenAt = redrivenAt
        self.outcome = outcome.flatMap(Status.init)
        if error != nil || cause != nil { failure = StateFailure(error: error, cause: cause) }
        self.progress = MapRunProgress(stored: progress)
    }

    private static func json(_ row: inout RowReader) throws(StoreError) -> JSON {
        do {
            return try JSON(parsing: row.bytes())
        } catch {
            throw row.unexpected("map run \"\(error)\"")
        }
    }
}

extension MapItemsRow {
    init(_ row: inout RowReader) {
        self.init(mapRun: row.integer(), first: row.int(), count: row.int(), items: row.bytes())
    }
}
