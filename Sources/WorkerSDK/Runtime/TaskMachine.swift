/// The life of one task in a worker: what to send when, and what becomes of it when things go wrong. Knows no clock and
/// no broker; all times count from the same arbitrary start.
///
/// Its rules: the broker's copy of the task is acknowledged after the answer's confirm and not before, so that a worker
/// that dies is replaced at once; except past the lease, when a confirmed heartbeat takes that copy's place.
struct TaskMachine {
    struct Timing: Sendable, Hashable {
        /// Before this a task that is done needs no message but its answer.
        var startedAfter: Duration = .milliseconds(250)
        /// The silence that the workflow allows.
        var heartbeat: Duration?
        var lease: Duration = .seconds(600)
        /// When the workflow gives up, and a little more: its own timer comes first, whatever the clocks do.
        var deadline: Duration?
        /// Between attempts to get an answer to the broker; doubles from the first to the last.
        var retry: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)
    }

    enum Action: Sendable, Hashable {
        case sendStarted
        case sendHeartbeat
        /// Send a heartbeat and tell `leaseHeartbeatPublished` how that went.
        case sendLeaseHeartbeat
        case cancelHandler
        /// Publish, and tell `answerPublished` how that went.
        case publish(TaskAnswer)
        case acknowledge
        /// The last one: nothing more is to be done.
        case end(Ending)
    }

    enum Ending: String, Sendable, Hashable, CaseIterable {
        case success, failure
        /// Nobody waits for it any more.
        case cancelled
        case timeout
        /// Left to another worker, by not being acknowledged.
        case handedBack = "handed_back"
        /// Neither answered nor redelivered: the workflow's heartbeat will notice.
        case lost
    }

    private enum State {
        /// The handler works. Next: answering, stopping, ended.
        case running
        /// The worker has to stop; the handler was cancelled and may still come to a result. Next: answering, ended.
        case stopping
        /// An answer is with the broker, or waits for another attempt. Next: ended.
        case answering(TaskAnswer, Ending, Retry)
        case ended
    }

    private struct Retry {
        /// Nil while the broker is being asked.
        var at: Duration?
        var pause: Duration
        var stopping = false
    }

    private let timing: Timing
    private var state = State.running
    /// Whether the broker still has its copy for us.
    private(set) var isHeld = true
    private var startedAt: Duration?
    private var heartbeatAt: Duration?
    private var leaseEndsAt: Duration?

    init(_ timing: Timing, now: Duration) {
        self.timing = timing
        startedAt = now + timing.startedAfter
        heartbeatAt = timing.heartbeat.map { now + $0 / 3 }
        leaseEndsAt = now + timing.lease
    }

    var isEnded: Bool { if case .ended = state { true } else { false } }

    /// Whether a heartbeat would still mean something.
    var isRunning: Bool { if case .running = state { true } else { false } }

    /// When `timersDue` has to be called next; later calls do no harm. Nil: not before something else has happened.
    var nextTimer: Duration? {
        switch state {
        case .running: Self.earliest(Self.earliest(startedAt, heartbeatAt), Self.earliest(leaseEndsAt, timing.deadline))
        case .answering(_, _, let retry): retry.at
        case .stopping, .ended: nil
        }
    }

    // MARK: Events

    mutating func timersDue(at now: Duration) -> [Action] {
        switch state {
        case .running:
            if let deadline = timing.deadline, deadline <= now {
                return [.cancelHandler] + answer(.failure(.timeout), .timeout)
            }
            var actions: [Action] = []
            if let time = startedAt, time <= now {
                startedAt = nil
                actions.append(.sendStarted)
            }
            if let time = leaseEndsAt, time <= now {
                leaseEndsAt = nil
                heartbeatAt = now + heartbeatInterval
                actions.append(.sendLeaseHeartbeat)
            } else if let time = heartbeatAt, time <= now {
                heartbeatAt = now + heartbeatInterval
                actions.append(.sendHeartbeat)
            }
            return actions
        case .answering(let answer, let ending, var retry):
            guard let time = retry.at, time <= now else { return [] }
            retry.at = nil
            state = .answering(answer, ending, retry)
            return [.publish(answer)]
        case .stopping, .ended:
            return []
        }
    }

    /// A heartbeat was sent outside of the timers. From the first one on others have to follow: the workflow now counts
    /// on them, whether the state asks for heartbeats or not.
    mutating func heartbeatSent(at now: Duration) {
        guard isRunning else { return }
        heartbeatAt = now + heartbeatInterval
    }

    mutating func leaseHeartbeatPublished(_ confirmed: Bool, at now: Duration) -> [Action] {
        guard isRunning, isHeld else { return [] }
        guard confirmed else {
            leaseEndsAt = now + timing.retry.upperBound
            return []
        }
        isHeld = false
        return [.acknowledge]
    }

    mutating func handlerReturned(_ result: TaskAnswer) -> [Action] {
        switch (state, result) {
        case (.running, .success): return answer(result, .success)
        case (.running, .failure): return answer(result, .failure)
        case (.stopping, .success): return answer(result, .success, stopping: true)
        case (.stopping, .failure):
            // Most likely the cancellation's doing, so it says nothing about the task.
            return isHeld ? end(.handedBack) : answer(.failure(.stopped), .failure, stopping: true)
        case (.answering, _), (.ended, _): return []
        }
    }

    mutating func answerPublished(_ confirmed: Bool, at now: Duration) -> [Action] {
        guard case .answering(let answer, let ending, var retry) = state else { return [] }
        if confirmed { return (isHeld ? [.acknowledge] : []) + end(ending) }
        if retry.stopping { return giveUp() }
        retry.at = now + retry.pause
        retry.pause = min(retry.pause * 2, timing.retry.upperBound)
        state = .answering(answer, ending, retry)
        return []
    }

    /// The workflow does not wait any more.
    mutating func cancelled() -> [Action] {
        switch state {
        case .running, .stopping, .answering: [.cancelHandler] + (isHeld ? [.acknowledge] : []) + end(.cancelled)
        case .ended: []
        }
    }

    /// The worker has no more time.
    mutating func stopped() -> [Action] {
        switch state {
        case .running:
            state = .stopping
            return [.cancelHandler]
        case .answering(let answer, let ending, var retry):
            if retry.at != nil { return giveUp() }
            retry.stopping = true
            state = .answering(answer, ending, retry)
            return []
        case .stopping, .ended:
            return []
        }
    }

    /// Nobody works on it any more, without an answer.
    mutating func abandoned() -> [Action] {
        switch state {
        case .running, .stopping: giveUp()
        case .answering: stopped()
        case .ended: []
        }
    }

    /// Another copy of the task has come.
    /// - Returns: whether it can be acknowledged now; otherwise it goes with the first copy.
    func acknowledgesCopy(after ending: Ending?) -> Bool {
        switch ending {
        case .handedBack, .lost: false
        case .success, .failure, .cancelled, .timeout: true
        case nil: !isHeld
        }
    }

    // MARK: Steps

    /// Also where the state asks for no heartbeats: then the orchestrator takes the lease for the longest silence.
    private var heartbeatInterval: Duration { min(timing.heartbeat ?? timing.lease, timing.lease) / 3 }

    private mutating func answer(_ answer: TaskAnswer, _ ending: Ending, stopping: Bool = false) -> [Action] {
        state = .answering(answer, ending, Retry(at: nil, pause: timing.retry.lowerBound, stopping: stopping))
        return [.publish(answer)]
    }

    private static func earliest(_ one: Duration?, _ other: Duration?) -> Duration? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    private mutating func giveUp() -> [Action] { end(isHeld ? .handedBack : .lost) }

    private mutating func end(_ ending: Ending) -> [Action] {
        state = .ended
        return [.end(ending)]
    }
}
