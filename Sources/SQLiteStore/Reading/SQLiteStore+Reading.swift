import GRDB
import Interpreter
package import Orchestrator

extension SQLiteStore {
    package func stateMachine(arn: String) async throws(StoreError) -> StateMachineRecord? {
        try await read { reader throws(StoreError) in
            try reader.first(Queries.stateMachine, { $0.text(arn) }) { row throws(StoreError) in
                try StateMachineRecord(&row)
            }
        }
    }

    /// In the order of their ARNs.
    package func stateMachines(
        after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<StateMachineRecord> {
        try await read { reader throws(StoreError) in
            let rows = try reader.all(
                Queries.stateMachinesAfter,
                {
                    $0.text(cursor?.key ?? "")
                    $0.integer(limit + 1)
                },
                read: { row throws(StoreError) in try StateMachineRecord(&row) })
            return Page(rows, limit: limit) { $0.arn }
        }
    }

    package func revision(number: Int64) async throws(StoreError) -> StateMachineRevision? {
        try await read { reader throws(StoreError) in
            try reader.first(Queries.revision, { $0.integer(number) }) { row throws(StoreError) in
                try StateMachineRevision(&row)
            }
        }
    }

    package func execution(arn: String) async throws(StoreError) -> ExecutionRecord? {
        try await read { reader throws(StoreError) in
            try reader.first(Queries.executionByARN, { $0.text(arn) }) { row throws(StoreError) in
                try ExecutionRecord(&row)
            }
        }
    }

    package func executions(
        _ filter: ExecutionFilter, after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<ExecutionRecord> {
        try await read { reader throws(StoreError) in
            let last = try cursor.map { cursor throws(StoreError) in try cursor.number() }
            let rows = try reader.all(
                Queries.executionsBelow(filter),
                {
                    if let arn = filter.stateMachineARN { $0.text(arn) }
                    if let mapRun = filter.mapRun { $0.integer(mapRun) }
                    if let status = filter.status { $0.text(status.rawValue) }
                    if let version = filter.version { $0.integer(version) }
                    if let alias = filter.alias { $0.text(alias) }
                    $0.integer(last ?? Int64.max)
                    $0.integer(limit + 1)
                },
                read: { row throws(StoreError) in try ExecutionRecord(&row) })
            return Page(rows, limit: limit) { String($0.identity.key) }
        }
    }

    package func activity(arn: String) async throws(StoreError) -> ActivityRecord? {
        try await read { reader throws(StoreError) in
            try reader.first(Queries.activity, { $0.text(arn) }) { row throws(StoreError) in
                try ActivityRecord(&row)
            }
        }
    }

    /// In the order of their ARNs.
    package func activities(after cursor: PageCursor?, limit: Int) async throws(StoreError) -> Page<ActivityRecord> {
        try await read { reader throws(StoreError) in
            let rows = try reader.all(
                Queries.activitiesAfter,
                {
                    $0.text(cursor?.key ?? "")
                    $0.integer(limit + 1)
                },
                read: { row throws(StoreError) in try ActivityRecord(&row) })
            return Page(rows, limit: limit) { $0.arn }
        }
    }

    package func openTasks(after cursor: PageCursor?, limit: Int) async throws(StoreError) -> Page<TaskRow> {
        try await read { reader throws(StoreError) in
            let last = try cursor.map { cursor throws(StoreError) in try cursor.number() }
            let rows = try reader.all(
                Queries.openTasksAfter,
                {
                    $0.integer(last ?? 0)
                    $0.integer(limit + 1)
                },
                read: { row throws(StoreError) in try NumberedTask(&row) })
            let page = Page(rows, limit: limit) { String($0.number) }
            return Page(items: page.items.map(\.task), next: page.next)
        }
    }

    package func mapRun(arn: String) async throws(StoreError) -> MapRunRecord? {
        try await read { reader throws(StoreError) in
            try reader.first(Queries.mapRunByARN, { $0.text(arn) }) { row throws(StoreError) in
                try MapRunRecord(&row)
            }
        }
    }

    package func mapRuns(
        execution: Int64, after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<MapRunRecord> {
        try await read { reader throws(StoreError) in
            let last = try cursor.map { cursor throws(StoreError) in try cursor.number() }
            let rows = try reader.all(
                Queries.mapRunsBelow,
                {
                    $0.integer(execution)
                    $0.integer(last ?? Int64.max)
                    $0.integer(limit + 1)
                },
                read: { row throws(StoreError) in try MapRunRecord(&row) })
            return Page(rows, limit: limit) { String($0.number) }
        }
    }

    package func children(mapRun: Int64, after key: Int64, limit: Int) async throws(StoreError) -> [ExecutionRecord] {
        try await read { reader throws(StoreError) in
            try reader.all(
                Queries.children,
                {
                    $0.integer(mapRun)
                    $0.integer(key)
                    $0.integer(limit)
                },
                read: { row throws(StoreError) in try ExecutionRecord(&row) })
        }
    }

    package func counts() async throws(StoreError) -> StoreCounts {
        try await read { reader throws(StoreError) in
            try reader.first(Queries.counts) { row in
                StoreCounts(
                    runningExecutions: row.int(), openTasks: row.int(), pendingTasks: row.int(),
                    armedTimers: row.int())
            } ?? StoreCounts(runningExecutions: 0, openTasks: 0, pendingTasks: 0, armedTimers: 0)
        }
    }

    /// What SQLite's `quick_check` finds wrong with the file; empty for a sound one. Reads the whole file.
    package func findDamage() async throws(StoreError) -> [String] {
        let lines = try await read { reader throws(StoreError) in
            try reader.all("PRAGMA quick_check") { $0.text() }
        }
        return lines == ["ok"] ? [] : lines
    }
}

extension Page {
    /// Of rows that were asked for with a limit one higher, to see whether there are more.
    init(_ rows: [Item], limit: Int, key: (Item) -> String) {
        guard rows.count > limit, limit > 0 else {
            self.init(items: rows, next: nil)
            return
        }
        self.init(items: Array(rows.prefix(limit)), next: PageCursor(key: key(rows[limit - 1])))
    }
}

extension PageCursor {
    func number() throws(StoreError) -> Int64 {
        guard let number = Int64(key) else {
            throw StoreError(.conflict, "\"\(key)\" is not where a listing of this store went on.")
        }
        return number
    }
}
