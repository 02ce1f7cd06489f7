import JSONValue
import StatesLanguage

extension Execution {
    /// The state in this scope failed; whatever it was waiting for is closed. Looks for a retrier and a catcher, here
    /// and in the states around, and ends the execution if there is none.
    ///
    /// - Parameter ending: What the state says of itself when it fails for good.
    mutating func fail(
        _ slot: Int, _ failure: Failure, saying ending: JournalEvent.Kind? = nil,
        _ turn: inout Turn
    ) {
        guard !isExhausted else { return }
        var slot = slot
        var failure = failure
        turn.record?.failure = failure.failure
        // A Parallel or Map state that had begun says so when it fails for good.
        var begun = noteEvaluation(slot, failure, &turn) ?? ending
        if regions[slot] != nil, !failure.isTerminal {
            closeRegion(slot, failed: slot, previous: scopes[slot].last, &turn)
        }
        while status == .running, !isExhausted {
            if failure.isTerminal {
                end(with: .executionFailed(failure.failure), after: lastEventID, &turn)
                return
            }
            if retry(slot, failure, &turn) { return }
            if let begun { emit(begun, in: slot, &turn) }
            do throws(Failure) {
                if try catchFailure(slot, failure, &turn) { return }
            } catch {
                // What a catcher fails with is not for the catchers beside it.
                failure = error
                _ = noteEvaluation(slot, failure, &turn)
                if failure.isTerminal { continue }
            }
            let parent = scopes[slot].parent
            guard parent >= 0 else {
                end(with: .executionFailed(failure.failure), after: lastEventID, &turn)
                return
            }
            guard let next = leave(slot, failure, to: parent, &turn) else { return }
            begun = regions[parent]?.plan == nil ? .parallelFailed : .mapFailed
            closeRegion(parent, failed: slot, previous: scopes[slot].last, &turn)
            slot = parent
            failure = next
        }
    }

    /// History tells of an expression that failed before it tells what comes of it. Answers what a Parallel or Map
    /// state says then, also where it had not yet begun.
    private mutating func noteEvaluation(
        _ slot: Int, _ failure: Failure, _ turn: inout Turn
    ) -> JournalEvent.Kind? {
        guard let evaluation = failure.evaluation, let state = scopes[slot].state else { return nil }
        let scope = scopes[slot]
        // With AWS, what is evaluated on entering the state follows whatever that follows.
        let isOnEntry = scope.last == scope.enteredID && !evaluation.isLate
        emit(
            .evaluationFailed(failure.failure, state: state.name, field: evaluation.field), in: slot,
            after: isOnEntry ? scope.enteredAfter : scope.last, &turn)
        switch (scope.phase, state.kind) {
        case (.entered, .map), (.region, .map): return .mapFailed
        case (.entered, .parallel), (.region, .parallel): return .parallelFailed
        default: return nil
        }
    }

    /// A branch or iteration failed for good. Answers the failure of the state that it belongs to, or nil if that
    /// tolerates it.
    private mutating func leave(
        _ slot: Int, _ failure: Failure, to parent: Int, _ turn: inout Turn
    ) -> Failure? {
        if case .task? = scopes[slot].state?.kind { emit(.stateAborted(.task), in: slot, &turn) }
        guard let region = regions[parent], region.plan != nil else { return failure }
        let name = scopes[parent].state?.name ?? ""
        let index = scopes[slot].index
        switch region.exceedsTolerance {
        case nil:
            emit(.iterationFailed(name: name, index: index, tolerated: false), in: slot, &turn)
            return failure
        case true?:
            emit(.iterationFailed(name: name, index: index, tolerated: false), in: slot, &turn)
            return .exceededTolerance
        case false?:
            emit(.iterationFailed(name: name, index: index, tolerated: true), in: slot, &turn)
            return nil
        }
    }

    /// Ends everything below a Parallel or Map state.
    private mutating func closeRegion(
        _ slot: Int, failed: Int, previous: Int, _ turn: inout Turn
    ) {
        let slots = descendants(of: slot)
        // History has told already of the one that failed.
        for below in slots.reversed() where below != failed { abort(below, &turn) }
        for below in slots {
            if case .mapRun(let arn) = scopes[below].phase { turn.commands.append(.abortMapRun(arn: arn)) }
        }
        let gone = Set(slots)
        for (_, open) in tasks.entries where gone.contains(open.scope) {
            turn.commands.append(cancel(open))
        }
        for (timer, armed) in timers.entries
        where gone.contains(armed.scope) && armed.purpose != .executionTimeout {
            turn.commands.append(.cancelTimer(timer: timer))
        }
        emit(.regionClosed(previous: previous), in: slot, &turn)
    }

    /// History tells of states that were at work, and of iterations.
    private mutating func abort(_ slot: Int, _ turn: inout Turn) {
        let scope = scopes[slot]
        switch (scope.phase, scope.state?.kind) {
        case (.task, .task?), (.retrying, .task?), (.returned, .task?): emit(.stateAborted(.task), in: slot, &turn)
        case (.waiting, .wait?): emit(.stateAborted(.wait), in: slot, &turn)
        case (.region, .parallel?), (.retrying, .parallel?): emit(.stateAborted(.parallel), in: slot, &turn)
        case (.region, .map?), (.retrying, .map?): emit(.stateAborted(.map), in: slot, &turn)
        case (.mapRun, .map?):
            emit(.mapRunAborted, in: slot, &turn)
            emit(.stateAborted(.map), in: slot, &turn)
        default: break
        }
        guard scope.phase != .settling, scope.item != nil else { return }
        emit(.iterationAborted(name: scopes[scope.parent].state?.name ?? "", index: scope.index), in: slot, &turn)
    }

    private mutating func retry(
        _ slot: Int, _ failure: Failure, _ turn: inout Turn
    ) -> Bool {
        guard let retriers = scopes[slot].state?.retriers,
            let position = retriers.firstIndex(where: { failure.matches($0.errors) })
        else { return false }
        let retrier = retriers[position]
        let counts = scopes[slot].retries
        let count = bench?.retries ?? (position < counts.count ? counts[position] : 0)
        turn.record?.retrier = position
        guard count < retrier.maxAttempts else { return false }
        let delay = retrier.delay(afterRetries: count, using: &turn.random)
        turn.record?.retryDelaySeconds = delay
        let timer = newTimer(seconds: delay, at: turn.now)
        emit(.retryScheduled(retrier: position, timer), in: slot, &turn)
        command(arming: timer, .retry, &turn)
        return true
    }

    private mutating func catchFailure(
        _ slot: Int, _ failure: Failure, _ turn: inout Turn
    ) throws(Failure) -> Bool {
        guard let state = scopes[slot].state,
            let position = state.catchers.firstIndex(where: { failure.matches($0.errors) })
        else { return false }
        let catcher = state.catchers[position]
        turn.record?.catcher = position
        let output: JSON = .object(
            JSONObject([
                ("Error", failure.failure.error.map(JSON.string) ?? .null),
                ("Cause", failure.caughtCause.map(JSON.string) ?? .null),
            ]))
        let result = try apply(catcher.resultPath, result: output, to: scopes[slot].input, slot)
        try exit(
            state, slot, result, through: catcher.output, assigning: catcher.assign, on: output,
            with: StatesValues(errorOutput: output), to: catcher.next, &turn)
        return true
    }
}

extension Failure {
    /// AWS hands on an empty cause with a time-out, though its history shows none.
    fileprivate var caughtCause: String? {
        failure.cause ?? (failure.error == ErrorName.timeout ? "" : nil)
    }
}

extension Retrier {
    /// Seconds until the next attempt.
    func delay(afterRetries count: Int, using random: inout some RandomNumberGenerator) -> Double {
        let most = Double(maxDelaySeconds ?? 31_622_400)
        var delay = Double(intervalSeconds)
        for _ in 0..<count {
            delay *= backoffRate
            if delay >= most { break }
        }
        delay = min(delay, most)
        return fullJitter && delay > 0 ? Double.random(in: 0...delay, using: &random) : delay
    }
}
