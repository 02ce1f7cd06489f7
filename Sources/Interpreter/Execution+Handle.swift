package import JSONValue
package import StatesLanguage

extension Execution {
    /// Starts an execution and runs it as far as it goes by itself.
    ///
    /// Everything that may differ from one evaluation to the next comes in: the time, and random numbers, which make
    /// task secrets, so they have to be cryptographically secure. Where the first states take long, a slice ends before
    /// them: the execution has started all the same.
    package static func start<Random: RandomNumberGenerator>(
        _ identity: ExecutionIdentity, definition: StateMachineDefinition, input: JSON,
        limits: InterpreterLimits = .init(), at now: Timestamp, using random: inout Random,
        effort: Effort = .full(nil)
    ) -> (Execution, Step) {
        var execution = Execution(identity: identity, definition: definition, limits: limits)
        let step = execution.turn(at: now, using: &random, effort) { execution, turn in
            let timeout = definition.timeoutSeconds.map { seconds in
                execution.newTimer(seconds: Double(seconds), at: turn.now)
            }
            execution.emit(
                .executionStarted(input: input, roleARN: identity.roleARN, timeout: timeout), in: 0, &turn)
            execution.command(arming: timeout, .executionTimeout, &turn)
        }
        return (execution, step)
    }

    /// Decides what a stimulus leads to. One that concerns nothing any more (a task that is closed or unknown, a stale
    /// timer, an execution that ended) leads to nothing: its step is empty.
    ///
    /// With the effort of a slice it is quick, whatever the definition and its data: what would not be is left undone,
    /// as ``Step/postponed`` says, as if it had never been begun. No random number is used for it.
    package mutating func handle<Random: RandomNumberGenerator>(
        _ stimulus: Stimulus, at now: Timestamp, using random: inout Random, effort: Effort = .full(nil)
    ) -> Step {
        guard status == .running else { return Step() }
        return turn(at: now, using: &random, effort) { execution, turn in
            switch stimulus {
            case .taskStarted(let task, let worker, let time):
                execution.taskTaken(task, by: worker, at: time, &turn)
            case .taskReturned(let task, let output, let worker):
                execution.taskReturned(task, output: output, by: worker, &turn)
            case .taskSucceeded(let task, let output, let worker):
                execution.taskSucceeded(task, output: output, by: worker, &turn)
            case .taskFailed(let task, let failure, let worker):
                execution.taskFailed(task, failure, by: worker, &turn)
            case .taskRefused(let task, let failure): execution.taskRefused(task, failure, &turn)
            case .mapRunSucceeded(let arn, let output): execution.mapRunSucceeded(arn, output: output, &turn)
            case .mapRunFailed(let arn, let failure): execution.mapRunFailed(arn, failure, &turn)
            case .timerFired(let timer): execution.timerFired(timer, &turn)
            case .stop(let failure): execution.end(with: .executionAborted(failure), after: 0, &turn)
            case .resume: break
            }
        }
    }

    /// Lets the body decide, and then goes on as far as the execution goes by itself.
    mutating func turn<Random: RandomNumberGenerator>(
        at now: Timestamp, using random: inout Random, _ effort: Effort,
        _ body: (inout Execution, inout Turn) -> Void
    ) -> Step {
        withUnsafeMutablePointer(to: &random) { random in
            var turn = Turn(now: now, random: TurnRandom(random))
            return decide(&turn, effort, body)
        }
    }

    private mutating func decide(
        _ turn: inout Turn, _ effort: Effort, _ body: (inout Execution, inout Turn) -> Void
    ) -> Step {
        work.begin(effort, limits)
        defer { work.end() }
        guard attempt(&turn, body) else { return turn.step(wantsResume: wantsResume, postponed: .stimulus) }
        // A redrive puts an earlier state in the place of this one.
        if !work.hasBegun { work.begin(effort, limits) }
        let isComplete = advance(&turn)
        return turn.step(wantsResume: wantsResume, postponed: isComplete ? nil : .rest)
    }

    /// False where the next transition takes more than a slice allows.
    private mutating func advance(_ turn: inout Turn) -> Bool {
        var transitions = 0
        while status == .running, let slot = ready.last, transitions < limits.transitionsPerStep {
            transitions += 1
            work.beginTransition()
            // Many small transitions are no reason to let others wait either.
            guard work.done < limits.slice.steps else { break }
            guard attempt(&turn, { $0.advance(slot, &$1) }) else { return false }
        }
        return true
    }

    /// Decides something, or takes everything back that was decided of it, if it is too much for a slice.
    private mutating func attempt(_ turn: inout Turn, _ body: (inout Execution, inout Turn) -> Void) -> Bool {
        // Keeping the state costs a copy of what changes, so it is done only where it may be needed.
        guard work.isSlice, definition.hasCostlyFields else {
            body(&self, &turn)
            return true
        }
        let before = self
        let (events, commands, fired) = (turn.events.count, turn.commands.count, turn.fired)
        let position = turn.random.position
        body(&self, &turn)
        guard isExhausted else { return true }
        self = before
        turn.random.position = position
        turn.events.removeLast(turn.events.count - events)
        turn.commands.removeLast(turn.commands.count - commands)
        turn.fired = fired
        return false
    }

    private mutating func advance(_ slot: Int, _ turn: inout Turn) {
        // The two that most transitions have come first: a `switch` would copy the phase with all that is in it.
        if let name = scopes[slot].chosen { return enter(name, slot, &turn) }
        if let result = scopes[slot].result { return finishTask(slot, result, &turn) }
        switch scopes[slot].phase {
        case .entering, .returned: break
        case .entered: attempt(slot, &turn)
        case .waited: finishWait(slot, &turn)
        case .region: continueRegion(slot, &turn)
        case .mapRunAgain(let arn): redriveMapRun(arn, slot, &turn)
        case .finished: finish(slot, &turn)
        case .gone, .waiting, .task, .mapRun, .retrying, .settling: break
        }
    }

    private mutating func timerFired(_ timer: Int, _ turn: inout Turn) {
        guard let armed = timers[timer] else { return }
        turn.fired = timer
        switch armed.purpose {
        case .wait, .retry: emit(.timerFired(timer: timer), in: armed.scope, &turn)
        case .taskTimeout: if let task = armed.task { taskTimedOut(task, isHeartbeat: false, &turn) }
        case .heartbeat: if let task = armed.task { taskTimedOut(task, isHeartbeat: true, &turn) }
        case .executionTimeout: end(with: .executionTimedOut, after: 0, &turn)
        }
    }

    private mutating func finish(_ slot: Int, _ turn: inout Turn) {
        let scope = scopes[slot]
        guard scope.parent >= 0 else {
            end(with: .executionSucceeded(output: scope.input), after: scope.last, &turn)
            return
        }
        let name = scopes[scope.parent].state?.name ?? ""
        emit(.iterationSucceeded(name: name, index: scope.index), in: slot, &turn)
    }
}
