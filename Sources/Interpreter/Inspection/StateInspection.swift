package import JSONValue
package import StatesLanguage

/// One state, run by itself: TestState.
///
/// It is the interpreter's own run of the state, with nothing before and after it. Where the state would call somebody
/// or wait, it stops and says so in ``progress``; whoever runs it answers, and it goes on. What was seen on the way is
/// in ``record``. A value: nothing is called, no time passes.
package struct StateInspection: Sendable {
    package struct Setup: Sendable {
        package var state: State
        package var input: JSON
        /// What the states before this one would have assigned.
        package var variables: JSONObject
        /// The whole context object, where it is not to be made up.
        package var context: JSON?
        package var identity: ExecutionIdentity
        /// What the context object shows.
        package var roleARN: String?
        /// How often the retrier was used that a failure is for.
        package var retries: Int
        /// Iterations of a Map that failed.
        package var iterationFailures: Int
        /// What a Map's ItemReader would read; nil lets the Map look for its items as if it had no reader.
        package var readerItems: [JSON]?

        package init(
            state: State, input: JSON, variables: JSONObject = JSONObject(), context: JSON? = nil,
            identity: ExecutionIdentity, roleARN: String? = nil, retries: Int = 0, iterationFailures: Int = 0,
            readerItems: [JSON]? = nil
        ) {
            self.state = state
            self.input = input
            self.variables = variables
            self.context = context
            self.identity = identity
            self.roleARN = roleARN
            self.retries = retries
            self.iterationFailures = iterationFailures
            self.readerItems = readerItems
        }
    }

    package enum Progress: Sendable, Equatable {
        /// A Task, Parallel or Map state asks for the result of what it does. What a Task calls is in the record.
        case asking
        case waiting(until: Timestamp)
        case succeeded(output: JSON, next: String?)
        /// A catcher took the failure.
        case caught(StateFailure, output: JSON, next: String?)
        /// A retrier would try again.
        case retriable(StateFailure)
        case failed(StateFailure)
    }

    package enum Answer: Sendable {
        case result(JSON)
        case failure(StateFailure)
        /// No result came within the state's TimeoutSeconds.
        case timeout
    }

    private let setup: Setup
    private var execution: Execution
    package private(set) var record = InspectionRecord()
    package private(set) var progress = Progress.asking

    /// Enters the state, and runs it as far as it goes by itself.
    package init(
        _ setup: Setup, limits: InterpreterLimits = .init(), at now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) {
        self.setup = setup
        let state = setup.state
        let block = StatesBlock(startAt: state.name, states: [state.name: state])
        execution = Execution(
            identity: setup.identity,
            definition: StateMachineDefinition(
                comment: nil, queryLanguage: state.queryLanguage, timeoutSeconds: nil, states: block),
            limits: limits)
        execution.bench = TestBench(
            context: setup.context, roleARN: setup.roleARN, retries: setup.retries, readerItems: setup.readerItems)
        step(at: now, using: &random) { execution, turn in
            execution.emit(
                .executionStarted(input: setup.input, roleARN: setup.roleARN ?? "", timeout: nil), in: 0, &turn)
            execution.scopes[0].variables = setup.variables
            execution.enter(state.name, 0, &turn)
        }
    }

    /// What the state asked for has come. Does nothing unless it asked.
    package mutating func answer(
        _ answer: Answer, at now: Timestamp, using random: inout some RandomNumberGenerator
    ) {
        guard progress == .asking else { return }
        let failures = setup.iterationFailures
        step(at: now, using: &random) { execution, turn in
            execution.proceed(with: answer, iterationFailures: failures, &turn)
        }
    }

    /// A Wait state has waited. Does nothing for any other.
    package mutating func finishWait(at now: Timestamp, using random: inout some RandomNumberGenerator) {
        guard case .waiting = progress else { return }
        step(at: now, using: &random) { execution, turn in execution.finishWait(0, &turn) }
    }

    /// The test took too long: whatever the state was at, it failed.
    package mutating func timeOut() {
        progress = .failed(StateFailure(error: ErrorName.timeout, cause: nil))
    }

    /// The variables as the state leaves them.
    package var variables: JSONObject { execution.scopes.first?.variables ?? setup.variables }

    private mutating func step<Random: RandomNumberGenerator>(
        at now: Timestamp, using random: inout Random, _ body: (inout Execution, inout Turn) -> Void
    ) {
        withUnsafeMutablePointer(to: &random) { random in
            var turn = Turn(now: now, random: TurnRandom(random))
            turn.record = record
            body(&execution, &turn)
            record = turn.record ?? record
        }
        progress = reached
    }

    private var reached: Progress {
        if let failure = execution.outcome?.failure { return .failed(failure) }
        guard let scope = execution.scopes.first else { return .asking }
        switch scope.phase {
        case .retrying: return .retriable(record.failure ?? StateFailure(error: nil, cause: nil))
        case .waiting(let timer):
            guard let armed = execution.timers[timer] else { return .asking }
            return .waiting(until: armed.due)
        case .entering(let next): return left(scope.input, next: next)
        case .finished: return left(scope.input, next: nil)
        default: return .asking
        }
    }

    private func left(_ output: JSON, next: String?) -> Progress {
        guard let failure = record.failure else { return .succeeded(output: output, next: next) }
        return .caught(failure, output: output, next: next)
    }
}

extension Execution {
    /// The state under test goes on with what it asked for.
    fileprivate mutating func proceed(
        with answer: StateInspection.Answer, iterationFailures: Int,
        _ turn: inout Turn
    ) {
        guard let state = scopes.first?.state else { return }
        do throws(Failure) {
            switch answer {
            case .timeout: throw Failure.timeout
            case .failure(let failure): throw Failure(failure)
            case .result(let result):
                if let plan = turn.record?.plan, iterationFailures > 0 {
                    try tolerate(iterationFailures, of: plan)
                }
                try conclude(state, with: result, &turn)
            }
        } catch {
            fail(0, error, &turn)
        }
    }

    private mutating func conclude(
        _ state: State, with result: JSON, _ turn: inout Turn
    ) throws(Failure) {
        try checkSize(of: result, from: state.name)
        turn.note(.result, result)
        switch state.kind {
        case .task(let task):
            try exit(0, result: result, selector: task.resultSelector, resultPath: task.resultPath, &turn)
        case .parallel(let parallel):
            try exit(0, result: result, selector: parallel.resultSelector, resultPath: parallel.resultPath, &turn)
        case .map(let map):
            try exit(0, result: result, selector: map.resultSelector, resultPath: map.resultPath, &turn)
        default: break
        }
    }

    private func tolerate(_ failures: Int, of plan: JournalEvent.MapPlan) throws(Failure) {
        var region = Region(plan: plan, total: plan.items.count, results: [], begin: 0, link: 0)
        region.failed = failures - 1
        if region.exceedsTolerance == true { throw Failure.exceededTolerance }
    }

    /// What the iterations of a Map under test would begin with.
    mutating func inspect(
        _ plan: JournalEvent.MapPlan, _ map: MapState, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        turn.record?.plan = plan
        var inputs = plan.items
        if let selector = map.itemSelector {
            inputs = []
            for (index, item) in plan.items.enumerated() {
                let values = StatesValues(item: (index, item))
                inputs.append(try evaluate(selector, on: plan.input ?? .null, with: values, slot, &turn))
            }
            turn.note(.afterItemSelector, .array(inputs))
        }
        guard let batcher = map.distributed?.batcher, let state = scopes[slot].state else { return }
        let input = try select(state.inputPath, of: scopes[slot].input, slot)
        guard let batching = try batching(batcher, input, slot, &turn) else { return }
        turn.note(.afterItemBatcher, .array(batches(of: inputs, batching)))
    }

    /// As a map run puts items together: as many as are allowed and fit, and always at least one.
    private func batches(of items: [JSON], _ batching: MapRunPlan.Batching) -> [JSON] {
        let most = max(1, batching.maxItems ?? .max)
        let limit = min(batching.maxBytes ?? .max, limits.payloadBytes)
        var empty = JSONObject()
        empty["BatchInput"] = batching.input
        empty["Items"] = []
        let frame = JSON.object(empty).byteCount
        var batches: [JSON] = []
        var rest = items[...]
        while let first = rest.popFirst() {
            var taken = [first]
            var size = frame + first.byteCount
            while taken.count < most, let next = rest.first, size + 1 + next.byteCount <= limit {
                size += 1 + next.byteCount
                taken.append(next)
                rest.removeFirst()
            }
            empty["Items"] = .array(taken)
            batches.append(.object(empty))
        }
        return batches
    }
}
