import JSONValue
import Logging
import Synchronization
import TaskProtocol
import Telemetry

/// Takes tasks from a transport, works on each in a child task, and drains when asked to stop.
struct WorkerRuntime<Clock: WorkerClock>: Sendable {
    let configuration: WorkerConfiguration
    let handlers: [TaskSource: TaskHandler]
    let clock: Clock
    let metrics: WorkerMetrics
    let logger: Logger
    let probe: (@Sendable (TaskMoment) -> Void)?
    let wallTime: @Sendable () -> Timestamp
    /// How long cancelled handlers may take, before the broker is told to give their tasks to others.
    static var cancellationGrace: Duration { .seconds(5) }

    init(
        configuration: WorkerConfiguration, handlers: [TaskSource: TaskHandler], clock: Clock,
        metrics: MetricsRegistry, logger: Logger, probe: (@Sendable (TaskMoment) -> Void)? = nil,
        wallTime: @escaping @Sendable () -> Timestamp = { WallTime.now() }
    ) throws {
        self.configuration = configuration
        self.handlers = handlers
        self.clock = clock
        self.metrics = WorkerMetrics(metrics)
        self.logger = logger
        self.probe = probe
        self.wallTime = wallTime
    }

    /// How many tasks of each source may be here at once.
    var capacities: [TaskSource: Int] { handlers.mapValues { $0.prefetch ?? configuration.prefetch } }

    private enum Event<Ticket: Sendable>: Sendable {
        case transport(TransportEvent<Ticket>)
        /// Told only once somebody waits for the last one.
        case taskEnded
        /// Sleep until then, and fire what is due.
        case sleepUntil(Duration)
        case alarm
        /// A person or a supervisor wants the process to end; the second time, soon.
        case stop
        case consumingStopped
        case drainTimeout
        case graceOver
    }

    /// Returns when it has drained after a value of `stop`, or, without draining, when cancelled.
    func run<Transport: WorkerTransport>(on transport: Transport, stop: AsyncStream<Void>) async throws {
        // Deliveries are bounded by the prefetch, so this need not be.
        let (events, feed) = AsyncStream.makeStream(of: Event<Transport.Ticket>.self)
        let listener = try configuration.metricsPort.map { try MetricsListener(port: $0) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await transport.run { feed.yield(.transport($0)) } }
            group.addTask { for await _ in stop { feed.yield(.stop) } }
            if let listener {
                group.addTask { [metrics] in await listener.serve { metrics.registry.render() } }
            }
            await work(on: transport, events, feed)
            await transport.close()
            group.cancelAll()
        }
        logger.info("stopped")
    }

    private func work<Transport: WorkerTransport>(
        on transport: Transport, _ events: AsyncStream<Event<Transport.Ticket>>,
        _ feed: AsyncStream<Event<Transport.Ticket>>.Continuation
    ) async {
        let registry = RunRegistry<Transport.Ticket>()
        let alarms = Alarms<Transport.Ticket>()
        let environment = environment(transport, registry, alarms) { feed.yield(.sleepUntil($0)) }
        let sources = handlers.keys.map(\.name).sorted().joined(separator: ", ")
        logger.info(
            "working", metadata: ["identity": .string(configuration.identity), "handlers": .string(sources)])
        await withDiscardingTaskGroup { group in
            let work = OpenWork()
            var stops = 0
            var isConsuming = true
            for await event in events {
                switch event {
                case .transport(.task(let source, let envelope, let ticket, let redelivered)):
                    if redelivered { metrics.redelivered.increment() }
                    work.begin()
                    group.addTask {
                        await take(envelope, source, ticket, redelivered, environment)
                        if work.end() { feed.yield(.taskEnded) }
                    }
                case .transport(.control(let envelope)): control(envelope, registry)
                case .transport(.connected(let connected)): metrics.connected.set(connected ? 1 : 0)
                case .taskEnded: break
                case .sleepUntil(let time): remind(.alarm, at: time, feed, &group)
                case .alarm:
                    if let time = alarms.fire(at: clock.now) { remind(.alarm, at: time, feed, &group) }
                case .consumingStopped: isConsuming = false
                case .stop:
                    stops += 1
                    work.tellEnds()
                    logger.info("stopping", metadata: ["running": .stringConvertible(work.count)])
                    if stops == 1 {
                        group.addTask {
                            await transport.stopConsuming()
                            feed.yield(.consumingStopped)
                        }
                        remind(.drainTimeout, at: clock.now + configuration.drainTimeout, feed, &group)
                    } else {
                        feed.yield(.drainTimeout)
                    }
                case .drainTimeout:
                    guard work.count > 0 else { break }
                    logger.warning("cancelling what still runs", metadata: ["running": .stringConvertible(work.count)])
                    registry.stopAll()
                    remind(.graceOver, at: clock.now + Self.cancellationGrace, feed, &group)
                case .graceOver:
                    logger.warning(
                        "waiting for handlers that ignore their cancellation; their tasks go to others",
                        metadata: ["running": .stringConvertible(work.count)])
                    await transport.close()
                }
                if stops > 0, !isConsuming, work.count == 0 { break }
            }
            group.cancelAll()
        }
    }

    private func remind<Ticket: Sendable>(
        _ event: Event<Ticket>, at time: Duration, _ feed: AsyncStream<Event<Ticket>>.Continuation,
        _ group: inout DiscardingTaskGroup
    ) {
        group.addTask { [clock] in
            guard (try? await clock.sleep(until: time)) != nil else { return }
            feed.yield(event)
        }
    }

    private func environment<Transport: WorkerTransport>(
        _ transport: Transport, _ registry: RunRegistry<Transport.Ticket>, _ alarms: Alarms<Transport.Ticket>,
        sleepUntil: @escaping @Sendable (Duration) -> Void
    ) -> TaskRunEnvironment<Transport, Clock> {
        // Shared by the runs, hence behind a lock; only the counts, so that changes cannot be lost.
        let released = ReleasedLeases(capacities)
        return TaskRunEnvironment(
            transport: transport, clock: clock, registry: registry, alarms: alarms, metrics: metrics,
            identity: configuration.identity, lease: configuration.lease, logger: logger, wallTime: wallTime,
            probe: probe, sleepUntil: sleepUntil,
            leaseReleased: { released.change($0, by: 1, transport.setCapacity) },
            leaseEnded: { released.change($0, by: -1, transport.setCapacity) })
    }

    // MARK: Messages

    private func take<Transport: WorkerTransport>(
        _ envelope: ProtocolEnvelope, _ source: TaskSource, _ ticket: Transport.Ticket, _ redelivered: Bool,
        _ environment: TaskRunEnvironment<Transport, Clock>
    ) async {
        let message: TaskMessage
        do {
            message = try TaskMessage(decoding: envelope)
        } catch {
            await refuse(envelope, source, ticket, error.reason, environment.transport)
            return
        }
        guard let handler = handlers[source] else {
            await refuse(envelope, source, ticket, "no handler for \(source.name)", environment.transport)
            return
        }
        let run = TaskRun(message, from: source, ticket: ticket, redelivered: redelivered, environment: environment)
        guard environment.registry.start(message.token, run.feed, ticket: ticket) else { return }
        let gauge = metrics.running(source)
        gauge.increment()
        let started = clock.now
        let (ending, failure) = await run.execute(handler)
        gauge.decrement()
        metrics.ended(source, ending)
        let level = ending == .success ? Logger.Level.debug : .info
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            "handler": .string(source.name), "outcome": .string(ending.rawValue),
            "execution": .string(message.execution), "attempt": .stringConvertible(message.attempt),
            "ms": .stringConvertible(Int((clock.now - started) / .milliseconds(1))),
        ]
        if let failure {
            metadata["error"] = .string(failure.error)
            metadata["cause"] = .string(String(failure.cause.prefix(200)))
        }
        logger.log(level: level, "task ended", metadata: metadata)
    }

    /// What cannot be understood is answered where it says whom to answer, and otherwise kept in the dead queue. Either
    /// way it is not delivered again, unless neither could be done.
    private func refuse<Transport: WorkerTransport>(
        _ envelope: ProtocolEnvelope, _ source: TaskSource, _ ticket: Transport.Ticket, _ reason: String,
        _ transport: Transport
    ) async {
        metrics.malformed.increment()
        logger.warning("a task cannot be understood", metadata: ["reason": .string(reason)])
        let names = TopologyNames(prefix: configuration.prefix)
        let result: PublishResult
        if let token = envelope.correlationID, !token.isEmpty, let replyTo = envelope.replyTo, !replyTo.isEmpty {
            let answer = AnswerMessage.failure(
                token: token, error: "InvalidTask", cause: reason, worker: configuration.identity)
            result = await transport.publish(answer.encoded(), to: replyTo)
        } else {
            var dead = envelope
            dead.headers[HeaderName.deadReason] = .string(reason)
            dead.headers[HeaderName.deadQueue] = .string(source.queue(names))
            dead.expiration = nil
            result = await transport.publish(dead, to: names.deadQueue)
        }
        if result == .confirmed { transport.acknowledge([ticket]) }
    }

    private func control<Ticket>(_ envelope: ProtocolEnvelope, _ registry: RunRegistry<Ticket>) {
        do {
            registry.cancel(try CancelMessage(decoding: envelope).token)
        } catch {
            metrics.malformed.increment()
            logger.debug("a control message cannot be understood", metadata: ["reason": .string(error.reason)])
        }
    }
}

/// How many tasks are here, and whether anybody waits for the last one.
private final class OpenWork: Sendable {
    private let open = Atomic(0)
    private let isAwaited = Atomic(false)

    var count: Int { open.load(ordering: .sequentiallyConsistent) }

    func begin() { open.add(1, ordering: .sequentiallyConsistent) }

    /// - Returns: whether to tell.
    func end() -> Bool {
        // In this order, and the other way round where somebody begins to wait: one of the two sees the other.
        open.subtract(1, ordering: .sequentiallyConsistent)
        return isAwaited.load(ordering: .sequentiallyConsistent)
    }

    /// Before the caller looks at `count`.
    func tellEnds() { isAwaited.store(true, ordering: .sequentiallyConsistent) }
}

/// How many tasks of each source are past their lease, and what room that leaves.
private final class ReleasedLeases: Sendable {
    private let capacities: [TaskSource: Int]
    private let released = Mutex<[TaskSource: Int]>([:])

    init(_ capacities: [TaskSource: Int]) { self.capacities = capacities }

    func change(_ source: TaskSource, by amount: Int, _ setCapacity: (Int, TaskSource) -> Void) {
        // Told under the lock, so that two changes arrive in their order; the transport only takes a note.
        released.withLock { released in
            released[source, default: 0] += amount
            setCapacity(max(0, capacities[source, default: 0] - released[source, default: 0]), source)
        }
    }
}
