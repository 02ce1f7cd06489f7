package import Interpreter
package import JSONValue

/// Port: where everything durable lives. One writer, used by the engine alone, and any number of readers.
package protocol ExecutionStore: Sendable {
    associatedtype Writer: StoreWriter
    /// The one writer; the store hands it out once.
    func makeWriter() throws(StoreError) -> Writer

    // Readers: a consistent snapshot each, from any task, never blocked by the writer.
    func stateMachine(arn: String) async throws(StoreError) -> StateMachineRecord?
    func stateMachines(after cursor: PageCursor?, limit: Int) async throws(StoreError) -> Page<StateMachineRecord>
    func revision(number: Int64) async throws(StoreError) -> StateMachineRevision?
    func version(stateMachineARN: String, number: Int) async throws(StoreError) -> StateMachineVersionRecord?
    /// Newest first. Listings carry no definitions.
    func versions(stateMachineARN: String, after cursor: PageCursor?, limit: Int) async throws(StoreError)
        -> Page<StateMachineVersionRecord>
    func alias(stateMachineARN: String, name: String) async throws(StoreError) -> StateMachineAliasRecord?
    /// In the order of their names; with `version`, those that lead to it.
    func aliases(stateMachineARN: String, version: Int?, after cursor: PageCursor?, limit: Int)
        async throws(StoreError) -> Page<StateMachineAliasRecord>
    /// A value that belongs to this database, such as the key that signs its page tokens.
    func property(_ name: String) async throws(StoreError) -> String?
    func execution(arn: String) async throws(StoreError) -> ExecutionRecord?
    /// Newest first. Listings carry no payloads: `input` is empty and `output` nil.
    func executions(_ filter: ExecutionFilter, after cursor: PageCursor?, limit: Int) async throws(StoreError)
        -> Page<ExecutionRecord>
    /// The rows that hold history ids beyond `after` (or below it, newest first, when `reversed`), as many as hold
    /// `limit` ids.
    func journal(execution: Int64, after historyID: Int?, reversed: Bool, limit: Int) async throws(StoreError)
        -> [JournalRow]
    func activity(arn: String) async throws(StoreError) -> ActivityRecord?
    func activities(after cursor: PageCursor?, limit: Int) async throws(StoreError) -> Page<ActivityRecord>
    /// Open tasks, in an order of the store's own: those of the oldest executions first, or those opened first.
    func openTasks(after cursor: PageCursor?, limit: Int) async throws(StoreError) -> Page<TaskRow>
    func counts() async throws(StoreError) -> StoreCounts
    func mapRun(arn: String) async throws(StoreError) -> MapRunRecord?
    /// The map runs of an execution, newest first.
    func mapRuns(execution: Int64, after cursor: PageCursor?, limit: Int) async throws(StoreError) -> Page<MapRunRecord>
    /// Children of a map run beyond a key, in the order in which they were started, with their payloads.
    func children(mapRun: Int64, after key: Int64, limit: Int) async throws(StoreError) -> [ExecutionRecord]
}

/// The engine's side of the store: called from one thread at a time, and synchronous.
///
/// Every write happens between `begin` and `commit`. Reads may happen at any time, and see what was written before in the
/// same transaction.
/// After `commit` returned, everything is on disk. What throws has had no effect; after an error of `apply` or `commit`
/// the transaction is to be rolled back, and a next one may begin.
package protocol StoreWriter: AnyObject {
    func begin() throws(StoreError)
    func apply(_ operation: WriteOperation) throws(StoreError)
    func commit() throws(StoreError)
    func rollback()
    /// Drops what is only held to be fast, such as pages that were read. Outside of a transaction.
    func releaseMemory()

    func nextExecutionKey() throws(StoreError) -> Int64
    func nextRevisionNumber() throws(StoreError) -> Int64
    func nextOutboxNumber() throws(StoreError) -> Int64
    func nextMapRunNumber() throws(StoreError) -> Int64

    func stateMachine(arn: String) throws(StoreError) -> StateMachineRecord?
    func revision(number: Int64) throws(StoreError) -> StateMachineRevision?
    func version(stateMachineARN: String, number: Int) throws(StoreError) -> StateMachineVersionRecord?
    /// The version that was published of a revision and still exists.
    func version(ofRevision number: Int64) throws(StoreError) -> StateMachineVersionRecord?
    func versionCount(stateMachineARN: String) throws(StoreError) -> Int
    func alias(stateMachineARN: String, name: String) throws(StoreError) -> StateMachineAliasRecord?
    /// In the order of their names.
    func aliases(stateMachineARN: String) throws(StoreError) -> [StateMachineAliasRecord]
    func activity(arn: String) throws(StoreError) -> ActivityRecord?
    func execution(arn: String) throws(StoreError) -> ExecutionRecord?
    func execution(key: Int64) throws(StoreError) -> ExecutionRecord?
    func checkpoint(execution: Int64) throws(StoreError) -> CheckpointRow?
    /// Journal rows of an execution with a sequence beyond `after`, in order.
    func journal(execution: Int64, after sequence: Int) throws(StoreError) -> [JournalRow]
    /// Those of several executions that run, read together. Where that would be very much, some may be left out.
    func storedExecutions(_ keys: [Int64]) throws(StoreError) -> [StoredExecution]
    func mapRun(number: Int64) throws(StoreError) -> MapRunRecord?
    func mapRun(arn: String) throws(StoreError) -> MapRunRecord?
    /// The row that holds an item.
    func mapItems(mapRun: Int64, containing index: Int) throws(StoreError) -> MapItemsRow?
    /// Children of a map run beyond a key, in the order in which they were started, with their payloads.
    func children(mapRun: Int64, after key: Int64, limit: Int) throws(StoreError) -> [ExecutionRecord]
    func hasRunningExecutions(stateMachineARN: String) throws(StoreError) -> Bool

    // Recovery.
    /// Map runs that are not done.
    func openMapRuns() throws(StoreError) -> [Int64]
    func runningExecutions(after key: Int64, limit: Int) throws(StoreError) -> [Int64]
    func runningExecutionCount() throws(StoreError) -> Int
    /// An open task.
    func task(_ key: TaskKey) throws(StoreError) -> TaskRow?
    /// Tasks to be published, in the order of their keys, beyond `after`. Those of services are not among them.
    func pendingTasks(after key: TaskKey?, limit: Int) throws(StoreError) -> [TaskRow]
    /// Tasks that Baton carries out itself: pending ones are to be carried out, taken ones wait for something.
    func serviceTasks() throws(StoreError) -> [TaskRow]
    /// The service tasks that wait for the end of an execution.
    func tasks(waitingFor executionARN: String) throws(StoreError) -> [TaskKey]
    /// Timers beyond a position and due at or before `until`, in their order, at most `limit`.
    func timers(after position: TimerPosition, dueBy until: Timestamp, limit: Int) throws(StoreError) -> [TimerRow]
    /// When the first timer beyond a position is due.
    func nextTimer(after position: TimerPosition) throws(StoreError) -> Timestamp?
    func outbox() throws(StoreError) -> [OutboxMessage]
    func knownFunctions() throws(StoreError) -> [String]
    func activityNames() throws(StoreError) -> [String]

    // Retention.
    /// Executions that ended at or before `instant`, the first to end first. The children of map runs are not among
    /// them, nor is an execution with a map run that is not done.
    func closedExecutions(until instant: Timestamp, limit: Int) throws(StoreError) -> [Int64]
    /// When the first of them ended that is still there.
    func firstClosing() throws(StoreError) -> Timestamp?
    /// Deletes some of what removed executions left behind, within a transaction: at most `limit` rows, and for a few
    /// milliseconds. Returns the number of rows; 0 where nothing is left.
    func purge(limit: Int) throws(StoreError) -> Int
}

extension StoreWriter {
    /// All timers due at or before `until`.
    package func timers(dueBy until: Timestamp) throws(StoreError) -> [TimerRow] {
        try timers(after: .start, dueBy: until, limit: .max)
    }

    package func storedExecution(_ record: ExecutionRecord) throws(StoreError) -> StoredExecution {
        let checkpoint = try checkpoint(execution: record.identity.key)
        return StoredExecution(
            record: record, checkpoint: checkpoint,
            journal: try journal(execution: record.identity.key, after: checkpoint?.sequence ?? -1))
    }

    package func storedExecutions(_ keys: [Int64]) throws(StoreError) -> [StoredExecution] {
        var found: [StoredExecution] = []
        for key in keys {
            guard let record = try execution(key: key), record.status == .running else { continue }
            found.append(try storedExecution(record))
        }
        return found
    }

    // Nor do all have a cache.
    package func releaseMemory() {}

    // Stores that keep nothing have nothing to remove.
    package func closedExecutions(until instant: Timestamp, limit: Int) throws(StoreError) -> [Int64] { [] }
    package func firstClosing() throws(StoreError) -> Timestamp? { nil }
    package func purge(limit: Int) throws(StoreError) -> Int { 0 }

    package func runningExecutionCount() throws(StoreError) -> Int {
        var count = 0
        var last: Int64 = .min
        while true {
            let keys = try runningExecutions(after: last, limit: 10_000)
            count += keys.count
            guard keys.count == 10_000, let key = keys.last else { return count }
            last = key
        }
    }
}

/// One durable change.
package enum WriteOperation: Sendable {
    case insertStateMachine(StateMachineRecord)
    /// Also adds the record's revision, where its number is new.
    case updateStateMachine(StateMachineRecord)
    /// With its versions and aliases.
    case deleteStateMachine(arn: String)
    case insertVersion(StateMachineVersionRecord)
    case deleteVersion(stateMachineARN: String, number: Int)
    /// Inserts or replaces.
    case saveAlias(StateMachineAliasRecord)
    case deleteAlias(stateMachineARN: String, name: String)
    case insertActivity(ActivityRecord)
    /// Its settings.
    case updateActivity(ActivityRecord)
    case deleteActivity(arn: String)
    case rememberFunction(name: String)

    case insertExecution(ExecutionRecord)
    /// Status, stop time, output or failure.
    case closeExecution(
        key: Int64, status: ExecutionStatus, stoppedAt: Timestamp, output: String?, error: String?,
        cause: String?)
    /// Running again: how it ended is forgotten.
    case reopenExecution(key: Int64, redriveCount: Int, redrivenAt: Timestamp, tokens: [RedriveToken])
    /// One that has ended, with its journal, its map runs and their children. Nobody can see it any more; rows that it
    /// leaves behind are for `purge`.
    case removeExecution(key: Int64)
    case appendJournal(JournalRow)
    case saveCheckpoint(CheckpointRow)
    case deleteCheckpoint(execution: Int64)

    case openTask(TaskRow)
    /// `published` only takes effect on a pending task: a confirm may come after the task was taken.
    case setTaskPhase(TaskKey, TaskRow.Phase, worker: String?)
    case closeTask(TaskKey)
    /// Every published task of that target is to be published again: its queue was lost. `taken` ones stay. Targets
    /// are known by kind and name here, whatever the ARN.
    case republishTasks(ScheduledTask.Target)

    case armTimer(TimerRow)
    case clearTimer(TimerKey)

    case insertMapRun(MapRunRecord)
    /// Everything but what never changes.
    case updateMapRun(MapRunRecord)
    case appendMapItems(MapItemsRow)
    case deleteMapItems(mapRun: Int64)

    case enqueueMessage(OutboxMessage)
    case dequeueMessage(number: Int64)
}

package struct ExecutionFilter: Sendable, Hashable {
    package var stateMachineARN: String?
    package var status: ExecutionStatus?
    /// Started from this version, directly or through an alias.
    package var version: Int?
    /// Started through this alias.
    package var alias: String?
    /// Redriven at least once, or never.
    package var redriven: Bool?
    /// The number of a map run, whose children are listed.
    package var mapRun: Int64?

    package init(
        stateMachineARN: String? = nil, status: ExecutionStatus? = nil, version: Int? = nil, alias: String? = nil,
        redriven: Bool? = nil, mapRun: Int64? = nil
    ) {
        self.redriven = redriven
        self.mapRun = mapRun
        self.stateMachineARN = stateMachineARN
        self.status = status
        self.version = version
        self.alias = alias
    }
}

/// Where a listing goes on: the sort key of the last row shown. Stable while rows come and go.
package struct PageCursor: Sendable, Hashable {
    package var key: String
    package init(key: String) { self.key = key }
}

package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// Nil on the last page.
    package var next: PageCursor?

    package init(items: [Item], next: PageCursor?) {
        self.items = items
        self.next = next
    }
}

package struct StoreCounts: Sendable, Hashable {
    package var runningExecutions: Int
    package var openTasks: Int
    package var pendingTasks: Int
    package var armedTimers: Int

    package init(runningExecutions: Int, openTasks: Int, pendingTasks: Int, armedTimers: Int) {
        self.runningExecutions = runningExecutions
        self.openTasks = openTasks
        self.pendingTasks = pendingTasks
        self.armedTimers = armedTimers
    }
}

/// Why the store could not do as asked.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case inUse, newerSchema, corrupt, readOnly, diskFull, notADatabase, cannotOpen, inputOutput, conflict
        /// One execution's journal or definition cannot be read; the others are well.
        case unreadableExecution

        /// Whether the fault lies in what was asked rather than in the store: trying again would not help.
        package var isPermanent: Bool { self == .conflict || self == .unreadableExecution }

        /// Whether the store cannot be trusted any more: neither trying again nor going on would be right.
        package var isDamage: Bool { self == .corrupt || self == .notADatabase }
    }

    package var code: Code
    /// What is wrong, where, and what to do.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
