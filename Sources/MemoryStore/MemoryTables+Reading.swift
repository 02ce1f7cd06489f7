import Interpreter
package import JSONValue
package import Orchestrator

extension MemoryTables {
    package func execution(arn: String) -> ExecutionRecord? { executionKeys[TextKey(arn)].flatMap { executions[$0] } }

    package func stateMachines(after cursor: PageCursor?, limit: Int) -> Page<StateMachineRecord> {
        let rest = stateMachines.sorted { $0.key < $1.key }.drop { entry in
            cursor.map { entry.key <= TextKey($0.key) } ?? false
        }
        return page(rest.map(\.value), limit: limit) { $0.arn }
    }

    package func activities(after cursor: PageCursor?, limit: Int) -> Page<ActivityRecord> {
        let rest = activities.sorted { $0.key < $1.key }.drop { entry in
            cursor.map { entry.key <= TextKey($0.key) } ?? false
        }
        return page(rest.map(\.value), limit: limit) { $0.arn }
    }

    package func executions(
        _ filter: ExecutionFilter, after cursor: PageCursor?, limit: Int
    ) throws(StoreError) -> Page<ExecutionRecord> {
        let last = try number(cursor) ?? .max
        let rows = executions.values.filter { row in
            row.identity.key < last && (filter.status == nil || filter.status == row.status)
                && (filter.redriven == nil || filter.redriven == (row.identity.redriveCount > 0))
                && (filter.version == nil || filter.version == row.version)
                && (filter.alias.map { TextKey($0) == row.alias.map(TextKey.init) } ?? true)
                && (filter.mapRun == nil || filter.mapRun == row.child?.mapRun)
                && (filter.stateMachineARN.map { TextKey($0) == TextKey(row.identity.stateMachineARN) } ?? true)
        }
        let listed = rows.sorted { $0.identity.key > $1.identity.key }.map { row in
            var row = row
            row.input = ""
            row.output = nil
            return row
        }
        return page(listed, limit: limit) { String($0.identity.key) }
    }

    package func mapRun(arn: String) -> MapRunRecord? {
        mapRuns.values.first { TextKey($0.arn) == TextKey(arn) }
    }

    package func mapRuns(execution: Int64, after cursor: PageCursor?, limit: Int) throws(StoreError) -> Page<
        MapRunRecord
    > {
        let last = try number(cursor) ?? .max
        let rows = mapRuns.values.filter { $0.execution == execution && $0.number < last }
        return page(rows.sorted { $0.number > $1.number }, limit: limit) { String($0.number) }
    }

    package func children(mapRun: Int64, after key: Int64, limit: Int) -> [ExecutionRecord] {
        let rows = executions.values.filter { $0.child?.mapRun == mapRun && $0.identity.key > key }
        return Array(rows.sorted { $0.identity.key < $1.identity.key }.prefix(limit))
    }

    package func openTasks(after cursor: PageCursor?, limit: Int) throws(StoreError) -> Page<TaskRow> {
        let last = try number(cursor) ?? 0
        let rows = tasks.values.filter { $0.number > last }.sorted { $0.number < $1.number }
        let shown = page(rows, limit: limit) { String($0.number) }
        return Page(items: shown.items.map(\.row), next: shown.next)
    }

    package func journal(execution: Int64, after historyID: Int?, reversed: Bool, limit: Int) -> [JournalRow] {
        let shown: ClosedRange<Int> =
            reversed ? .min...(historyID ?? .max).saturating(-1) : (historyID ?? .min).saturating(1) ... .max
        var rows: [JournalRow] = []
        var held = 0
        for row in reversed ? journal[execution, default: []].reversed() : journal[execution, default: []] {
            guard held < limit else { break }
            guard let ids = row.historyIDs, ids.overlaps(shown) else { continue }
            rows.append(row)
            held += ids.clamped(to: shown).count
        }
        return rows
    }

    package func counts() -> StoreCounts {
        StoreCounts(
            runningExecutions: executions.values.count { $0.status == .running }, openTasks: tasks.count,
            pendingTasks: tasks.values.count { $0.row.phase == .pending }, armedTimers: timers.count)
    }

    func page<Item>(_ rows: [Item], limit: Int, key: (Item) -> String) -> Page<Item> {
        guard rows.count > limit, limit > 0 else { return Page(items: Array(rows.prefix(limit)), next: nil) }
        return Page(items: Array(rows.prefix(limit)), next: PageCursor(key: key(rows[limit - 1])))
    }

    func number(_ cursor: PageCursor?) throws(StoreError) -> Int64? {
        guard let cursor else { return nil }
        guard let number = Int64(cursor.key) else {
            throw StoreError(.conflict, "\"\(cursor.key)\" is not where a listing of this store went on.")
        }
        return number
    }
}

// MARK: What a writer asks

extension MemoryTables {
    package func hasRunningExecutions(stateMachineARN: String) -> Bool {
        let arn = TextKey(stateMachineARN)
        return executions.values.contains { row in
            row.status == .running && TextKey(row.identity.stateMachineARN) == arn
        }
    }

    package func runningExecutions(after key: Int64, limit: Int) -> [Int64] {
        let running = executions.values.filter { $0.status == .running && $0.identity.key > key }
        return Array(running.map(\.identity.key).sorted().prefix(limit))
    }

    package func journal(execution: Int64, after sequence: Int) -> [JournalRow] {
        journal[execution, default: []].filter { $0.sequence > sequence }
    }

    package func pendingTasks(after key: TaskKey?, limit: Int) -> [TaskRow] {
        let pending = tasks.values.lazy.map(\.row).filter { row in
            row.phase == .pending && !row.target.isService && (key.map { row.key > $0 } ?? true)
        }
        return Array(pending.sorted { $0.key < $1.key }.prefix(limit))
    }

    package func serviceTasks() -> [TaskRow] {
        tasks.values.lazy.map(\.row).filter(\.target.isService).sorted { $0.key < $1.key }
    }

    package func tasks(waitingFor executionARN: String) -> [TaskKey] {
        serviceTasks().filter { $0.worker.map(TextKey.init) == TextKey(executionARN) }.map(\.key)
    }

    package func timers(after position: TimerPosition, dueBy until: Timestamp, limit: Int) -> [TimerRow] {
        let due = timers.values.filter { $0.due <= until && $0.position > position }
        return Array(due.sorted { $0.position < $1.position }.prefix(limit))
    }

    package func nextTimer(after position: TimerPosition) -> Timestamp? {
        timers.values.lazy.filter { $0.position > position }.map(\.due).min()
    }

    package func messages() -> [OutboxMessage] { outbox.values.sorted { $0.number < $1.number } }

    package func functionNames() -> [String] { functions.sorted().map(\.text) }

    package func activityNames() -> [String] { activities.values.map { TextKey($0.name) }.sorted().map(\.text) }
}

extension Int {
    fileprivate func saturating(_ step: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(step)
        return overflow ? self : sum
    }
}
