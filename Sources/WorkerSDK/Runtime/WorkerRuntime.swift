import JSONValue
import Logging
import Synchronization
import TaskProtocol
import Telemetry

/// Takes tasks from a transport, runs the handler of each in a child task, and drains when asked to stop.
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
        let work = OpenWork()
        let environment = RunEnvironment(self, transport, work) {
            feed.yield(.sleepUntil($0))
        } tellEnd: {
            feed.yield(.taskEnded)
        }
        let kinds = handlers.mapValues { RunKind($0.source, $0, SourceMetrics($0.source, metrics.registry)) }
        let sources = handlers.keys.map(\.name).sorted().joined(separator: ", ")
        logger.info(
            "working", metadata: ["identity": .string(configuration.identity), "handlers": .string(sources)])
        await withDiscardingTaskGroup { group in
            var stops = 0
            var isConsuming = true
            for await event in events {
                switch event {
                case .transport(.tasks(let source, let deliveries)):
                    let runs = deliveries.compactMap { take($0, source, kinds[source], environment) }
                    // Before the first of them runs: its answer waits for those that are about to start.
                    work.begin(handlers: runs.count)
                    for run in runs { group.addTask { await run.work() } }
                case .transport(.control(let envelope)): control(envelope, environment.registry)
                case .transport(.connected(let connected)): metrics.connected.set(connected ? 1 : 0)
                case .taskEnded: break
                case .sleepUntil(let time): remind(.alarm, at: time, feed, &group)
                case .alarm:
                    if let time = environment.alarms.fire(at: clock.now) { remind(.alarm, at: time, feed, &group) }
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
                    environment.registry.stopAll()
                    remind(.graceOver, at: clock.now + Self.cancellationGrace, feed, &group)
                case .graceOver:
                    logger.warning(
                        "waiting for handlers that ignore their cancellation; their tasks go to others",
                        metadata: ["running": .stringConvertible(work.count)])
                    await transport.close()
                }
                environment.outbox.send()
                if stops > 0, !isConsuming, work.count == 0 { break }
            }
            group.cancelAll()
        }
        environment.registry.abandonAll()
        environment.outbox.send()
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

    // MARK: Messages

    /// - Returns: a run that has begun, and whose work is to be done; nil where there is nothing (more) to do.
    private func take<Transport: WorkerTransport>(
        _ delivery: TaskDelivery<Transport.Ticket>, _ source: TaskSource, _ kind: RunKind?,
        _ environment: RunEnvironment<Transport, Clock>
    ) -> TaskRun<Transport, Clock>? {
        if delivery.redelivered { metrics.redelivered.increment() }
        let message: TaskMessage
        do {
            message = try TaskMessage(decoding: delivery.envelope)
        } catch {
            refuse(delivery, source, error.reason, environment)
            return nil
        }
        guard let kind else {
            refuse(delivery, source, "no handler for \(source.name)", environment)
            return nil
        }
        let run = TaskRun(
            message, kind, ticket: delivery.ticket, redelivered: delivery.redelivered, environment: environment)
        guard environment.registry.start(run) else { return nil }
        run.begin()
        return run
    }

    /// What cannot be understood is answered where it says whom to answer, and otherwise kept in the dead queue. Either
    /// way it is not delivered again, unless neither could be done.
    private func refuse<Transport: WorkerTransport>(
        _ delivery: TaskDelivery<Transport.Ticket>, _ source: TaskSource, _ reason: String,
        _ environment: RunEnvironment<Transport, Clock>
    ) {
        metrics.malformed.increment()
        logger.warning("a task cannot be understood", metadata: ["reason": .string(reason)])
        environment.work.begin()
        let settled: @Sendable (PublishResult) -> Void = { result in
            if result == .confirmed { environment.outbox.acknowledge([delivery.ticket]) }
            environment.outbox.taskEnded()
        }
        let (message, queue) = refusal(delivery.envelope, source, reason)
        environment.outbox.post(.init(envelope: message, queue: queue, settled: settled), at: clock.now)
    }

    private func refusal(
        _ envelope: ProtocolEnvelope, _ source: TaskSource, _ reason: String
    ) -> (ProtocolEnvelope, queue: String) {
        if let token = envelope.correlationID, !token.isEmpty, let replyTo = envelope.replyTo, !replyTo.isEmpty {
            let answer = AnswerMessage.failure(
                token: token, error: "InvalidTask", cause: reason, worker: configuration.identity)
            return (answer.encoded(), replyTo)
        }
        let names = TopologyNames(prefix: configuration.prefix)
        var dead = envelope
        dead.headers[HeaderName.deadReason] = .string(reason)
        dead.headers[HeaderName.deadQueue] = .string(source.queue(names))
        dead.expiration = nil
        return (dead, names.deadQueue)
    }

    private func control<Transport>(_ envelope: ProtocolEnvelope, _ registry: RunRegistry<Transport, Clock>) {
        do {
            registry.cancel(try CancelMessage(decoding: envelope).token)
        } catch {
            metrics.malformed.increment()
            logger.debug("a control message cannot be understood", metadata: ["reason": .string(error.reason)])
        }
    }
}
