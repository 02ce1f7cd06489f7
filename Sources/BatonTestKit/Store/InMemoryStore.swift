import Interpreter
import MemoryStore
package import Orchestrator
import Synchronization

/// A store that forgets with its process, and fails when told to.
///
/// Readers see what was committed; the writer sees its own transaction. "Disk" is the last commit: `reopened` is what
/// a restart after a crash finds.
package final class InMemoryStore: ExecutionStore {
    struct State: Sendable {
        var committed = MemoryTables()
        var isWriterTaken = false
        var faults = Faults()
        var statistics = StoreStatistics()
        /// Numbers given out, whether or not a row came of them.
        var executionKey: Int64 = 0
        var revisionNumber: Int64 = 0
        var outboxNumber: Int64 = 0
        var mapRunNumber: Int64 = 0
    }

    struct Faults: Sendable {
        var begin: StoreError?
        var commit: StoreError?
        /// Operations that still succeed before `operation` is thrown.
        var operationsBefore = 0
        var operation: StoreError?
        var reads: StoreError?
        var writes: StoreError?
    }

    let state: Mutex<State>

    package convenience init() { self.init(State()) }

    init(_ state: State) { self.state = Mutex(state) }

    package func makeWriter() throws(StoreError) -> InMemoryWriter {
        let isFree = state.withLock { state in
            defer { state.isWriterTaken = true }
            return !state.isWriterTaken
        }
        guard isFree else { throw StoreError(.inUse, "The store has one writer, and it is taken.") }
        return InMemoryWriter(self)
    }

    // MARK: For tests

    /// The store as the next process would find it: what was committed, without faults, with its writer free.
    package func reopened() -> InMemoryStore {
        state.withLock { current in
            var state = State()
            state.committed = current.committed
            state.executionKey = current.executionKey
            state.revisionNumber = current.revisionNumber
            state.outboxNumber = current.outboxNumber
            state.mapRunNumber = current.mapRunNumber
            return InMemoryStore(state)
        }
    }

    package var statistics: StoreStatistics { state.withLock { $0.statistics } }

    /// The next `begin` throws, once.
    package func failNextBegin(_ error: StoreError) { state.withLock { $0.faults.begin = error } }

    /// The next commit throws, once, and nothing of its transaction is kept.
    package func failNextCommit(_ error: StoreError) { state.withLock { $0.faults.commit = error } }

    /// The operation after so many others throws, once.
    package func failOperation(after count: Int, _ error: StoreError) {
        state.withLock { state in
            state.faults.operationsBefore = count
            state.faults.operation = error
        }
    }

    /// Every `begin` throws until nil is set: a disk that stays full.
    package func failWrites(_ error: StoreError?) { state.withLock { $0.faults.writes = error } }

    /// Every read of the readers throws until nil is set.
    package func failReads(_ error: StoreError?) { state.withLock { $0.faults.reads = error } }

    // MARK: Readers

    private func read<Value>(_ body: (MemoryTables) throws(StoreError) -> Value) throws(StoreError) -> Value {
        let (tables, fault) = state.withLock { ($0.committed, $0.faults.reads) }
        if let fault { throw fault }
        return try body(tables)
    }

    package func stateMachine(arn: String) async throws(StoreError) -> StateMachineRecord? {
        try read { $0.stateMachines[TextKey(arn)] }
    }

    package func stateMachines(
        after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<StateMachineRecord> {
        try read { $0.stateMachines(after: cursor, limit: limit) }
    }

    package func revision(number: Int64) async throws(StoreError) -> StateMachineRevision? {
        try read { $0.revisions[number] }
    }

    package func version(
        stateMachineARN: String, number: Int
    ) async throws(StoreError) -> StateMachineVersionRecord? {
        try read { $0.version(stateMachineARN: stateMachineARN, number: number) }
    }

    package func versions(
        stateMachineARN: String, after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<StateMachineVersionRecord> {
        try read { tables throws(StoreError) in
            try tables.versions(stateMachineARN: stateMachineARN, after: cursor, limit: limit)
        }
    }

    package func alias(stateMachineARN: String, name: String) async throws(StoreError) -> StateMachineAliasRecord? {
        try read { $0.alias(stateMachineARN: stateMachineARN, name: name) }
    }

    package func aliases(
        stateMachineARN: String, version: Int?, after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<StateMachineAliasRecord> {
        try read { $0.aliases(stateMachineARN: stateMachineARN, version: version, after: cursor, limit: limit) }
    }

    /// It has none.
    package func property(_ name: String) async throws(StoreError) -> String? { try read { _ in nil } }

    package func execution(arn: String) async throws(StoreError) -> ExecutionRecord? {
        try read { $0.execution(arn: arn) }
    }

    package func executions(
        _ filter: ExecutionFilter, after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<ExecutionRecord> {
        try read { tables throws(StoreError) in try tables.executions(filter, after: cursor, limit: limit) }
    }

    package func journal(
        execution: Int64, after historyID: Int?, reversed: Bool, limit: Int
    ) async throws(StoreError) -> [JournalRow] {
        try read { $0.journal(execution: execution, after: historyID, reversed: reversed, limit: limit) }
    }

    package func activity(arn: String) async throws(StoreError) -> ActivityRecord? {
        try read { $0.activities[TextKey(arn)] }
    }

    package func activities(after cursor: PageCursor?, limit: Int) async throws(StoreError) -> Page<ActivityRecord> {
        try read { $0.activities(after: cursor, limit: limit) }
    }

    package func openTasks(after cursor: PageCursor?, limit: Int) async throws(StoreError) -> Page<TaskRow> {
        try read { tables throws(StoreError) in try tables.openTasks(after: cursor, limit: limit) }
    }

    package func counts() async throws(StoreError) -> StoreCounts { try read { $0.counts() } }

    package func mapRun(arn: String) async throws(StoreError) -> MapRunRecord? { try read { $0.mapRun(arn: arn) } }

    package func mapRuns(
        execution: Int64, after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<MapRunRecord> {
        try read { tables throws(StoreError) in
            try tables.mapRuns(execution: execution, after: cursor, limit: limit)
        }
    }

    package func children(mapRun: Int64, after key: Int64, limit: Int) async throws(StoreError) -> [ExecutionRecord] {
        try read { $0.children(mapRun: mapRun, after: key, limit: limit) }
    }
}

/// What was asked of a store so far.
package struct StoreStatistics: Sendable, Hashable {
    package var commits = 0
    /// Begun and not committed, whatever the reason.
    package var rollbacks = 0
    package var operations = 0
}
