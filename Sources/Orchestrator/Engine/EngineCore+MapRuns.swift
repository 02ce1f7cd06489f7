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
            try apply(.insertMapRun(record))
            for first in stride(from: 0, to: items.count, by: 512) {
                let some = items[first..<min(first + 512, items.count)]
                try apply(
                    .appendMapItems(
                        MapItemsRow(
                            mapRun: record.number, first: first, count: some.count,
                            items: Array(JSON.array(Array(some)).serialized().utf8))))
            }
        case .object(let request):
            record.phase = .reading
            try apply(.insertMapRun(record))
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
            try apply(.deleteMapItems(mapRun: run.record.number))
            run.record.progress.total = 0
        }
        touch(run)
        switch portion.content {
        case .items(let count, let bytes):
            try apply(
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
    mutating func writeMapRuns() throws(StoreError) {
        for number in touchedMapRuns {
            guard let run = mapRuns[number] else { continue }
            try apply(.updateMapRun(run.record))
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
                if !isBeingTold(run) { endedMapRuns.append(run.record.number) }
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

    /// Whether the run's end waits for its parent, which takes long or has something else to do first. That the parent
    /// computes says nothing: after a crash it may be another run's end that it is told.
    private func isBeingTold(_ run: LiveMapRun) -> Bool {
        computing[run.record.execution]?.events.contains { event in
            if case .mapRunEnded(run.record.number) = event { true } else { false }
        } ?? false
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
    mutating func mapRun(_ number: Int64) throws(StoreError) -> LiveMapRun? {
        if let cached = mapRuns[number] { return cached.record.phase == .done ? nil : cached }
        guard let record = try writer.mapRun(number: number), record.phase != .done else { return nil }
        let run = LiveMapRun(record)
        mapRuns[number] = run
        return run
    }

    /// Its row has to be written, and it may have something to do.
    mutating func touch(_ run: LiveMapRun) {
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

    func unreadable(_ arn: String) -> StoreError {
        StoreError(.unreadableExecution, "The map run of execution \(arn) cannot be read: restore a backup.")
    }
}
