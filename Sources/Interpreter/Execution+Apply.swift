import JSONValue
import StatesLanguage

extension Execution {
    /// Folds one event. Nothing is evaluated, so it cannot fail; an event that does not belong here does nothing.
    package mutating func apply(_ event: JournalEvent) {
        if let id = event.id { lastEventID = id }
        switch event.kind {
        case .executionStarted(let input, _, let timeout): begin(input: input, timeout: timeout)
        case .executionRedriven(let count, let state, let timeout): redrive(count, state, timeout, at: event.time)
        default:
            guard status == .running, scopes.indices.contains(event.scope) else { return }
            switch event.kind {
            case .stateEntered, .stateExited: applyTransition(event)
            case .taskScheduled, .heartbeatArmed, .taskStarted, .taskSubmitted, .taskSucceeded, .taskFailed,
                .taskTimedOut:
                applyTask(event)
            case .parallelStarted, .parallelSucceeded, .parallelFailed, .mapStarted, .mapSucceeded, .mapFailed,
                .iterationStarted, .iterationSucceeded, .iterationFailed, .iterationAborted, .regionClosed:
                applyRegion(event)
            default: applyOther(event)
            }
        }
    }

    private mutating func applyOther(_ event: JournalEvent) {
        switch event.kind {
        case .executionSucceeded(let output): end(ExecutionOutcome(status: .succeeded, output: output))
        case .executionFailed(let failure): end(ExecutionOutcome(status: .failed, failure: failure))
        case .executionTimedOut: end(ExecutionOutcome(status: .timedOut))
        case .executionAborted(let failure): end(ExecutionOutcome(status: .aborted, failure: failure))
        case .distributedMapStarted: scopes[event.scope].last = event.id ?? 0
        case .mapRunStarted(let arn), .mapRunRedriven(let arn, _):
            scopes[event.scope].last = event.id ?? 0
            setPhase(.mapRun(arn), of: event.scope)
        case .mapRunSucceeded, .mapRunFailed, .mapRunAborted:
            scopes[event.scope].last = event.id ?? 0
            setPhase(.settling, of: event.scope)
        case .evaluationFailed: scopes[event.scope].last = event.id ?? 0
        case .waitStarted(let timer):
            arm(timer, .wait, scope: event.scope)
            setPhase(.waiting(timer: timer.timer), of: event.scope)
        case .retryScheduled(let retrier, let timer):
            countRetry(retrier, in: event.scope)
            arm(timer, .retry, scope: event.scope)
            setPhase(.retrying(timer: timer.timer), of: event.scope)
        case .timerFired(let timer):
            _ = timers.remove(timer)
            switch scopes[event.scope].phase {
            case .waiting(timer): setPhase(.waited, of: event.scope)
            case .retrying(timer): setPhase(.entered, of: event.scope)
            default: break
            }
        default: break
        }
    }

    private mutating func begin(input: JSON, timeout: JournalEvent.Timer?) {
        self.input = input
        if let timeout { arm(timeout, .executionTimeout, scope: 0) }
        let states = definition.states
        _ = open(
            Scope(parent: -1, index: 0, block: states, phase: .entering(states.startAt), input: input, last: 0))
    }

    private mutating func redrive(
        _ count: Int, _ state: JSON, _ timeout: JournalEvent.Timer?, at time: Timestamp
    ) {
        var restored = Execution(identity: identity, definition: definition, limits: limits)
        guard status != .running, (try? restored.read(state)) != nil else { return }
        restored.redriveCount = count
        restored.redrivenAt = time
        restored.lastEventID = lastEventID
        self = restored
        if let timeout { arm(timeout, .executionTimeout, scope: 0) }
    }

    private mutating func end(_ outcome: ExecutionOutcome) {
        self.outcome = outcome
        status = outcome.status
        // The scopes stay as they were: whoever decided this may still look at its own.
        freeSlots = []
        ready = []
        regions = [:]
        tasks = NumberTable()
        timers = NumberTable()
        variableBytes = 0
    }

    private mutating func applyTransition(_ event: JournalEvent) {
        let slot = event.scope
        switch event.kind {
        case .stateEntered(_, let name, let input):
            change(slot, to: .entered) {
                $0.enter(name, input: input, id: event.id ?? 0, after: event.previousID, at: event.time)
            }
        case .stateExited(_, _, let output, let assigned, let next):
            if !assigned.isEmpty { assign(assigned, in: slot) }
            guard let next else {
                scopes[slot].leave(with: output, id: event.id ?? 0)
                return finish(slot)
            }
            change(slot, to: .entering(next)) { $0.leave(with: output, id: event.id ?? 0) }
        default: break
        }
    }

    private mutating func assign(_ variables: JSONObject, in slot: Int) {
        for (name, value) in variables {
            variableBytes += JSONObject.bytes(of: value) - JSONObject.bytes(of: scopes[slot].variables[name])
            scopes[slot].variables[name] = value
        }
    }

    /// A branch's output is taken at once; a Map iteration and the execution end with an event of their own.
    private mutating func finish(_ slot: Int) {
        let scope = scopes[slot]
        guard scope.parent >= 0, regions[scope.parent]?.plan == nil else {
            setPhase(.finished, of: slot)
            return
        }
        scopes[scope.parent].last = scope.last
        regions[scope.parent]?.results[scope.index] = scope.input
        regions[scope.parent]?.running -= 1
        close(slot)
        updateReadiness(of: scope.parent)
    }

    // MARK: Tasks

    private mutating func applyTask(_ event: JournalEvent) {
        let slot = event.scope
        switch event.kind {
        case .taskScheduled(let schedule):
            open(schedule, in: slot, event)
        case .heartbeatArmed(let task, let timer):
            tasks.update(task) { $0.isTaken = true }
            arm(timer, .heartbeat, scope: slot, task: task)
        case .taskStarted(let task, let integration, _, _):
            scopes[slot].last = event.id ?? 0
            if integration.isActivity { tasks.update(task) { $0.isTaken = true } }
        case .taskSubmitted(let task, _, _, _):
            scopes[slot].last = event.id ?? 0
            tasks.update(task) { $0.isSubmitted = true }
        case .taskSucceeded(let task, _, _, let output):
            close(task: task)
            change(slot, to: .returned(output)) { $0.last = event.id ?? 0 }
        case .taskFailed(let task, _, _, _), .taskTimedOut(let task, _, _, _):
            close(task: task)
            change(slot, to: .settling) { $0.last = event.id ?? 0 }
        default: break
        }
    }

    private mutating func open(_ schedule: JournalEvent.TaskSchedule, in slot: Int, _ event: JournalEvent) {
        nextTask = max(nextTask, schedule.task + 1)
        nextTimer = max(nextTimer, (schedule.heartbeatTimer ?? 0) + 1)
        let name = scopes[slot].state?.name ?? ""
        tasks.set(schedule.task, to: OpenTask(schedule: schedule, scope: slot, state: name, scheduledAt: event.time))
        if let timeout = schedule.timeout { arm(timeout, .taskTimeout, scope: slot, task: schedule.task) }
        change(slot, to: .task(schedule.task)) { $0.last = event.id ?? 0 }
    }

    private mutating func close(task: Int) {
        guard let open = tasks.remove(task) else { return }
        if let timeout = open.schedule.timeout { _ = timers.remove(timeout.timer) }
        if let heartbeat = open.schedule.heartbeatTimer { _ = timers.remove(heartbeat) }
    }

    // MARK: Parallel and Map

    private mutating func applyRegion(_ event: JournalEvent) {
        let slot = event.scope
        switch event.kind {
        case .parallelStarted(let input):
            scopes[slot].last = event.id ?? 0
            guard case .parallel(let parallel)? = scopes[slot].state?.kind else { return }
            beginRegion(slot, plan: nil, total: parallel.branches.count)
            regions[slot]?.started = parallel.branches.count
            regions[slot]?.running = parallel.branches.count
            // The last one opened is the next to run.
            for (index, branch) in parallel.branches.enumerated().reversed() {
                _ = open(
                    Scope(
                        parent: slot, index: index, block: branch, phase: .entering(branch.startAt), input: input,
                        last: event.id ?? 0))
            }
        case .mapStarted(let plan):
            scopes[slot].last = event.id ?? 0
            beginRegion(slot, plan: plan, total: plan.items.count)
        case .parallelSucceeded, .mapSucceeded:
            setPhase(.settling, of: slot)
            regions[slot] = nil
        case .parallelFailed, .mapFailed:
            scopes[slot].last = event.id ?? 0
        case .iterationStarted(_, let index, let input):
            guard case .map(let map)? = scopes[slot].state?.kind else { return }
            regions[slot]?.started += 1
            regions[slot]?.running += 1
            updateReadiness(of: slot)
            let block = map.processor
            _ = open(
                Scope(
                    parent: slot, index: index, block: block, phase: .entering(block.startAt), input: input,
                    item: regions[slot]?.plan?.items[index], last: event.id ?? 0))
        case .iterationSucceeded(_, let index):
            endIteration(slot, index: index, result: scopes[slot].input, id: event.id ?? 0)
        case .iterationFailed(_, let index, true):
            regions[scopes[slot].parent]?.failed += 1
            endIteration(slot, index: index, result: nil, id: event.id ?? 0)
        case .iterationFailed, .iterationAborted:
            setPhase(.settling, of: slot)
        case .regionClosed(let previous):
            closeDescendants(of: slot)
            setPhase(.settling, of: slot)
            regions[slot] = nil
            scopes[slot].last = previous
        default: break
        }
    }

    private mutating func beginRegion(_ slot: Int, plan: JournalEvent.MapPlan?, total: Int) {
        regions[slot] = Region(
            plan: plan, total: total, results: Array(repeating: nil, count: total), begin: scopes[slot].last,
            link: scopes[slot].last)
        setPhase(.region, of: slot)
        updateReadiness(of: slot)
    }

    private mutating func endIteration(_ slot: Int, index: Int, result: JSON?, id: Int) {
        let parent = scopes[slot].parent
        regions[parent]?.results[index] = result
        regions[parent]?.running -= 1
        regions[parent]?.link = scopes[slot].last
        scopes[parent].last = id
        close(slot)
        updateReadiness(of: parent)
    }

    private mutating func closeDescendants(of slot: Int) {
        let slots = descendants(of: slot)
        guard !slots.isEmpty else { return }
        let gone = Set(slots)
        timers.removeAll { gone.contains($0.scope) && $0.purpose != .executionTimeout }
        tasks.removeAll { gone.contains($0.scope) }
        ready.removeAll { gone.contains($0) }
        for slot in slots {
            regions[slot] = nil
            scopes[slot].become(.settling)
            close(slot)
        }
    }

    // MARK: Slots and readiness

    mutating func open(_ scope: Scope) -> Int {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            scopes[slot] = scope
        } else {
            slot = scopes.count
            scopes.append(scope)
        }
        if isReady(slot) { ready.append(slot) }
        return slot
    }

    private mutating func close(_ slot: Int) {
        setPhase(.gone, of: slot)
        variableBytes -= scopes[slot].variables.bytes
        scopes[slot].variables = JSONObject()
        scopes[slot].state = nil
        scopes[slot].input = .null
        scopes[slot].item = nil
        freeSlots.append(slot)
    }

    private mutating func setPhase(_ phase: consuming Scope.Phase, of slot: Int) { change(slot, to: phase) { _ in } }

    /// Changes the scope, and keeps `ready` in step with it.
    @inline(__always)
    private mutating func change(_ slot: Int, to phase: consuming Scope.Phase, _ body: (inout Scope) -> Void) {
        let before = scopes[slot].readiness
        scopes[slot].become(phase, body)
        let after = scopes[slot].readiness
        if before != after { noteReadiness(after, before: before, of: slot) }
    }

    private mutating func noteReadiness(_ after: Scope.Readiness, before: Scope.Readiness, of slot: Int) {
        let (isReady, wasReady) = (isReady(after, slot), isReady(before, slot))
        if isReady != wasReady { note(readiness: isReady, before: wasReady, of: slot) }
    }

    /// After a change of the region, on which its scope's readiness depends.
    private mutating func updateReadiness(of slot: Int) {
        note(readiness: isReady(slot), before: ready.last == slot || ready.contains(slot), of: slot)
    }

    private mutating func note(readiness: Bool, before: Bool, of slot: Int) {
        if readiness, !before {
            ready.append(slot)
        } else if !readiness, before {
            if ready.last == slot {
                ready.removeLast()
            } else if let position = ready.lastIndex(of: slot) {
                ready.remove(at: position)
            }
        }
    }

    func isReady(_ slot: Int) -> Bool { isReady(scopes[slot].readiness, slot) }

    @inline(__always)
    private func isReady(_ readiness: Scope.Readiness, _ slot: Int) -> Bool {
        switch readiness {
        case .ready: true
        case .waiting: false
        case .dependsOnRegion: regions[slot].map { $0.canStart || $0.isComplete } ?? false
        }
    }

    private mutating func countRetry(_ retrier: Int, in slot: Int) {
        while scopes[slot].retries.count <= retrier { scopes[slot].retries.append(0) }
        scopes[slot].retries[retrier] += 1
        scopes[slot].retryCount += 1
    }

    private mutating func arm(
        _ timer: JournalEvent.Timer, _ purpose: TimerPurpose, scope: Int, task: Int? = nil
    ) {
        timers.set(timer.timer, to: ArmedTimer(due: timer.due, purpose: purpose, scope: scope, task: task))
        nextTimer = max(nextTimer, timer.timer + 1)
    }
}
