import Interpreter
package import JSONValue
import MemoryStore
package import Orchestrator
import Synchronization

/// The writer of an `InMemoryStore`: works on a copy, which `commit` puts in place.
package final class InMemoryWriter: StoreWriter {
    private let store: InMemoryStore
    /// The transaction; nil outside of one.
    private var working: MemoryTables?

    init(_ store: InMemoryStore) { self.store = store }

    private var tables: MemoryTables { working ?? store.state.withLock { $0.committed } }

    package func begin() throws(StoreError) {
        guard working == nil else { throw StoreError(.inputOutput, "A transaction has begun already.") }
        let (tables, fault) = store.state.withLock { state in
            defer { state.faults.begin = nil }
            return (state.committed, state.faults.writes ?? state.faults.begin)
        }
        if let fault { throw fault }
        working = tables
    }

    package func apply(_ operation: WriteOperation) throws(StoreError) {
        guard working != nil else { throw StoreError(.inputOutput, "No transaction has begun.") }
        let fault: StoreError? = store.state.withLock { state in
            state.statistics.operations += 1
            guard let fault = state.faults.operation else { return nil }
            guard state.faults.operationsBefore == 0 else {
                state.faults.operationsBefore -= 1
                return nil
            }
            state.faults.operation = nil
            return fault
        }
        if let fault { throw fault }
        try working?.apply(operation)
    }

    package func commit() throws(StoreError) {
        guard let tables = working else { throw StoreError(.inputOutput, "No transaction has begun.") }
        working = nil
        let fault = store.state.withLock { state in
            defer { state.faults.commit = nil }
            let fault = state.faults.commit ?? state.faults.writes
            if fault == nil {
                state.committed = tables
                state.statistics.commits += 1
            } else {
                state.statistics.rollbacks += 1
            }
            return fault
        }
        if let fault { throw fault }
    }

    package func rollback() {
        guard working != nil else { return }
        working = nil
        store.state.withLock { $0.statistics.rollbacks += 1 }
    }

    package func nextExecutionKey() throws(StoreError) -> Int64 {
        store.state.withLock { state in
            state.executionKey += 1
            return state.executionKey
        }
    }

    package func nextRevisionNumber() throws(StoreError) -> Int64 {
        store.state.withLock { state in
            state.revisionNumber += 1
            return state.revisionNumber
        }
    }

    package func nextOutboxNumber() throws(StoreError) -> Int64 {
        store.state.withLock { state in
            state.outboxNumber += 1
            return state.outboxNumber
        }
    }

    package func nextMapRunNumber() throws(StoreError) -> Int64 {
        store.state.withLock { state in
            state.mapRunNumber += 1
            return state.mapRunNumber
        }
    }

    package func mapRun(number: Int64) throws(StoreError) -> MapRunRecord? { tables.mapRuns[number] }

    package func mapRun(arn: String) throws(StoreError) -> MapRunRecord? { tables.mapRun(arn: arn) }

    package func mapItems(mapRun: Int64, containing index: Int) throws(StoreError) -> MapItemsRow? {
        tables.mapItems[mapRun, default: []].first { $0.first <= index && index < $0.first + $0.count }
    }

    package func children(mapRun: Int64, after key: Int64, limit: Int) throws(StoreError) -> [ExecutionRecord] {
        tables.children(mapRun: mapRun, after: key, limit: limit)
    }

    package func openMapRuns() throws(StoreError) -> [Int64] {
        tables.mapRuns.values.filter { $0.phase != .done }.map(\.number).sorted()
    }

    package func stateMachine(arn: String) throws(StoreError) -> StateMachineRecord? {
        tables.stateMachines[TextKey(arn)]
    }

    package func revision(number: Int64) throws(StoreError) -> StateMachineRevision? { tables.revisions[number] }

    package func version(
        stateMachineARN: String, number: Int
    ) throws(StoreError) -> StateMachineVersionRecord? {
        tables.version(stateMachineARN: stateMachineARN, number: number)
    }

    package func version(ofRevision number: Int64) throws(StoreError) -> StateMachineVersionRecord? {
        tables.version(ofRevision: number)
    }

    package func versionCount(stateMachineARN: String) throws(StoreError) -> Int {
        tables.versions[TextKey(stateMachineARN)]?.count ?? 0
    }

    package func alias(stateMachineARN: String, name: String) throws(StoreError) -> StateMachineAliasRecord? {
        tables.alias(stateMachineARN: stateMachineARN, name: name)
    }

    package func aliases(stateMachineARN: String) throws(StoreError) -> [StateMachineAliasRecord] {
        tables.aliases(stateMachineARN: stateMachineARN).items
    }

    package func activity(arn: String) throws(StoreError) -> ActivityRecord? { tables.activities[TextKey(arn)] }

    package func execution(arn: String) throws(StoreError) -> ExecutionRecord? { tables.execution(arn: arn) }

    package func execution(key: Int64) throws(StoreError) -> ExecutionRecord? { tables.executions[key] }

    package func checkpoint(execution: Int64) throws(StoreError) -> CheckpointRow? { tables.checkpoints[execution] }

    package func journal(execution: Int64, after sequence: Int) throws(StoreError) -> [JournalRow] {
        tables.journal(execution: execution, after: sequence)
    }

    package func hasRunningExecutions(stateMachineARN: String) throws(StoreError) -> Bool {
        tables.hasRunningExecutions(stateMachineARN: stateMachineARN)
    }

    package func runningExecutions(after key: Int64, limit: Int) throws(StoreError) -> [Int64] {
        tables.runningExecutions(after: key, limit: limit)
    }

    package func task(_ key: TaskKey) throws(StoreError) -> TaskRow? { tables.tasks[key]?.row }

    package func pendingTasks(after key: TaskKey?, limit: Int) throws(StoreError) -> [TaskRow] {
        tables.pendingTasks(after: key, limit: limit)
    }

    package func serviceTasks() throws(StoreError) -> [TaskRow] { tables.serviceTasks() }

    package func tasks(waitingFor executionARN: String) throws(StoreError) -> [TaskKey] {
        tables.tasks(waitingFor: executionARN)
    }

    package func timers(dueBy until: Timestamp) throws(StoreError) -> [TimerRow] { tables.timers(dueBy: until) }

    package func nextTimer(after instant: Timestamp) throws(StoreError) -> Timestamp? {
        tables.nextTimer(after: instant)
    }

    package func outbox() throws(StoreError) -> [OutboxMessage] { tables.messages() }

    package func knownFunctions() throws(StoreError) -> [String] { tables.functionNames() }

    package func activityNames() throws(StoreError) -> [String] { tables.activityNames() }
}
