import Interpreter
import JSONValue

/// Map runs whose execution was redriven.
extension EngineCore {
    /// The execution was redriven: what did not succeed is done again, each child in its turn.
    mutating func redriveMapRun(arn: String, at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        guard let row = try writer.mapRun(arn: arn) else { return }
        // One that was aborted may still be at it.
        let run = try mapRun(row.number) ?? LiveMapRun(row)
        run.record.status = .running
        run.record.phase = .running
        run.record.stoppedAt = nil
        (run.record.outcome, run.record.failure, run.output) = (nil, nil, nil)
        run.record.redriveCount += 1
        run.record.redrivenAt = now
        run.record.progress.items.awaitRedrive()
        run.record.progress.executions.awaitRedrive()
        run.redrivenUpTo = 0
        if let request = run.reader, run.record.progress.executions.begun == 0 {
            run.record.phase = .reading
            effects.mapRunJobs.append(.read(mapRun: row.number, request))
        }
        mapRuns[row.number] = run
        touch(run)
    }

    /// Redrives the next child that ended without success before the map run was redriven.
    mutating func redriveChild(
        of run: LiveMapRun, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let since = run.record.redrivenAt ?? now
        while true {
            let children = try writer.children(mapRun: run.record.number, after: run.redrivenUpTo, limit: 50)
            guard !children.isEmpty else {
                // None is left, whatever the counts say.
                run.record.progress.executions.pendingRedrive = 0
                run.record.progress.items.pendingRedrive = 0
                return
            }
            for child in children {
                run.redrivenUpTo = child.identity.key
                guard child.status != .running, child.status != .succeeded, child.redrivenAt.map({ $0 < since }) ?? true
                else { continue }
                try redrive(child, of: run, at: now, &effects)
                return
            }
        }
    }

    private mutating func redrive(
        _ child: ExecutionRecord, of run: LiveMapRun, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let items = child.child?.itemCount ?? 1
        run.record.progress.items.pendingRedrive -= items
        run.record.progress.executions.pendingRedrive -= 1
        run.record.progress.items.running += items
        run.record.progress.executions.running += 1
        var record = child
        record.identity.redriveCount += 1
        let rows = try writer.journal(execution: record.identity.key, after: -1)
        var events: [JournalEvent] = []
        do throws(JournalError) {
            for row in rows { events += try Journal.decode(row.events) }
        } catch {
            throw unreadable(record.identity.arn)
        }
        guard let definition = try definition(revision: run.record.revision, mapRun: run.record),
            let (execution, step) = Execution.redrive(
                record.identity, definition: definition, limits: configuration.limits, from: events, at: now,
                using: &random)
        else { throw unreadable(record.identity.arn) }
        record.status = .running
        record.stoppedAt = nil
        (record.output, record.error, record.cause) = (nil, nil, nil)
        record.redrivenAt = now
        try apply(
            .reopenExecution(
                key: record.identity.key, redriveCount: record.identity.redriveCount, redrivenAt: now, tokens: []))
        let live = LiveExecution(
            execution: execution, record: record, sequence: (rows.last?.sequence ?? -1) + 1, checkpointed: 0)
        self.live[record.identity.key] = live
        try write(step, of: live, at: now, &effects)
    }
}
