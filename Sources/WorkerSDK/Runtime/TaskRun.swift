import JSONValue
import Logging
import Synchronization
import TaskProtocol
import Telemetry

/// Works on one task: runs the handler, and does what `TaskMachine` says.
///
/// Events come from wherever they happen: the handler's task, the runtime's loop, the connections' threads. One of them
/// at a time carries out what follows, outside of the lock; what happens meanwhile waits in `events`, and the carrier
/// goes on with that. So actions are carried out in the order in which the machine gave them.
///
/// Whoever hands in an event sends what is in the outbox afterwards.
final class TaskRun<Transport: WorkerTransport, Clock: WorkerClock>: Alarmed {
    private typealias Event = TaskEvent<Transport.Ticket>

    private struct State: Sendable {
        var machine: TaskMachine
        var tickets: [Transport.Ticket]
        var ending: TaskMachine.Ending?
        var failure: TaskFailure?
        var armed: Duration?
        /// What happened while somebody was carrying out what follows from something else.
        var events: [TaskEvent<Transport.Ticket>] = []
        var isCarried = false
        /// No further copy of the task can join.
        var isClosed = false
        var hasHandlerEnded = false
        var isFinished = false
    }

    /// What follows from an event.
    private struct Step {
        var actions: [TaskMachine.Action] = []
        var acknowledged: [Transport.Ticket] = []
        var releasesLease = false
        var alarm: Duration??
        var end: (how: TaskMachine.Ending, failure: TaskFailure?, wasHeld: Bool)?
    }

    let message: TaskMessage
    let ticket: Transport.Ticket
    private let kind: RunKind
    private let redelivered: Bool
    private let environment: RunEnvironment<Transport, Clock>
    private let handlerChild = HandlerChild()
    /// By the environment's clock.
    private let takenAt: Duration
    private let state: Mutex<State>

    init(
        _ message: TaskMessage, _ kind: RunKind, ticket: Transport.Ticket, redelivered: Bool,
        environment: RunEnvironment<Transport, Clock>
    ) {
        self.message = message
        self.kind = kind
        self.ticket = ticket
        self.redelivered = redelivered
        self.environment = environment
        takenAt = environment.clock.now
        let machine = TaskMachine(Self.timing(message, environment, now: takenAt), now: takenAt)
        state = Mutex(State(machine: machine, tickets: [ticket], armed: machine.nextTimer))
    }

    /// To be called before `work()`.
    func begin() {
        kind.metrics.running.increment()
        environment.wake(self, at: state.withLock { $0.armed })
    }

    /// Runs the handler. Returns when it has ended; the task may still be waiting for its answer to be settled.
    func work() async {
        environment.work.handlerStarted()
        let started = environment.clock.now
        let answer = await handlerChild.run { await kind.handler.call(message.body, context) }
        let now = environment.clock.now
        kind.metrics.duration.observe(now - started)
        if Task.isCancelled, !handlerChild.isCancelled {
            handle(.abandoned)
        } else {
            if let probe = environment.probe, state.withLock({ $0.machine.isRunning }) { probe(.beforeAnswer) }
            handle(.handlerReturned(answer))
        }
        await environment.outbox.gather(at: now)
    }

    // MARK: Events

    func wake() { handle(.timer) }

    func cancel() {
        if environment.logger.logLevel <= .debug { logger.debug("the task was cancelled") }
        handle(.cancel)
    }

    func handle(_ event: TaskEvent<Transport.Ticket>) {
        let step = state.withLock { state -> Step? in
            guard !state.isCarried else {
                state.events.append(event)
                return nil
            }
            state.isCarried = true
            return self.step(event, &state)
        }
        if let step { carry(step) }
    }

    /// - Returns: false where the task has ended, and the copy is not taken. `carryOn()` has to follow.
    func offer(copy: Transport.Ticket) -> Bool {
        state.withLock { state in
            if !state.isClosed { state.events.append(.copy(copy)) }
            return !state.isClosed
        }
    }

    func carryOn() {
        let step = state.withLock { state -> Step? in
            guard !state.isCarried, !state.events.isEmpty else { return nil }
            state.isCarried = true
            return self.step(state.events.removeFirst(), &state)
        }
        if let step { carry(step) }
    }

    func close() { state.withLock { $0.isClosed = true } }

    private func carry(_ first: Step) {
        var next: Step? = first
        while let step = next {
            perform(step)
            next = state.withLock { state in
                guard !state.events.isEmpty else {
                    state.isCarried = false
                    return nil
                }
                return self.step(state.events.removeFirst(), &state)
            }
        }
    }

    private func step(_ event: Event, _ state: inout State) -> Step {
        var step = Step()
        switch event {
        case .timer:
            state.armed = nil
            step.actions = state.machine.timersDue(at: environment.clock.now)
        case .cancel: step.actions = state.machine.cancelled()
        case .stop: step.actions = state.machine.stopped()
        case .heartbeatSent: state.machine.heartbeatSent(at: environment.clock.now)
        case .handlerReturned(let answer):
            state.hasHandlerEnded = true
            step.actions = state.machine.handlerReturned(answer)
        case .abandoned:
            state.hasHandlerEnded = true
            step.actions = state.machine.abandoned()
        case .answerPublished(let confirmed):
            step.actions = state.machine.answerPublished(confirmed, at: environment.clock.now)
        case .leaseHeartbeatPublished(let confirmed):
            step.actions = state.machine.leaseHeartbeatPublished(confirmed, at: environment.clock.now)
        case .copy(let copy):
            if state.machine.acknowledgesCopy(after: state.ending) {
                step.acknowledged = [copy]
            } else {
                state.tickets.append(copy)
            }
        }
        for action in step.actions {
            switch action {
            case .acknowledge:
                step.acknowledged += state.tickets
                state.tickets = []
                step.releasesLease = !state.machine.isEnded
            case .end(let ending): state.ending = ending
            case .publish(.failure(let failure)): state.failure = failure
            default: break
            }
        }
        let timer = state.machine.nextTimer
        if timer != state.armed {
            state.armed = timer
            step.alarm = .some(timer)
        }
        if let ending = state.ending, state.hasHandlerEnded, !state.isFinished {
            state.isFinished = true
            step.end = (ending, state.failure, state.machine.isHeld)
        }
        return step
    }

    // MARK: Actions

    private func perform(_ step: Step) {
        if !step.acknowledged.isEmpty { environment.outbox.acknowledge(step.acknowledged) }
        if step.releasesLease { environment.leaseReleased(kind.source) }
        for action in step.actions {
            switch action {
            case .cancelHandler: handlerChild.cancel()
            case .acknowledge: break
            case .end: environment.registry.end(self)
            case .sendStarted:
                post(AnswerMessage(token: message.token, kind: .started, worker: environment.identity)) { _ in }
            case .sendHeartbeat: sendHeartbeat { _ in }
            case .sendLeaseHeartbeat:
                sendHeartbeat { [self] in handle(.leaseHeartbeatPublished(confirmed: $0 == .confirmed)) }
            case .publish(let answer): post(self.answer(answer)) { [self] in answerSettled($0) }
            }
        }
        if let alarm = step.alarm { environment.wake(self, at: alarm) }
        if let (ending, failure, wasHeld) = step.end { finish(ending, failure, wasHeld: wasHeld) }
    }

    private func answerSettled(_ result: PublishResult) {
        switch result {
        case .confirmed: environment.probe?(.beforeAcknowledgement)
        case .lost: environment.metrics.answersRetried.increment()
        case .refused(let reason):
            environment.metrics.answersRetried.increment()
            logger.warning("the broker refused an answer", metadata: ["reason": .string(reason)])
        }
        handle(.answerPublished(confirmed: result == .confirmed))
    }

    /// The task is settled, and the handler has ended.
    private func finish(_ ending: TaskMachine.Ending, _ failure: TaskFailure?, wasHeld: Bool) {
        if !wasHeld { environment.leaseEnded(kind.source) }
        kind.metrics.running.decrement()
        kind.metrics.ended(ending)
        log(ending, failure)
        environment.outbox.taskEnded()
    }

    private func log(_ ending: TaskMachine.Ending, _ failure: TaskFailure?) {
        let level = ending == .success ? Logger.Level.debug : .info
        guard level >= environment.logger.logLevel else { return }
        let duration = environment.clock.now - takenAt
        var metadata: Logger.Metadata = [
            "handler": .string(kind.source.name), "outcome": .string(ending.rawValue),
            "execution": .string(message.execution), "attempt": .stringConvertible(message.attempt),
            "ms": .stringConvertible(Int(duration / .milliseconds(1))),
        ]
        if let failure {
            metadata["error"] = .string(failure.error)
            metadata["cause"] = .string(String(failure.cause.prefix(200)))
        }
        environment.logger.log(level: level, "task ended", metadata: metadata)
    }

    // MARK: Messages

    private func post(_ answer: AnswerMessage, settled: @escaping @Sendable (PublishResult) -> Void) {
        environment.outbox.post(
            .init(
                envelope: answer.encoded(), queue: message.replyTo, batch: message.answerBatch, settled: settled),
            at: environment.clock.now)
    }

    private func sendHeartbeat(_ progress: [UInt8] = [], settled: @escaping @Sendable (PublishResult) -> Void) {
        environment.metrics.heartbeats.increment()
        let heartbeat = AnswerMessage(
            token: message.token, kind: .heartbeat, worker: environment.identity, body: progress)
        post(heartbeat, settled: settled)
    }

    private func answer(_ answer: TaskAnswer) -> AnswerMessage {
        var message =
            switch answer {
            case .success(let output):
                AnswerMessage(token: message.token, kind: .success, worker: environment.identity, body: output)
            case .failure(let failure):
                AnswerMessage.failure(
                    token: message.token, error: failure.error, cause: failure.cause, worker: environment.identity)
            }
        message.duration = (environment.clock.now - takenAt) / .seconds(1)
        return message
    }

    private func report(_ progress: JSON) async {
        guard !state.withLock({ $0.ending != nil }) else { return }
        var body: [UInt8] = []
        progress.serialize(into: &body)
        guard body.count <= ProtocolLimits.bodyBytes else {
            logger.warning("progress is too large to be sent", metadata: ["bytes": .stringConvertible(body.count)])
            return
        }
        await withCheckedContinuation { continuation in
            sendHeartbeat(body) { _ in continuation.resume() }
            environment.outbox.send()
        }
        handle(.heartbeatSent)
        environment.outbox.send()
    }

    // MARK: What the task says

    /// Made where something is logged, which is seldom.
    private var logger: Logger {
        var logger = environment.logger
        logger[metadataKey: "handler"] = .string(kind.source.name)
        logger[metadataKey: "execution"] = .string(message.execution)
        logger[metadataKey: "state"] = .string(message.state)
        logger[metadataKey: "attempt"] = .stringConvertible(message.attempt)
        return logger
    }

    private var context: TaskContext {
        TaskContext(
            idempotencyKey: message.messageID, token: message.token, execution: message.execution,
            stateMachine: message.stateMachine, state: message.state, attempt: message.attempt,
            redelivered: redelivered, deadline: message.deadline,
            heartbeat: message.heartbeatSeconds.map { .seconds($0) }, traceparent: message.traceparent,
            makeLogger: { [self] in logger }, report: { [self] in await report($0) })
    }

    private static func timing(
        _ message: TaskMessage, _ environment: RunEnvironment<Transport, Clock>, now: Duration
    ) -> TaskMachine.Timing {
        var timing = TaskMachine.Timing()
        timing.lease = environment.lease
        timing.heartbeat = message.heartbeatSeconds.map { .seconds($0) }
        timing.deadline = message.deadline.map { deadline in
            let left = deadline.microseconds - environment.wallTime().microseconds
            return now + .microseconds(left) + RunEnvironment<Transport, Clock>.deadlineGrace
        }
        return timing
    }
}
