import GRDBSQLite
import Interpreter
import JSONValue
package import Orchestrator
import StatesLanguage

/// Reads a whole database as of one moment, and holds it against what Baton promises. Beside a running server or
/// without one; memory is bounded by the largest execution. The server's log grows until it ends.
package struct DatabaseCheck {
    let session: Session
    var report: DatabaseReport
    var definitions: [Int64: StateMachineDefinition] = [:]
    var childDefinitions: [String: StateMachineDefinition] = [:]

    /// - Parameters:
    ///   - name: What the report calls it, where that is not its path.
    ///   - folds: Whether journals are read: most of the time goes into that.
    ///   - progress: Told the executions that were folded, and all of them.
    /// - Throws: Where there is no database of Baton's to check.
    package static func run(
        _ path: String, named name: String? = nil, folds: Bool = true, progress: (Int, Int) -> Void = { _, _ in }
    ) throws(StoreError) -> DatabaseReport {
        let path = try DatabaseFile.locateExisting(path)
        var report = DatabaseReport(database: name ?? path)
        report.bytes = FileSystem.size(path)
        report.logBytes = FileSystem.size(path + "-wal")
        // Read before the database, which only goes on from there.
        let last = DatabaseLock.progress(of: path)
        do throws(StoreError) {
            try WriteAheadLogFile.checkUnlocked(path)
        } catch {
            report.find(.file, report.database, error.message)
            return report
        }
        let session: Session
        do throws(StoreError) {
            session = try ReadingConnection.open(path)
        } catch {
            guard error.code == .corrupt else { throw error }
            report.find(.file, report.database, error.message)
            return report
        }
        defer { session.close() }
        var check = DatabaseCheck(session: session, report: report)
        do throws(StoreError) {
            try check.all(last, folds: folds, progress)
        } catch {
            guard error.code == .corrupt || error.code == .inputOutput else { throw error }
            check.report.find(.file, check.report.database, error.message)
        }
        return check.report
    }

    private init(session: Session, report: DatabaseReport) {
        self.session = session
        self.report = report
    }

    private mutating func all(
        _ last: DatabaseProgress?, folds: Bool, _ progress: (Int, Int) -> Void
    ) throws(StoreError) {
        try session.execute("BEGIN")
        report.schema = try Migrator(session: session).inspect()
        guard report.schema > 0 else { throw StoreError(notADatabase: session.path) }
        try checkFile(last)
        guard report.isReadable else { return }
        guard report.schema == SQLiteStore.schemaVersion else {
            for check in DatabaseReport.Check.allCases where check != .file && check != .references {
                report.omitted[check] = "made once a server has brought schema \(report.schema) up to date"
            }
            try checkReferences()
            return
        }
        try Migrator(session: session).checkSchema()
        try count()
        try checkReferences()
        try checkRows()
        try checkMapRuns()
        guard folds else {
            for check in [DatabaseReport.Check.journal, .fold, .checkpoint, .work] {
                report.omitted[check] = "not asked for"
            }
            return
        }
        try foldAll(progress)
    }

    // MARK: The file

    private mutating func checkFile(_ last: DatabaseProgress?) throws(StoreError) {
        for line in try texts("PRAGMA integrity_check(100)") where line != "ok" {
            report.find(.file, report.database, line)
        }
        let free = try integers("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")
        report.freeBytes = Int(free.first ?? 0)
        guard report.isReadable, let last else { return }
        let journal = try integers(Queries.highestJournalNumber).first ?? 0
        // Removing executions may have taken the last rows meanwhile.
        let now = DatabaseLock.progress(of: session.path) ?? last
        if journal < min(last.journal, now.journal) {
            report.find(
                .file, report.database,
                "the journal ends at row \(journal), and row \(last.journal) was committed: a file was cut off, "
                    + "damaged, lost or replaced by an older one")
        }
    }

    private mutating func count() throws(StoreError) {
        let statement = try session.prepare(
            """
            SELECT 'executions ' || lower(status), count(*) FROM executions GROUP BY status
            UNION ALL SELECT 'journal rows', count(*) FROM journal
            UNION ALL SELECT 'tasks', count(*) FROM tasks UNION ALL SELECT 'timers', count(*) FROM timers
            UNION ALL SELECT 'messages to send', count(*) FROM outbox
            UNION ALL SELECT 'map runs', count(*) FROM map_runs
            UNION ALL SELECT 'state machines', count(*) FROM state_machines WHERE status <> 'DELETED'
            UNION ALL SELECT 'activities', count(*) FROM activities
            UNION ALL SELECT 'removals under way', count(*) FROM removals
            """)
        defer { statement.finalize() }
        report.counts = try session.all(statement) { ($0.text(), $0.int()) }
    }

    /// What removed executions leave behind for a while is no finding.
    private mutating func checkReferences() throws(StoreError) {
        let list = try session.prepare("PRAGMA foreign_key_check")
        defer { list.finalize() }
        let hasRemovals = report.schema >= 5
        let removed = try session.prepare(
            hasRemovals
                ? """
                SELECT execution FROM journal WHERE ?1 = 'journal' AND number = ?2 AND execution IN removals
                UNION ALL
                SELECT execution FROM map_runs WHERE ?1 = 'map_runs' AND number = ?2 AND execution IN removals
                """ : "SELECT 1 WHERE ?1 = '' AND ?2 = ''")
        defer { removed.finalize() }
        var broken: [(table: String, row: Int64, parent: String)] = []
        try session.forEach(list, { _ in }) { row throws(StoreError) in
            broken.append((row.text(), row.integer(), row.text()))
            return broken.count < 100_000
        }
        for (table, row, parent) in broken {
            let found = try session.first(
                removed,
                {
                    $0.text(table)
                    $0.integer(row)
                },
                read: { $0.integer() })
            if found == nil {
                report.find(.references, table, "row \(row) refers to a row of \(parent) that is not there")
            }
        }
    }

    // MARK: Rows

    private mutating func checkRows() throws(StoreError) {
        let checks: [(String, String)] = [
            (
                "is RUNNING, and has an end",
                "SELECT arn FROM executions WHERE \(Queries.isRunning) AND stopped_at IS NOT NULL"
            ),
            (
                "has ended, and nobody knows when",
                "SELECT arn FROM executions WHERE status <> 'RUNNING' AND stopped_at IS NULL"
            ),
            ("has ended, and still has a task", Self.leftovers("tasks")),
            (
                "has a task under another number than its own",
                """
                SELECT e.arn FROM tasks t JOIN executions e ON e.key = t.execution
                WHERE t.number <> t.execution * \(TaskKey.tasksOfExecution) + t.task
                """
            ),
            ("has ended, and still has a timer", Self.leftovers("timers")),
            ("has ended, and still has a checkpoint", Self.leftovers("checkpoints")),
            (
                "has ended, and a map run of it is at work",
                """
                SELECT e.arn FROM map_runs r JOIN executions e ON e.key = r.execution
                WHERE e.status <> 'RUNNING' AND r.phase IN ('reading', 'running')
                """
            ),
            (
                "runs, and no state machine has its revision",
                """
                SELECT arn FROM executions
                WHERE \(Queries.isRunning) AND revision NOT IN (SELECT number FROM revisions)
                """
            ),
        ]
        for (problem, query) in checks {
            for arn in try texts(query) { report.find(.rows, arn, problem) }
        }
    }

    private static func leftovers(_ table: String) -> String {
        "SELECT DISTINCT e.arn FROM \(table) t JOIN executions e ON e.key = t.execution WHERE e.status <> 'RUNNING'"
    }

    private mutating func checkMapRuns() throws(StoreError) {
        let list = try session.prepare(Queries.mapRunsAfter)
        defer { list.finalize() }
        let children = try session.prepare(
            "SELECT status, count(*), sum(item_count) FROM executions WHERE map_run = ? GROUP BY status")
        defer { children.finalize() }
        var last: Int64 = 0
        while true {
            let runs = try session.all(
                list,
                {
                    $0.integer(last)
                    $0.integer(200)
                },
                read: { row throws(StoreError) in try MapRunRecord(&row) })
            guard let final = runs.last else { return }
            last = final.number
            for run in runs {
                var executions = MapRunProgress.Counts()
                var items = MapRunProgress.Counts()
                try session.forEach(children, { $0.integer(run.number) }) { row throws(StoreError) in
                    let status = try row.value(as: ExecutionStatus.self, "execution status")
                    executions.add(status, row.int())
                    items.add(status, row.int())
                    return true
                }
                compare(run, run.progress.executions, executions, "children")
                compare(run, run.progress.items, items, "items")
            }
        }
    }

    private mutating func compare(
        _ run: MapRunRecord, _ told: MapRunProgress.Counts, _ found: MapRunProgress.Counts, _ what: String
    ) {
        // Those that wait to be redriven are counted apart from how they ended.
        let pairs = [
            ("running", told.running, found.running), ("succeeded", told.succeeded, found.succeeded),
            ("not successful", told.ended - told.succeeded + told.pendingRedrive, found.ended - found.succeeded),
        ]
        for (name, told, found) in pairs where told != found {
            report.find(.mapRuns, run.arn, "counts \(told) \(what) as \(name), and there are \(found)")
        }
    }

    // MARK: Reading

    func texts(_ sql: String) throws(StoreError) -> [String] {
        let statement = try session.prepare(sql)
        defer { statement.finalize() }
        return try session.all(statement) { $0.text() }
    }

    func integers(_ sql: String) throws(StoreError) -> [Int64] {
        let statement = try session.prepare(sql)
        defer { statement.finalize() }
        return try session.all(statement) { $0.integer() }
    }
}

extension MapRunProgress.Counts {
    fileprivate var ended: Int { succeeded + failed + timedOut + aborted }

    fileprivate mutating func add(_ status: ExecutionStatus, _ count: Int) {
        running += count
        if status != .running { end(status, count: count) }
    }
}
