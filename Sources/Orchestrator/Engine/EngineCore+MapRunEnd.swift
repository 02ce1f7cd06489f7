import Interpreter
import JSONValue
import StatesLanguage

/// How map runs end, and what becomes of their results.
extension EngineCore {
    /// The parent is no longer interested.
    mutating func abortMapRun(arn: String) throws(StoreError) {
        guard let record = try writer.mapRun(arn: arn), record.phase != .done,
            let run = try mapRun(record.number)
        else { return }
        end(run, .aborted, nil)
        touch(run)
    }

    mutating func end(_ run: LiveMapRun, _ outcome: MapRunRecord.Status, _ failure: StateFailure?) {
        // An abort goes before a failure, but the first failure is the one that is told.
        guard run.record.phase != .done, run.record.outcome == nil || outcome == .aborted else { return }
        run.record.outcome = outcome
        run.record.failure = failure
        run.record.phase = .ending
        run.abortedUpTo = 0
        busyMapRuns.insert(run.record.number)
    }

    /// All children ended, and none will come.
    mutating func complete(_ run: LiveMapRun, _ effects: inout Effects) {
        run.record.outcome = .succeeded
        close(run, &effects)
    }

    /// No child runs any more.
    mutating func close(_ run: LiveMapRun, _ effects: inout Effects) {
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
        if status == .succeeded { try apply(.deleteMapItems(mapRun: run.record.number)) }
    }
}
