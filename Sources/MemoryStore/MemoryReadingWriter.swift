import Interpreter
package import JSONValue
package import Orchestrator

/// A writer that looks at tables in memory.
package protocol MemoryReadingWriter: StoreWriter {
    func read<Value>(_ body: (MemoryTables) throws(StoreError) -> Value) throws(StoreError) -> Value
}

extension MemoryReadingWriter {
    package func mapRun(number: Int64) throws(StoreError) -> MapRunRecord? {
        try read { $0.mapRuns[number] }
    }

    package func mapRun(arn: String) throws(StoreError) -> MapRunRecord? {
        try read { $0.mapRun(arn: arn) }
    }

    package func mapItems(mapRun: Int64, containing index: Int) throws(StoreError) -> MapItemsRow? {
        try read { tables in
            tables.mapItems[mapRun, default: []].first { $0.first <= index && index < $0.first + $0.count }
        }
    }

    package func children(mapRun: Int64, after key: Int64, limit: Int) throws(StoreError) -> [ExecutionRecord] {
        try read { $0.children(mapRun: mapRun, after: key, limit: limit) }
    }

    package func closedExecutions(until instant: Timestamp, limit: Int) throws(StoreError) -> [Int64] {
        try read { tables in
            let busy = Set(tables.mapRuns.values.filter { $0.phase != .done }.map(\.execution))
            let closed = tables.executions.values.filter { record in
                guard let stoppedAt = record.stoppedAt, record.child == nil else { return false }
                return stoppedAt <= instant && !busy.contains(record.identity.key)
            }
            let sorted = closed.sorted {
                ($0.stoppedAt?.microseconds ?? 0, $0.identity.key) < ($1.stoppedAt?.microseconds ?? 0, $1.identity.key)
            }
            return sorted.prefix(limit).map(\.identity.key)
        }
    }

    package func firstClosing() throws(StoreError) -> Timestamp? {
        try read { tables in
            tables.executions.values.filter { $0.child == nil }.compactMap(\.stoppedAt)
                .min { $0.microseconds < $1.microseconds }
        }
    }

    package func openMapRuns() throws(StoreError) -> [Int64] {
        try read { tables in tables.mapRuns.values.filter { $0.phase != .done }.map(\.number).sorted() }
    }

    package func stateMachine(arn: String) throws(StoreError) -> StateMachineRecord? {
        try read { $0.stateMachines[TextKey(arn)] }
    }

    package func revision(number: Int64) throws(StoreError) -> StateMachineRevision? {
        try read { $0.revisions[number] }
    }

    package func version(
        stateMachineARN: String, number: Int
    ) throws(StoreError) -> StateMachineVersionRecord? {
        try read { $0.version(stateMachineARN: stateMachineARN, number: number) }
    }

    package func version(ofRevision number: Int64) throws(StoreError) -> StateMachineVersionRecord? {
        try read { $0.version(ofRevision: number) }
    }

    package func versionCount(stateMachineARN: String) throws(StoreError) -> Int {
        try read { $0.versions[TextKey(stateMachineARN)]?.count ?? 0 }
    }

    package func alias(stateMachineARN: String, name: String) throws(StoreError) -> StateMachineAliasRecord? {
        try read { $0.alias(stateMachineARN: stateMachineARN, name: name) }
    }

    package func aliases(stateMachineARN: String) throws(StoreError) -> [StateMachineAliasRecord] {
        try read { $0.aliases(stateMachineARN: stateMachineARN).items }
    }

    package func activity(arn: String) throws(StoreError) -> ActivityRecord? {
        try read { $0.activities[TextKey(arn)] }
    }

    package func execution(arn: String) throws(StoreError) -> ExecutionRecord? {
        try read { $0.execution(arn: arn) }
    }

    package func execution(key: Int64) throws(StoreError) -> ExecutionRecord? { try read { $0.executions[key] } }

    package func checkpoint(execution: Int64) throws(StoreError) -> CheckpointRow? {
        try read { $0.checkpoints[execution] }
    }

    package func journal(execution: Int64, after sequence: Int) throws(StoreError) -> [JournalRow] {
        try read { $0.journal(execution: execution, after: sequence) }
    }

    package func hasRunningExecutions(stateMachineARN: String) throws(StoreError) -> Bool {
        try read { $0.hasRunningExecutions(stateMachineARN: stateMachineARN) }
    }

    package func runningExecutions(after key: Int64, limit: Int) throws(StoreError) -> [Int64] {
        try read { $0.runningExecutions(after: key, limit: limit) }
    }

    package func task(_ key: TaskKey) throws(StoreError) -> TaskRow? { try read { $0.tasks[key]?.row } }

    package func pendingTasks(after key: TaskKey?, limit: Int) throws(StoreError) -> [TaskRow] {
        try read { $0.pendingTasks(after: key, limit: limit) }
    }

    package func serviceTasks() throws(StoreError) -> [TaskRow] { try read { $0.serviceTasks() } }

    package func tasks(waitingFor executionARN: String) throws(StoreError) -> [TaskKey] {
        try read { $0.tasks(waitingFor: executionARN) }
    }

    package func timers(
        after position: TimerPosition, dueBy until: Timestamp, limit: Int
    ) throws(StoreError) -> [TimerRow] {
        try read { $0.timers(after: position, dueBy: until, limit: limit) }
    }

    package func nextTimer(after position: TimerPosition) throws(StoreError) -> Timestamp? {
        try read { $0.nextTimer(after: position) }
    }

    package func outbox() throws(StoreError) -> [OutboxMessage] { try read { $0.messages() } }

    package func knownFunctions() throws(StoreError) -> [String] { try read { $0.functionNames() } }

    package func activityNames() throws(StoreError) -> [String] { try read { $0.activityNames() } }
}
