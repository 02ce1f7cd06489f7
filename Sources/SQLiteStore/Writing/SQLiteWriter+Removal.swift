package import JSONValue
package import Orchestrator

/// Executions that are over for long enough. The row goes first, and with it the execution; what is large follows in
/// portions, found by the table `removals`, so that no transaction grows with a history or a map run.
extension SQLiteWriter {
    package func closedExecutions(until instant: Timestamp, limit: Int) throws(StoreError) -> [Int64] {
        let (session, statements) = try open()
        return try session.all(
            statements.closedExecutions,
            {
                $0.time(instant)
                $0.integer(limit)
            },
            read: { $0.integer() })
    }

    package func firstClosing() throws(StoreError) -> Timestamp? {
        let (session, statements) = try open()
        return try session.first(statements.firstClosing) { $0.time() }
    }

    func remove(execution key: Int64) throws(StoreError) {
        let (session, statements) = try open()
        try session.run(statements.deleteExecution) { $0.integer(key) }
        try session.run(statements.deleteCheckpoint) { $0.integer(key) }
        try session.run(statements.queueRemoval) { $0.integer(key) }
    }

    package func purge(limit: Int) throws(StoreError) -> Int {
        let (session, statements) = try open()
        // Rows may be large, and freeing them takes as long as they are.
        let deadline = ContinuousClock.now + .milliseconds(5)
        var count = 0
        var hasDeletedJournal = false
        func isOver() -> Bool { count >= limit || ContinuousClock.now >= deadline }

        while count == 0 || !isOver(), let key = try session.first(statements.removal, read: { $0.integer() }) {
            let rows = try numbers(statements.removalRows, key, limit)
            for row in rows {
                try session.run(statements.deleteJournal) { $0.integer(row) }
                hasDeletedJournal = true
                count += 1
                if isOver() { break }
            }
            if !rows.isEmpty { continue }
            if let run = try session.first(statements.removalMapRun, { $0.integer(key) }, read: { $0.integer() }) {
                count += try purge(mapRun: run, limit: limit, isOver: isOver)
            } else {
                try session.run(statements.endRemoval) { $0.integer(key) }
                count += 1
            }
        }
        if hasDeletedJournal {
            journalNumber = try session.first(statements.highestJournalNumber) { $0.integer() } ?? 0
        }
        return count
    }

    /// Its items, its children, and at last its row.
    private func purge(mapRun: Int64, limit: Int, isOver: () -> Bool) throws(StoreError) -> Int {
        let (session, statements) = try open()
        var count = 0
        for items in try numbers(statements.removalItems, mapRun, limit) {
            try session.run(statements.deleteItems) { $0.integer(items) }
            count += 1
            if isOver() { return count }
        }
        for child in try numbers(statements.removalChildren, mapRun, limit) {
            try remove(execution: child)
            count += 1
            if isOver() { return count }
        }
        if count == 0 {
            try session.run(statements.deleteMapRun) { $0.integer(mapRun) }
            count = 1
        }
        return count
    }

    private func numbers(_ statement: Statement, _ key: Int64, _ limit: Int) throws(StoreError) -> [Int64] {
        let (session, _) = try open()
        return try session.all(
            statement,
            {
                $0.integer(key)
                $0.integer(limit)
            },
            read: { $0.integer() })
    }
}
