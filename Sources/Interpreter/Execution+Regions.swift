import JSONPath
import JSONValue
import StatesLanguage

extension Execution {
    mutating func run(
        _ parallel: ParallelState, _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        var input = try select(state.inputPath, of: scopes[slot].input, slot)
        turn.note(.afterInputPath, input)
        if let parameters = parallel.parameters {
            input = try evaluate(parameters, on: input, slot, &turn)
        }
        turn.note(.afterParameters, input)
        try checkSize(of: input, from: state.name)
        if bench != nil { return }
        emit(.parallelStarted(input: input), in: slot, &turn)
    }

    mutating func run(
        _ map: MapState, _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        // On a bench items are iterations in any mode.
        if let distributed = map.distributed, bench == nil {
            try startMapRun(map, distributed, state, slot, &turn)
            return
        }
        let input = try select(state.inputPath, of: scopes[slot].input, slot)
        turn.note(.afterInputPath, input)
        let items = try items(of: map, state, input, slot, &turn)
        turn.note(.afterItemsPath, .array(items))
        let counts = 0...99_999_999
        let concurrency =
            try wholeNumber(map.maxConcurrency, "MaxConcurrencyPath", input, in: counts, slot, &turn) ?? 0
        guard concurrency >= 0 else { throw runtime(slot, "MaxConcurrency must not be negative.") }
        let most = limits.mapConcurrency
        var plan = JournalEvent.MapPlan(
            items: items, maxConcurrency: bench != nil ? concurrency : concurrency == 0 ? most : min(concurrency, most),
            toleratedFailureCount: nil, toleratedFailurePercentage: nil,
            input: map.itemSelector == nil ? nil : input)
        // AWS looks at what is tolerated only when the Map has begun.
        let problem: Failure
        do throws(Failure) {
            (plan.toleratedFailureCount, plan.toleratedFailurePercentage) = try tolerance(of: map, input, slot, &turn)
            if bench != nil {
                try inspect(plan, map, slot, &turn)
                return
            }
            emit(.mapStarted(plan), in: slot, &turn)
            return
        } catch {
            problem = error
        }
        if bench != nil { throw problem }
        emit(.mapStarted(plan), in: slot, &turn)
        throw problem
    }

    mutating func tolerance(
        of map: MapState, _ input: JSON, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> (count: Int?, percentage: Double?) {
        let count = try wholeNumber(
            map.toleratedFailureCount, "ToleratedFailureCountPath", input, in: 0...99_999_999, slot, &turn)
        if let count, count < 0 { throw runtime(slot, "ToleratedFailureCount must not be negative.") }
        let percentage = try number(
            map.toleratedFailurePercentage, "ToleratedFailurePercentagePath", input, in: 0...100, slot, &turn)
        if let percentage, !(0...100).contains(percentage) {
            throw runtime(slot, "ToleratedFailurePercentage must be between 0 and 100.")
        }
        return (count, percentage)
    }

    mutating func items(
        of map: MapState, _ state: State, _ input: JSON, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> [JSON] {
        if let items = bench?.readerItems { return items }
        if let template = map.items {
            let items = try evaluate(template, slot, &turn)
            if case .array(let items) = items { return items }
            guard case .expression(let expression) = template else { return [] }
            throw wrongType(items, expected: "array", of: expression, slot)
        }
        let items = try map.itemsPath.map { path throws(Failure) in try value(at: path, on: input, slot) } ?? input
        if case .array(let items) = items { return items }
        if state.queryLanguage == .jsonata {
            throw evaluationFailure(
                slot, at: nil, "Map state input must be an array but was: \(items.serialized())")
        }
        throw runtime(slot, "Reference path \"\(map.itemsPath?.pathInItsRoot ?? "$")\" must point to array.")
    }

    /// A Parallel or Map state can go on: another iteration can start, or all have ended.
    mutating func continueRegion(_ slot: Int, _ turn: inout Turn) {
        guard let state = scopes[slot].state else { return }
        do throws(Failure) {
            if regions[slot]?.isComplete == true {
                try completeRegion(state, slot, &turn)
            } else if case .map(let map) = state.kind {
                try startIteration(map, state, slot, &turn)
            }
        } catch {
            fail(slot, error, &turn)
        }
    }

    private mutating func startIteration(
        _ map: MapState, _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        guard let index = regions[slot]?.started, let plan = regions[slot]?.plan, let link = regions[slot]?.link,
            index < plan.items.count
        else { return }
        var input = plan.items[index]
        if let selector = map.itemSelector {
            let values = StatesValues(item: (index, plan.items[index]))
            input = try evaluate(selector, on: plan.input ?? .null, with: values, slot, &turn)
        }
        try checkSize(of: input, from: state.name)
        // Those that start together follow the Map; each later one follows the iteration that made room for it.
        let isFirst = plan.maxConcurrency == 0 || index < plan.maxConcurrency
        emit(
            .iterationStarted(name: state.name, index: index, input: input), in: slot,
            after: isFirst ? regions[slot]?.begin : link, &turn)
    }

    private mutating func completeRegion(
        _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        let results = JSON.array(regions[slot]?.results.compactMap { $0 } ?? [])
        switch state.kind {
        case .parallel(let parallel):
            emit(.parallelSucceeded, in: slot, &turn)
            try exit(
                slot, result: results, selector: parallel.resultSelector, resultPath: parallel.resultPath, &turn)
        case .map(let map):
            emit(.mapSucceeded, in: slot, &turn)
            try exit(slot, result: results, selector: map.resultSelector, resultPath: map.resultPath, &turn)
        default: break
        }
    }

    /// The slots below one: children before grandchildren, later branches and iterations before earlier ones.
    func descendants(of slot: Int) -> [Int] {
        var children: [Int: [Int]] = [:]
        for (child, scope) in scopes.enumerated() where scope.phase != .gone && scope.parent >= 0 {
            children[scope.parent, default: []].append(child)
        }
        var found: [Int] = []
        var next = [slot]
        while !next.isEmpty {
            next = next.flatMap { (children[$0] ?? []).sorted { scopes[$0].index > scopes[$1].index } }
            found += next
        }
        return found
    }
}

extension Path {
    /// AWS names a path in the context object as if it were one in a document: `$$.Map` as `$.Map`.
    fileprivate var pathInItsRoot: String { root == .context ? String(text.dropFirst()) : text }
}
