package import JSONValue
import StatesLanguage

/// Distributed Map: the state waits for a map run, whose children are executions of their own.
extension Execution {
    mutating func startMapRun(
        _ map: MapState, _ distributed: DistributedMap, _ state: State, _ slot: Int,
        _ turn: inout Turn
    ) throws(Failure) {
        let input = try select(state.inputPath, of: scopes[slot].input, slot)
        var request: MapRunPlan.ObjectRequest?
        var items: [JSON] = []
        if let reader = distributed.reader {
            let parameters = try reader.parameters.map { template throws(Failure) in
                try evaluate(template, on: input, slot, &turn)
            }
            request = MapRunPlan.ObjectRequest(
                action: reader.action, parameters: parameters ?? .object(JSONObject()), format: reader.format,
                maxItems: 0)
        } else {
            items = try self.items(of: map, state, input, slot, &turn)
        }
        let counts = 0...99_999_999
        let concurrency =
            try wholeNumber(map.maxConcurrency, "MaxConcurrencyPath", input, in: counts, slot, &turn) ?? 0
        guard concurrency >= 0 else { throw runtime(slot, "MaxConcurrency must not be negative.") }
        emit(.distributedMapStarted(length: items.count), in: slot, &turn)
        guard status == .running else { return }
        let tolerance = try tolerance(of: map, input, slot, &turn)
        request?.maxItems =
            try wholeNumber(
                distributed.reader?.maxItems, "MaxItemsPath", input, in: 0...100_000_000, slot, &turn) ?? 0
        let label = map.label ?? turn.uuid()
        let plan = MapRunPlan(
            arn: mapRunARN(label: label, id: turn.uuid()), label: label, pointer: state.pointer,
            executionType: distributed.executionType, source: request.map { .object($0) } ?? .items(items),
            maxConcurrency: concurrency, toleratedFailureCount: tolerance.count,
            toleratedFailurePercentage: tolerance.percentage, selectsItems: map.itemSelector != nil,
            batching: try batching(distributed.batcher, input, slot, &turn),
            results: try results(distributed.writer, input, slot, &turn))
        emit(.mapRunStarted(arn: plan.arn), in: slot, &turn)
        guard status == .running else { return }
        turn.commands.append(.startMapRun(plan))
    }

    private func mapRunARN(label: String, id: String) -> String {
        var parts = identity.arn.split(separator: ":", omittingEmptySubsequences: false).prefix(5).map(String.init)
        parts += ["mapRun", "\(identity.stateMachineName)/\(label)", id]
        return parts.joined(separator: ":")
    }

    mutating func batching(
        _ batcher: ItemBatcher?, _ input: JSON, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> MapRunPlan.Batching? {
        guard let batcher else { return nil }
        let items = try wholeNumber(
            batcher.maxItems, "MaxItemsPerBatchPath", input, in: 1...99_999_999, slot, &turn)
        if let items, items <= 0 { throw runtime(slot, "MaxItemsPerBatch must be positive.") }
        let bytes = try wholeNumber(
            batcher.maxBytes, "MaxInputBytesPerBatchPath", input, in: 1...262_144, slot, &turn)
        if let bytes, bytes <= 0 { throw runtime(slot, "MaxInputBytesPerBatch must be positive.") }
        let batchInput = try batcher.batchInput.map { template throws(Failure) in
            try evaluate(template, on: input, slot, &turn)
        }
        return MapRunPlan.Batching(maxItems: items, maxBytes: bytes, input: batchInput)
    }

    private mutating func results(
        _ writer: ResultWriter?, _ input: JSON, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> MapRunPlan.Results {
        guard let writer else {
            return MapRunPlan.Results(destination: nil, transformation: .compact, outputType: .json)
        }
        var destination: MapRunPlan.Results.Destination?
        if writer.exports {
            let parameters = try writer.parameters.map { template throws(Failure) in
                try evaluate(template, on: input, slot, &turn)
            }
            destination = MapRunPlan.Results.Destination(
                bucket: parameters?["Bucket"]?.stringValue ?? "", prefix: parameters?["Prefix"]?.stringValue ?? "")
        }
        return MapRunPlan.Results(
            destination: destination, transformation: writer.transformation ?? .none, outputType: writer.outputType)
    }

    // MARK: What comes of it

    mutating func mapRunSucceeded(_ arn: String, output: JSON, _ turn: inout Turn) {
        guard let slot = slot(ofMapRun: arn), let state = scopes[slot].state, case .map(let map) = state.kind else {
            return
        }
        emit(.mapRunSucceeded, in: slot, &turn)
        emit(.mapSucceeded, in: slot, &turn)
        do throws(Failure) {
            try exit(slot, result: output, selector: map.resultSelector, resultPath: map.resultPath, &turn)
        } catch {
            fail(slot, error, &turn)
        }
    }

    mutating func mapRunFailed(
        _ arn: String, _ failure: StateFailure, _ turn: inout Turn
    ) {
        guard let slot = slot(ofMapRun: arn) else { return }
        emit(.mapRunFailed(failure), in: slot, &turn)
        fail(slot, Failure(failure), saying: .mapFailed, &turn)
    }

    mutating func redriveMapRun(_ arn: String, _ slot: Int, _ turn: inout Turn) {
        emit(.mapRunRedriven(arn: arn, count: redriveCount), in: slot, &turn)
        turn.commands.append(.redriveMapRun(arn: arn))
    }

    func slot(ofMapRun arn: String) -> Int? { scopes.firstIndex { $0.phase == .mapRun(arn) } }

    /// What a child execution gets for an item: the item, or what the ItemSelector makes of it. It is evaluated when the
    /// child starts, so it changes nothing here; the child's own journal keeps it.
    ///
    /// - Throws: ``MapItemFailure`` for an expression that fails and for what is too large.
    package func childInput<Random: RandomNumberGenerator>(
        ofMapRun arn: String, item: JSON, index: Int, at now: Timestamp, using random: inout Random
    ) throws(MapItemFailure) -> JSON {
        guard let slot = slot(ofMapRun: arn), let state = scopes[slot].state, case .map(let map) = state.kind else {
            return item
        }
        do throws(Failure) {
            var made = item
            if let selector = map.itemSelector {
                var execution = self
                let input = try execution.select(state.inputPath, of: scopes[slot].input, slot)
                made = try withUnsafeMutablePointer(to: &random) { random throws(Failure) in
                    var turn = Turn(now: now, random: TurnRandom(random))
                    let values = StatesValues(item: (index, item))
                    return try execution.evaluate(selector, on: input, with: values, slot, &turn)
                }
            }
            try checkSize(made.byteCount(upTo: limits.payloadBytes), of: made, from: state.name)
            return made
        } catch {
            throw MapItemFailure(failure: error.failure)
        }
    }
}

/// Why a map run fails for a reason that lies in its own data: an item that cannot become the input of a child, or
/// results that cannot become an output.
package struct MapItemFailure: Error {
    package let failure: StateFailure

    package init(failure: StateFailure) { self.failure = failure }
}
