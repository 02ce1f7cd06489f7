import Interpreter
import JSONValue
import Logging
import StatesLanguage
import Telemetry

/// Map runs: the children of distributed Map states.
///
/// A run is a row with counts. What happens to a child changes the counts in the child's own transaction; the row is
/// written once per transaction, and the parent hears of nothing until the run is done. Children are started and aborted
/// in portions, so that no transaction grows with the number of items.
extension EngineCore {
    // MARK: Begin

    mutating func startMapRun(
        _ plan: MapRunPlan, of live: LiveExecution, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let identity = live.record.identity
        var record = MapRunRecord(
            number: try writer.nextMapRunNumber(), arn: plan.arn, execution: identity.key,
            executionARN: identity.arn, stateMachineARN: identity.stateMachineARN,
            stateMachineName: identity.stateMachineName, roleARN: identity.roleARN, revision: live.record.revision,
            pointer: plan.pointer, label: plan.label, executionType: plan.executionType, status: .running,
            phase: .running, startedAt: now, maxConcurrency: plan.maxConcurrency,
            toleratedFailureCount: plan.toleratedFailureCount,
            toleratedFailurePercentage: plan.toleratedFailurePercentage, plan: plan.stored)
        switch plan.source {
        case .items(let items):
            record.progress.total = items.count
            try writer.apply(.insertMapRun(record))
            for first in stride(from: 0, to: items.count, by: 512) {
                let some = items[first..<min(first + 512, items.count)]
                try writer.apply(
                    .appendMapItems(
                        MapItemsRow(
                            mapRun: record.number, first: first, count: some.count,
                            items: Array(JSON.array(Array(some)).serialized().utf8))))
            }
        case .object(let request):
            record.phase = .reading
            try writer.apply(.insertMapRun(record))
            effects.mapRunJobs.append(.read(mapRun: record.number, request))
        }
        let run = LiveMapRun(record)
        mapRuns[record.number] = run
        touch(run)
    }

    /// Items that were read. A portion comes again where it is not known whether it was written.
    mutating func take(_ portion: MapItemsPortion, at now: Timestamp) throws(StoreError) {
        guard let run = try mapRun(portion.mapRun), run.record.phase == .reading else { return }
        guard portion.first == 0 || portion.first >= run.record.progress.total else { return }
        if portion.first == 0 {
            try writer.apply(.deleteMapItems(mapRun: run.record.number))
            run.record.progress.total = 0
        }
        touch(run)
        switch portion.content {
        case .items(let count, let bytes):
            try writer.apply(
                .appendMapItems(
                    MapItemsRow(
                        mapRun: run.record.number, first: run.record.progress.total, count: count, items: bytes)))
            run.record.progress.total += count
        case .end:
            run.record.phase = .running
        case .failure(let failure):
            end(run, .failed, failure)
        }
    }

    // MARK: Children

    /// A child ended, in this transaction.
    mutating func childEnded(_ child: MapRunChild, _ status: ExecutionStatus) throws(StoreError) {
        guard let run = try mapRun(child.mapRun) else { return }
        run.record.progress.items.end(status, count: child.itemCount)
        run.record.progress.executions.end(status, count: 1)
        touch(run)
    }

    /// Lets the map runs that something happened to go on, as far as a transaction may grow.
    mutating func advanceMapRuns(at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        var budget = configuration.mapRunChildrenPerBatch
        // A child may end as soon as it starts, and a parent may start a run when it hears of another: so the set
        // changes while it is worked on.
        while budget > 0, let number = busyMapRuns.popFirst() {
            budget -= 1
            guard let run = try mapRun(number) else { continue }
            do throws(StoreError) {
                let isWaiting = try advance(run, &budget, at: now, &effects)
                if isWaiting { unfinishedMapRuns.insert(number) }
            } catch  where error.code == .unreadableExecution {
                // It rests until a Baton that can read it is started; others go on.
                busyMapRuns.remove(number)
                logger.critical("a map run cannot go on", metadata: ["reason": "\(error.message)"])
            }
            while let ended = endedMapRuns.popLast() { try handle(.mapRunEnded(ended), at: now, &effects) }
        }
        while let ended = endedMapRuns.popLast() { try handle(.mapRunEnded(ended), at: now, &effects) }
        busyMapRuns.formUnion(unfinishedMapRuns)
        unfinishedMapRuns.removeAll()
    }

    /// The last step of a transaction: each row that changed, once.
    func writeMapRuns() throws(StoreError) {
        for number in touchedMapRuns {
            guard let run = mapRuns[number] else { continue }
            try writer.apply(.updateMapRun(run.record))
        }
    }

    /// - Returns: Whether there is more to do that has to wait for the next transaction.
    private mutating func advance(
        _ run: LiveMapRun, _ budget: inout Int, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) -> Bool {
        touch(run)
        busyMapRuns.remove(run.record.number)
        while true {
            switch run.record.phase {
            case .reading, .writing, .done: return false
            case .telling:
                // Otherwise it is on its way: the parent takes long, or has something else to do first.
                if computing[run.record.execution] == nil { endedMapRuns.append(run.record.number) }
                return false
            case .running:
                if run.exceedsTolerance {
                    end(
                        run, .failed,
                        StateFailure(
                            error: "States.ExceedToleratedFailureThreshold",
                            cause: "The specified tolerated failure threshold was exceeded"))
                    continue
                }
                let progress = run.record.progress
                if progress.next == progress.total, progress.executions.pendingRedrive == 0 {
                    guard progress.executions.running == 0 else { return false }
                    complete(run, &effects)
                    continue
                }
                let most = run.record.maxConcurrency == 0 ? Int.max : run.record.maxConcurrency
                guard progress.executions.running < min(most, configuration.mapRunConcurrency) else { return false }
                guard budget > 0 else { return true }
                budget -= 1
                if progress.executions.pendingRedrive > 0 {
                    try redriveChild(of: run, at: now, &effects)
                } else {
                    try startChild(of: run, at: now, &effects)
                }
            case .ending:
                guard run.record.progress.executions.running > 0 else {
                    close(run, &effects)
                    continue
                }
                guard budget > 0 else { return true }
                try abortChildren(of: run, &budget, at: now, &effects)
            }
        }
    }

    private mutating func startChild(
        of run: LiveMapRun, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let first = run.record.progress.next
        let input: JSON
        let count: Int
        switch try childInput(of: run, at: now) {
        case .success(let next): (input, count) = next
        case .failure(let error):
            end(run, .failed, error.failure)
            return
        }
        let record = run.record
        guard let definition = try definition(revision: record.revision, mapRun: record) else {
            throw unreadable(record.executionARN)
        }
        let name = newUUID()
        let arn =
            switch record.executionType {
            case .standard: ExecutionARN.make(stateMachineARN: record.childMachineARN, name: name)
            case .express:
                ExecutionARN.make(stateMachineARN: record.childMachineARN, name: name, kind: "express") + ":"
                    + newUUID()
            }
        let identity = ExecutionIdentity(
            key: try writer.nextExecutionKey(), partition: configuration.partition, arn: arn, name: name,
            stateMachineARN: record.childMachineARN, stateMachineName: record.childMachineName,
            roleARN: record.roleARN, startedAt: now)
        let child = ExecutionRecord(
            identity: identity, revision: record.revision, status: .running, input: input.serialized(),
            child: MapRunChild(mapRun: record.number, mapRunARN: record.arn, firstItem: first, itemCount: count))
        try writer.apply(.insertExecution(child))
        run.record.progress.next += count
        run.record.progress.items.running += count
        run.record.progress.executions.running += 1
        let (execution, step) = Execution.start(
            identity, definition: definition, input: input, limits: configuration.limits, at: now, using: &random,
            effort: .slice)
        let live = LiveExecution(execution: execution, record: child, sequence: 0, checkpointed: 0)
        self.live[identity.key] = live
        openExecutions = openExecutions.map { $0 + 1 }
        effects.counted.append(metrics.started)
        try write(step, of: live, at: now, &effects)
    }

    /// What the next child gets, and of how many items that is made.
    private mutating func childInput(
        of run: LiveMapRun, at now: Timestamp
    ) throws(StoreError) -> Result<(JSON, Int), MapItemFailure> {
        let first = run.record.progress.next
        guard let batching = run.batching else {
            switch try selected(first, of: run, at: now) {
            case .success(let item): return .success((item, 1))
            case .failure(let failure): return .failure(failure)
            }
        }
        var batch = JSONObject()
        batch["BatchInput"] = batching.input
        let most = min(batching.maxItems ?? .max, run.record.progress.total - first)
        // With AWS a batch is never larger than an input may be.
        let bytes = min(batching.maxBytes ?? .max, configuration.limits.payloadBytes)
        var size = JSON.object(batch).serialized().utf8.count + #","Items":[]"#.utf8.count
        var items: [JSON] = []
        while items.count < most {
            switch try selected(first + items.count, of: run, at: now) {
            case .success(let item):
                size += item.serialized().utf8.count + (items.isEmpty ? 0 : 1)
                if size > bytes, !items.isEmpty { return .success(Self.batch(batch, items)) }
                items.append(item)
            case .failure(let failure): return .failure(failure)
            }
        }
        return .success(Self.batch(batch, items))
    }

    private static func batch(_ batch: JSONObject, _ items: [JSON]) -> (JSON, Int) {
        var batch = batch
        batch["Items"] = .array(items)
        return (.object(batch), items.count)
    }

    /// An item as the ItemSelector makes it.
    private mutating func selected(
        _ index: Int, of run: LiveMapRun, at now: Timestamp
    ) throws(StoreError) -> Result<JSON, MapItemFailure> {
        if run.portion.map({ !($0.first..<$0.first + $0.items.count).contains(index) }) ?? true {
            guard let row = try writer.mapItems(mapRun: run.record.number, containing: index),
                let items = (try? JSON(parsing: row.items))?.arrayValue
            else { throw unreadable(run.record.executionARN) }
            run.portion = (row.first, items)
        }
        guard let portion = run.portion else { throw unreadable(run.record.executionARN) }
        let item = portion.items[index - portion.first]
        guard run.selectsItems, let parent = try liveExecution(run.record.execution) else { return .success(item) }
        do throws(MapItemFailure) {
            return .success(
                try parent.execution.childInput(
                    ofMapRun: run.record.arn, item: item, index: index, at: now, using: &random))
        } catch {
            return .failure(error)
        }
    }

    private mutating func abortChildren(
        of run: LiveMapRun, _ budget: inout Int, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let limit = min(budget, 100)
        let children = try writer.children(mapRun: run.record.number, after: run.abortedUpTo, limit: limit)
        budget -= max(children.count, 1)
        guard let last = children.last else {
            // None is left, whatever the counts say.
            run.record.progress.executions.running = 0
            run.record.progress.items.running = 0
            return
        }
        for child in children where child.status == .running {
            guard let live = try liveExecution(child.identity.key) else { continue }
            try overtake(live, .stop(StateFailure(error: nil, cause: nil)), at: now, &effects)
        }
        run.abortedUpTo = last.identity.key
    }

    // MARK: Redrive

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
    private mutating func redriveChild(
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
        try writer.apply(
            .reopenExecution(
                key: record.identity.key, redriveCount: record.identity.redriveCount, redrivenAt: now, tokens: []))
        let live = LiveExecution(
            execution: execution, record: record, sequence: (rows.last?.sequence ?? -1) + 1, checkpointed: 0)
        self.live[record.identity.key] = live
        try write(step, of: live, at: now, &effects)
    }

    // MARK: End

    /// The parent is no longer interested.
    mutating func abortMapRun(arn: String) throws(StoreError) {
        guard let record = try writer.mapRun(arn: arn), record.phase != .done,
            let run = try mapRun(record.number)
        else { return }
        end(run, .aborted, nil)
        touch(run)
    }

    private mutating func end(_ run: LiveMapRun, _ outcome: MapRunRecord.Status, _ failure: StateFailure?) {
        // An abort goes before a failure, but the first failure is the one that is told.
        guard run.record.phase != .done, run.record.outcome == nil || outcome == .aborted else { return }
        run.record.outcome = outcome
        run.record.failure = failure
        run.record.phase = .ending
        run.abortedUpTo = 0
        busyMapRuns.insert(run.record.number)
    }

    /// All children ended, and none will come.
    private mutating func complete(_ run: LiveMapRun, _ effects: inout Effects) {
        run.record.outcome = .succeeded
        close(run, &effects)
    }

    /// No child runs any more.
    private mutating func close(_ run: LiveMapRun, _ effects: inout Effects) {
        // A run that never had children has nothing to tell of; one whose items could not be read has no results.
        if let destination = run.results.destination, run.record.outcome != .aborted,
            run.record.outcome == .succeeded || run.record.progress.executions.begun > 0
        {
            run.record.phase = .writing
            effects.mapRunJobs.append(.write(run.record, run.results, destination))
            return
        }
        guard run.record.outcome == .succeeded else {
            finish(run, run.record.outcome ?? .failed, output: nil)
            return
        }
        finish(run, .succeeded, output: nil)
    }

    /// The results as the state's output, as long as that may be.
    private mutating func results(of run: LiveMapRun) throws(StoreError) -> Result<JSON, MapItemFailure> {
        var values: [JSON] = []
        var size = 2
        var after: Int64 = 0
        while true {
            let children = try writer.children(mapRun: run.record.number, after: after, limit: 500)
            guard let last = children.last else { break }
            after = last.identity.key
            for child in children where child.status == .succeeded || run.results.transformation == .none {
                size += (run.results.transformation == .none ? child.input.utf8.count : 0)
                size += (child.output?.utf8.count ?? 4) + 1
                values += ResultRecord.values(of: child, run.results)
            }
            if size > configuration.limits.payloadBytes + 1 {
                let name = run.record.pointer.split(separator: "/").last.map { JSONPointer.unescape($0) } ?? ""
                return .failure(
                    MapItemFailure(
                        failure: StateFailure(
                            error: "States.DataLimitExceeded",
                            cause: "The state/task '\(name)' returned a result with a size exceeding the maximum number"
                                + " of bytes service limit.")))
            }
        }
        return .success(.array(values))
    }

    /// The results are in their bucket, or could not be written.
    mutating func resultsWritten(
        mapRun number: Int64, _ result: Result<JSON, MapItemFailure>
    ) throws(StoreError) {
        guard let run = try mapRun(number), run.record.phase == .writing else { return }
        touch(run)
        switch result {
        case .success(let details):
            run.record.progress.items.resultsWritten = run.record.progress.items.begun
            run.record.progress.executions.resultsWritten = run.record.progress.executions.begun
            finish(run, run.record.outcome ?? .succeeded, output: details)
        case .failure(let failure):
            if run.record.outcome == .succeeded { run.record.failure = failure.failure }
            finish(run, run.record.outcome == .succeeded ? .failed : run.record.outcome ?? .failed, output: nil)
        }
    }

    private mutating func finish(_ run: LiveMapRun, _ status: MapRunRecord.Status, output: JSON?) {
        run.portion = nil
        run.record.outcome = status
        run.record.phase = .telling
        if status == .succeeded { run.output = output }
        endedMapRuns.append(run.record.number)
    }

    /// The run and its execution end in one transaction; where the execution takes long, this is called again.
    mutating func tellEnd(
        ofMapRun number: Int64, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        guard let run = try mapRun(number), run.record.phase == .telling else { return }
        touch(run)
        var status = run.record.outcome ?? .failed
        if status == .succeeded, run.output == nil {
            if let destination = run.results.destination {
                run.output = destination.details(of: run.record.arn)
            } else {
                switch try results(of: run) {
                case .success(let output): run.output = output
                case .failure(let failure):
                    run.record.failure = failure.failure
                    run.record.outcome = .failed
                    status = .failed
                }
            }
        }
        if status != .aborted, let parent = try liveExecution(run.record.execution) {
            let stimulus: Stimulus =
                if status == .succeeded {
                    .mapRunSucceeded(arn: run.record.arn, output: run.output ?? .array([]))
                } else {
                    .mapRunFailed(
                        arn: run.record.arn,
                        run.record.failure ?? StateFailure(error: "States.TaskFailed", cause: nil))
                }
            guard try advance(parent, stimulus, at: now, &effects) else { return }
        }
        run.record.status = status
        run.record.phase = .done
        run.record.stoppedAt = now
        if status == .succeeded { try writer.apply(.deleteMapItems(mapRun: run.record.number)) }
    }

    // MARK: UpdateMapRun

    mutating func update(
        mapRun arn: String, _ change: MapRunChange
    ) throws(StoreError) -> Result<Void, ServiceError> {
        guard let record = try writer.mapRun(arn: arn) else {
            return .failure(ServiceError(.resourceNotFound, "Resource not found: '\(arn)'"))
        }
        guard record.phase != .done, let run = try mapRun(record.number) else {
            return .failure(
                ServiceError(
                    .validation, "Map Run is \(record.status.rawValue) and can no longer be updated: '\(arn)'"))
        }
        if let most = change.maxConcurrency { run.record.maxConcurrency = most }
        if let count = change.toleratedFailureCount { run.record.toleratedFailureCount = count }
        if let percentage = change.toleratedFailurePercentage { run.record.toleratedFailurePercentage = percentage }
        touch(run)
        return .success(())
    }

    // MARK: Memory

    /// The run, from memory or from its row; nil for one that is done or never was.
    private mutating func mapRun(_ number: Int64) throws(StoreError) -> LiveMapRun? {
        if let cached = mapRuns[number] { return cached.record.phase == .done ? nil : cached }
        guard let record = try writer.mapRun(number: number), record.phase != .done else { return nil }
        let run = LiveMapRun(record)
        mapRuns[number] = run
        return run
    }

    /// Its row has to be written, and it may have something to do.
    private mutating func touch(_ run: LiveMapRun) {
        touchedMapRuns.insert(run.record.number)
        busyMapRuns.insert(run.record.number)
    }

    /// What was under way when the process ended goes on.
    mutating func recoverMapRuns() throws(StoreError) {
        for number in try writer.openMapRuns() {
            guard let run = try mapRun(number) else { continue }
            switch run.record.phase {
            case .reading: if let request = run.reader { recoveredJobs.append(.read(mapRun: number, request)) }
            case .writing:
                if let destination = run.results.destination {
                    recoveredJobs.append(.write(run.record, run.results, destination))
                }
            case .running, .ending, .telling: busyMapRuns.insert(number)
            case .done: break
            }
        }
    }

    /// The transaction is on disk.
    mutating func settleMapRuns(_ effects: inout Effects) {
        for number in touchedMapRuns where mapRuns[number]?.record.phase == .done { mapRuns[number] = nil }
        touchedMapRuns.removeAll(keepingCapacity: true)
        effects.mapRunJobs += recoveredJobs
        recoveredJobs = []
    }

    /// The transaction is no more: what it did to map runs is read anew.
    mutating func forgetMapRuns() {
        for number in touchedMapRuns { mapRuns[number] = nil }
        endedMapRuns.removeAll()
        busyMapRuns.formUnion(touchedMapRuns)
        busyMapRuns.formUnion(unfinishedMapRuns)
        unfinishedMapRuns.removeAll()
        touchedMapRuns.removeAll(keepingCapacity: true)
    }

    private func unreadable(_ arn: String) -> StoreError {
        StoreError(.unreadableExecution, "The map run of execution \(arn) cannot be read: restore a backup.")
    }
}
