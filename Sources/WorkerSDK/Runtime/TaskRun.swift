import JSONValue
import Logging
import Synchronization
import TaskProtocol
import Telemetry

/// Works on one task: runs the handler, and does what `TaskMachine` says.
final class TaskRun<Transport: WorkerTransport, Clock: WorkerClock>: Sendable {
    private typealias Event = TaskEvent<Transport.Ticket>

    let source: TaskSource
    let message: TaskMessage
    let feed: AsyncStream<TaskEvent<Transport.Ticket>>.Continuation
    private let events: AsyncStream<TaskEvent<Transport.Ticket>>
    private let ticket: Transport.Ticket
    private let redelivered: Bool
    private let environment: TaskRunEnvironment<Transport, Clock>
    private let logger: Logger
    private let isLive = Atomic(true)
    /// By the environment's clock.
    private let takenAt: Duration

    init(
        _ message: TaskMessage, from source: TaskSource, ticket: Transport.Ticket, redelivered: Bool,
        environment: TaskRunEnvironment<Transport, Clock>
    ) {
        self.message = message
        self.source = source
        self.ticket = ticket
        self.redelivered = redelivered
        self.environment = environment
        takenAt = environment.clock.now
        // Not bounded, and it need not be: one event per delivery, signal and timer.
        (events, feed) = AsyncStream.makeStream()
        var logger = environment.logger
        logger[metadataKey: "handler"] = .string(source.name)
        logger[metadataKey: "execution"] = .string(message.execution)
        logger[metadataKey: "state"] = .string(message.state)
        logger[metadataKey: "attempt"] = .stringConvertible(message.attempt)
        self.logger = logger
    }

    /// Returns when the task is settled and the handler has ended, with the failure that was answered. Cancellation
    /// gives the task back.
    func execute(_ handler: TaskHandler) async -> (TaskMachine.Ending, TaskFailure?) {
        var machine = TaskMachine(timing, now: environment.clock.now)
        var tickets = [ticket]
        var ending: TaskMachine.Ending?
        var failure: TaskFailure?
        var armed: Duration?
        defer {
            arm(nil, &armed)
            environment.registry.end(message.token, feed)
        }

        await withDiscardingTaskGroup { group in
            // The only task in the group: whoever cancels the group cancels the handler, and nothing else.
            group.addTask { [self] in feed.yield(.handlerReturned(await call(handler))) }
            arm(machine.nextTimer, &armed)
            for await event in events {
                var actions = actions(for: event, &machine, &tickets, ending)
                // Actions bring actions forth: how a publication ended decides what comes next.
                while !actions.isEmpty {
                    let action = actions.removeFirst()
                    switch action {
                    case .cancelHandler: group.cancelAll()
                    case .acknowledge:
                        environment.transport.acknowledge(tickets)
                        tickets = []
                        if !machine.isEnded { environment.leaseReleased(source) }
                    case .end(let how):
                        ending = how
                        isLive.store(false, ordering: .relaxed)
                        environment.registry.end(message.token, feed)
                    case .publish(let answer):
                        if case .failure(let reason) = answer { failure = reason }
                        actions += await send(action, &machine)
                    default: actions += await send(action, &machine)
                    }
                }
                if case .timer = event { armed = nil }
                arm(machine.nextTimer, &armed)
            }
            group.cancelAll()
        }
        if !machine.isHeld { environment.leaseEnded(source) }
        return (ending ?? .handedBack, failure)
    }

    private func actions(
        for event: Event, _ machine: inout TaskMachine, _ tickets: inout [Transport.Ticket],
        _ ending: TaskMachine.Ending?
    ) -> [TaskMachine.Action] {
        switch event {
        case .timer: return machine.timersDue(at: environment.clock.now)
        case .cancel:
            logger.debug("the task was cancelled")
            return machine.cancelled()
        case .stop: return machine.stopped()
        case .heartbeatSent:
            machine.heartbeatSent(at: environment.clock.now)
            return []
        case .handlerReturned(let answer):
            if machine.isRunning { environment.probe?(.beforeAnswer) }
            return machine.handlerReturned(answer)
        case .copy(let copy):
            if machine.acknowledgesCopy(after: ending) {
                environment.transport.acknowledge([copy])
            } else {
                tickets.append(copy)
            }
            return []
        }
    }

    private func send(_ action: TaskMachine.Action, _ machine: inout TaskMachine) async -> [TaskMachine.Action] {
        switch action {
        case .sendStarted:
            _ = await publish(AnswerMessage(token: message.token, kind: .started, worker: environment.identity))
        case .sendHeartbeat:
            _ = await heartbeat()
        case .sendLeaseHeartbeat:
            let result = await heartbeat()
            return machine.leaseHeartbeatPublished(result == .confirmed, at: environment.clock.now)
        case .publish(let answer):
            let result = await publish(self.answer(answer))
            switch result {
            case .confirmed: environment.probe?(.beforeAcknowledgement)
            case .lost: environment.metrics.answersRetried.increment()
            case .refused(let reason):
                environment.metrics.answersRetried.increment()
                logger.warning("the broker refused an answer", metadata: ["reason": .string(reason)])
            }
            return machine.answerPublished(result == .confirmed, at: environment.clock.now)
        case .cancelHandler, .acknowledge, .end: break
        }
        return []
    }

    /// Sees to a `timer` event when it is time.
    private func arm(_ next: Duration?, _ armed: inout Duration?) {
        guard next != armed else { return }
        armed = next
        if let time = environment.alarms.set(next, for: ObjectIdentifier(self), feed) { environment.sleepUntil(time) }
    }

    private func call(_ handler: TaskHandler) async -> TaskAnswer {
        let started = environment.clock.now
        let answer = await handler.call(message.body, context)
        environment.metrics.observe(environment.clock.now - started, source)
        return answer
    }

    // MARK: Messages

    private func heartbeat(_ progress: [UInt8] = []) async -> PublishResult {
        environment.metrics.heartbeats.increment()
        return await publish(
            AnswerMessage(token: message.token, kind: .heartbeat, worker: environment.identity, body: progress))
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

    private func publish(_ answer: AnswerMessage) async -> PublishResult {
        await environment.transport.publish(answer.encoded(), to: message.replyTo)
    }

    private func report(_ progress: JSON) async {
        guard isLive.load(ordering: .relaxed) else { return }
        var body: [UInt8] = []
        progress.serialize(into: &body)
        guard body.count <= ProtocolLimits.bodyBytes else {
            logger.warning("progress is too large to be sent", metadata: ["bytes": .stringConvertible(body.count)])
            return
        }
        _ = await heartbeat(body)
        feed.yield(.heartbeatSent)
    }

    private var context: TaskContext {
        TaskContext(
            idempotencyKey: message.messageID, token: message.token, execution: message.execution,
            stateMachine: message.stateMachine, state: message.state, attempt: message.attempt,
            redelivered: redelivered, deadline: message.deadline,
            heartbeat: message.heartbeatSeconds.map { .seconds($0) }, traceparent: message.traceparent,
            logger: logger, report: { [self] in await report($0) })
    }

    private var timing: TaskMachine.Timing {
        var timing = TaskMachine.Timing()
        timing.lease = environment.lease
        timing.heartbeat = message.heartbeatSeconds.map { .seconds($0) }
        timing.deadline = message.deadline.map { deadline in
            let left = deadline.microseconds - environment.wallTime().microseconds
            return environment.clock.now + .microseconds(left) + TaskRunEnvironment<Transport, Clock>.deadlineGrace
        }
        return timing
    }
}

/// What every run of a worker shares.
struct TaskRunEnvironment<Transport: WorkerTransport, Clock: WorkerClock>: Sendable {
    let transport: Transport
    let clock: Clock
    let registry: RunRegistry<Transport.Ticket>
    let alarms: Alarms<Transport.Ticket>
    let metrics: WorkerMetrics
    let identity: String
    let lease: Duration
    let logger: Logger
    let wallTime: @Sendable () -> Timestamp
    let probe: (@Sendable (TaskMoment) -> Void)?
    /// Somebody has to ask for the alarms that are due then.
    let sleepUntil: @Sendable (Duration) -> Void
    /// A task of that source is not the broker's any more, but still ours: it takes up room that the broker would fill.
    let leaseReleased: @Sendable (TaskSource) -> Void
    let leaseEnded: @Sendable (TaskSource) -> Void

    /// How long after a deadline the worker itself fails the task. The orchestrator does so on the dot, and its word
    /// makes the better history; ours is for clocks that differ and orchestrators that are away.
    static var deadlineGrace: Duration { .seconds(2) }
}
