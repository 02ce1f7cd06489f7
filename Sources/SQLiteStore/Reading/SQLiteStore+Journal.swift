package import Orchestrator

extension SQLiteStore {
    package func journal(
        execution: Int64, after historyID: Int?, reversed: Bool, limit: Int
    ) async throws(StoreError) -> [JournalRow] {
        try await read { reader throws(StoreError) in
            var start = reversed ? Int.max : 0
            if let historyID {
                start = try reader.firstStep(of: execution) { ids in
                    reversed ? ids.lowerBound >= historyID : ids.upperBound > historyID
                }
            }
            var rows: [JournalRow] = []
            var held = 0
            guard limit > 0 else { return rows }
            let query = reversed ? Queries.journalBackward : Queries.journalForward
            try reader.forEach(
                query,
                {
                    $0.integer(execution)
                    $0.integer(start)
                },
                { row in
                    let row = JournalRow(&row)
                    rows.append(row)
                    held +=
                        row.historyIDs.map { ids in
                            guard let historyID else { return ids.count }
                            return reversed
                                ? min(ids.upperBound, historyID - 1) - ids.lowerBound + 1
                                : ids.upperBound - max(ids.lowerBound, historyID + 1) + 1
                        } ?? 0
                    return held < limit
                })
            return rows
        }
    }
}

extension Reader {
    /// The first step whose history ids satisfy `isBeyond`, or the number of steps. Bisects: ids grow with the steps,
    /// so a late page of a long history costs as little as the first.
    fileprivate func firstStep(
        of execution: Int64, where isBeyond: (ClosedRange<Int>) -> Bool
    ) throws(StoreError) -> Int {
        var low = 0
        var high = try first(Queries.journalLength, { $0.integer(execution) }) { $0.int() } ?? 0
        while low < high {
            let middle = low + (high - low) / 2
            let probe = try first(
                Queries.journalProbe,
                {
                    $0.integer(execution)
                    $0.integer(middle)
                },
                read: { row in (sequence: row.int(), first: row.int(), last: row.int()) })
            guard let probe, probe.first <= probe.last, !isBeyond(probe.first...probe.last) else {
                high = middle
                continue
            }
            low = probe.sequence + 1
        }
        return low
    }
}
