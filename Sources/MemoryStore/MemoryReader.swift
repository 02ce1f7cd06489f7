package import Orchestrator

/// A store whose readers look at tables in memory.
package protocol MemoryReader: ExecutionStore {
    func read<Value>(_ body: (MemoryTables) throws(StoreError) -> Value) throws(StoreError) -> Value
}

extension MemoryReader {
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
}
