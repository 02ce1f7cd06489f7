import Interpreter
import JSONValue
import Telemetry

// What takes longer than a slice is computed by other threads, so that it holds up nobody else.
//
//     event ──► advance ──► slice suffices ──► journal
//                   │
//                   └─► too much: `Computation` ──► slow lane ──► `.computed` ──► the same event again ──► journal
//
// Until the step is back, the execution stays as it was, in memory and on disk, and events that concern it wait in
// line: nothing of them is written, acknowledged or answered. So a crash loses nothing: what led to the computation
// comes again, from the broker, as a timer, or as the resume timer of an execution that was just going on.
extension EngineCore {
    /// Lets one stimulus happen to an execution, and writes what came of it.
    ///
    /// Answers false where that takes long. Then nothing happened: the caller leaves without any effect (no write, no
    /// acknowledgement, no reply), and the whole event is handled once more when the step has been computed; this call
    /// then finds it, and answers true. So an event should advance an execution once, and before anything else that it
    /// does; and every kind of event that does has to name its execution in `execution(of:)`.
    mutating func advance(
        _ live: LiveExecution, _ stimulus: Stimulus, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) -> Bool {
        if let computed, computed.key == live.record.identity.key {
            self.computed = nil
            live.execution = computed.execution
            try write(computed.step, of: live, at: now, &effects)
            return true
        }
        let step = live.execution.handle(stimulus, at: now, using: &random, effort: .slice)
        if step.postponed == .stimulus {
            compute(stimulus, of: live, &effects)
            postponedBy = live.record.identity.key
            return false
        }
        try write(step, of: live, at: now, &effects)
        return true
    }

    /// Writes a step; if the execution could go on but only with more effort, that is computed.
    mutating func write(
        _ step: Step, of live: LiveExecution, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        try persist(step, of: live, at: now, &effects)
        if step.postponed == .rest { compute(.resume, of: live, &effects) }
    }

    private mutating func compute(_ stimulus: Stimulus, of live: LiveExecution, _ effects: inout Effects) {
        let key = live.record.identity.key
        lastTicket += 1
        let cancellation = Cancellation()
        computing[key] = Computing(ticket: lastTicket, cancellation: cancellation, base: live.sequence)
        effects.compute.append(
            Computation(
                key: key, ticket: lastTicket, execution: live.execution, stimulus: stimulus,
                cancellation: cancellation))
        effects.counted.append(metrics.computations)
    }

    /// A step is there: it happens now, and then what waited for it, in order.
    mutating func finish(_ step: ComputedStep, at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        // Otherwise it was cancelled.
        guard let state = computing[step.key], state.ticket == step.ticket else { return }
        computing[step.key] = nil
        let live = try liveExecution(step.key)
        guard live == nil || live?.sequence == state.base else {
            // A commit that reported failure has kept the step after all.
            for event in state.events { try handle(event, at: now, &effects) }
            return
        }
        if let cause = state.cause {
            computed = step
            try handle(cause, at: now, &effects)
            computed = nil
        } else if let live {
            live.execution = step.execution
            if !step.step.wantsResume {
                try clear(TimerKey(execution: step.key, timer: TimerKey.resume), &effects)
            }
            try write(step.step, of: live, at: now, &effects)
        }
        // If one of these takes long as well, the rest waits on behind it.
        for event in state.waiting { try handle(event, at: now, &effects) }
    }

    /// Has something happen to an execution at once, whatever is being computed: that is given up, and what waited is
    /// handled afterwards. For stimuli that end the execution without evaluating anything.
    mutating func overtake(
        _ live: LiveExecution, _ stimulus: Stimulus, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let key = live.record.identity.key
        let abandoned = computing.removeValue(forKey: key)
        if let abandoned {
            effects.abandon.append(abandoned.cancellation)
            try clear(TimerKey(execution: key, timer: TimerKey.resume), &effects)
        }
        _ = try advance(live, stimulus, at: now, &effects)
        for event in abandoned?.events ?? [] { try handle(event, at: now, &effects) }
    }

    /// Whether an event has to wait for a computation; it is kept then.
    mutating func queueBehindComputation(_ event: EngineEvent) -> Bool {
        guard !computing.isEmpty, let key = execution(of: event), computing[key] != nil else { return false }
        computing[key]?.waiting.append(event)
        return true
    }

    /// The running execution that an event may advance; nil for those that advance none, or that overtake.
    private func execution(of event: EngineEvent) -> Int64? {
        switch event {
        case .answer(let answer): TaskToken(answer.token)?.execution
        case .tokenAnswer(let token, _, _), .handBack(let token): TaskToken(token)?.execution
        case .taken(let task, _, _): TaskToken(task.token)?.execution
        case .refused(let key, _), .delivered(let key), .serviceAnswered(let key, _), .service(.call(let key)),
            .service(.ended(let key, _)):
            key.execution
        case .timer(let key, let entry):
            entry.purpose == EngineTimer.lease || entry.purpose == TimerPurpose.executionTimeout.rawValue
                ? nil : key.execution
        case .mapRunEnded(let number): mapRuns[number]?.record.execution
        case .mapItems, .resultsWritten, .updateMapRun: nil
        case .start, .startMessage, .startExpress, .resolve, .drain, .redrive, .stop, .transact, .published, .sent,
            .sendFailed, .brokerReady, .brokerLost,
            .recreated, .missing, .declared, .computed, .wake, .service(.stop):
            nil
        }
    }

    /// What waits for computations, so that whoever can be told is told that nothing will come of it.
    mutating func giveUpComputations() -> [EngineEvent] {
        let all = computing.values.sorted { $0.ticket < $1.ticket }
        computing = [:]
        for state in all { state.cancellation.cancel() }
        return all.flatMap(\.events)
    }
}
