package import JSONValue
package import StatesLanguage

/// Redrive: an execution that ended without success goes on where it stopped.
///
/// Follows https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html: what succeeded is kept; every
/// state that was entered and not left is attempted again, with its retries counted from 0; of a Parallel or Map state
/// only the branches and iterations that had not succeeded, unless the state failed for the size of its data.
extension Execution {
    /// Takes an ended execution up again. Nil where its journal tells of no end, or of success.
    ///
    /// - Parameters:
    ///   - identity: as of now, with the new count of redrives.
    ///   - events: the whole journal.
    package static func redrive<Random: RandomNumberGenerator>(
        _ identity: ExecutionIdentity, definition: StateMachineDefinition, limits: InterpreterLimits = .init(),
        from events: [JournalEvent], at now: Timestamp, using random: inout Random,
        effort: Effort = .full(nil)
    ) -> (Execution, Step)? {
        let ended = Execution(rebuilding: identity, definition: definition, limits: limits, from: events)
        guard ended.status != .running, ended.status != .succeeded, ended.outcome != nil else { return nil }
        let restored = ended.stateBeforeEnd(events)
        guard let state = try? JSON(parsing: restored.checkpoint(), maximumDepth: JSON.maximumDepth + 16) else {
            return nil
        }
        var execution = ended
        let step = execution.turn(at: now, using: &random, effort) { execution, turn in
            let timeout = definition.timeoutSeconds.map { seconds in
                execution.newTimer(seconds: Double(seconds), at: turn.now)
            }
            let event = JournalEvent(
                id: execution.lastEventID + 1, previousID: execution.lastEventID, time: turn.now, scope: 0,
                kind: .executionRedriven(count: execution.redriveCount + 1, state: state, timeout: timeout))
            turn.events.append(event)
            execution.apply(event)
            execution.command(arming: timeout, .executionTimeout, &turn)
        }
        return execution.redriveCount > ended.redriveCount ? (execution, step) : nil
    }

    /// The state that the redriven execution starts with: as it was before what ended it, and with everything that was
    /// under way to be attempted again.
    private func stateBeforeEnd(_ events: [JournalEvent]) -> Execution {
        var state = Execution(identity: identity, definition: definition, limits: limits)
        var failed = FailedIterations()
        for event in events.prefix(Self.lengthBeforeEnd(events)) {
            failed.note(event, in: state)
            state.apply(event)
        }
        state.restoreIterations(failed)
        state.lastEventID = lastEventID
        state.nextTask = nextTask
        state.nextTimer = nextTimer
        state.tasks = NumberTable()
        state.timers = NumberTable()
        let rerunsRegions = outcome?.failure?.error == ErrorName.dataLimitExceeded
        for slot in state.scopes.indices { state.prepareAgain(slot, rerunsRegion: rerunsRegions) }
        state.ready = state.scopes.indices.reversed().filter { state.isReady($0) }
        return state
    }

    /// The failure that ended the execution, on its way up through the states around it, is the tail of the journal.
    /// What a retrier or a catcher took up is not: other events follow it.
    private static func lengthBeforeEnd(_ events: [JournalEvent]) -> Int {
        guard var length = events.lastIndex(where: \.kind.isEnd) else { return events.count }
        guard case .executionFailed = events[length].kind else { return length }
        while length > 0 {
            switch events[length - 1].kind {
            case .taskFailed, .taskTimedOut, .evaluationFailed, .stateAborted, .iterationFailed(_, _, false),
                .iterationAborted, .parallelFailed, .mapFailed, .mapRunFailed, .mapRunAborted, .regionClosed:
                length -= 1
            default: return length
            }
        }
        return length
    }

    private mutating func prepareAgain(_ slot: Int, rerunsRegion: Bool) {
        switch scopes[slot].phase {
        case .task, .returned, .retrying, .entered, .waiting, .waited, .settling:
            scopes[slot].become(.entered)
        case .mapRun(let arn), .mapRunAgain(let arn):
            scopes[slot].become(rerunsRegion ? .entered : .mapRunAgain(arn))
        case .region:
            // With all its branches done, the state itself failed.
            guard rerunsRegion, regions[slot]?.isComplete == true else { break }
            regions[slot] = nil
            scopes[slot].become(.entered)
        case .gone, .entering, .finished: return
        }
        scopes[slot].retries = []
        scopes[slot].retryCount = 0
        // What follows in it follows the redrive.
        scopes[slot].last = lastEventID + 1
    }

    /// Iterations whose failure the Map tolerated failed all the same, and the Map has not succeeded.
    private mutating func restoreIterations(_ failed: FailedIterations) {
        for (slot, iterations) in failed.scopes.sorted(by: { $0.key < $1.key }) where regions[slot]?.plan != nil {
            for (index, scope) in iterations.sorted(by: { $0.key < $1.key }) {
                regions[slot]?.failed -= 1
                regions[slot]?.running += 1
                variableBytes += scope.variables.bytes
                var scope = scope
                scope.become(.settling)
                scope.index = index
                _ = open(scope)
            }
        }
    }
}

/// The iterations that failed in the Map states that are in progress, by the slot of the state's scope.
private struct FailedIterations {
    var scopes: [Int: [Int: Scope]] = [:]

    mutating func note(_ event: JournalEvent, in execution: Execution) {
        switch event.kind {
        case .iterationFailed(_, let index, tolerated: true):
            guard execution.scopes.indices.contains(event.scope) else { return }
            let scope = execution.scopes[event.scope]
            scopes[scope.parent, default: [:]][index] = scope
        case .mapStarted, .mapSucceeded, .regionClosed: scopes[event.scope] = nil
        // What was in the slot is gone with its parent; another scope may get it.
        case .executionRedriven: scopes = [:]
        default: break
        }
    }
}
