import Dispatch
package import Interpreter
package import JSONValue
package import Logging
import OrderedCollections
import Synchronization
package import Telemetry

/// The engine with its thread, its inbox and its broker.
///
/// Events gather in the inbox while a batch is being written, and under load for a moment longer (`CommitPace`): that is
/// the group commit, and the only batching there is. A serial queue is the engine's thread; it sleeps while the inbox is
/// empty and no timer is near.
package final class Engine<Store: ExecutionStore, Broker: TaskBroker>: ExecutionEngine {
    /// In a value: behind a lock as such, a function would be wrapped once more by every look at it.
    private struct ExpressReceiver {
        var take: (@Sendable (ExpressMessage) -> Void)?
    }

    private enum Admission { case turn(NextTurn), closed }

    private let broker: Broker
    let clock: any WallClock
    private let logger: Logger
    private let log: (any ExecutionLog)?
    package let partition: Int
    private let expressStarts = Mutex(ExpressReceiver())
    private let queue = DispatchQueue(label: "baton.engine", qos: .userInitiated)
    private let inbox = Mutex(Inbox())
    private let core: Mutex<EngineCore<Store.Writer, SystemRandomBuffer>>
    private let slowLane: SlowLane
    private let expressionSeconds: Double
    private let alarm: Alarm
    private let lane = ServiceLane()
    private let failure = Mutex<StoreError?>(nil)
    private let held = Mutex(HeldAcknowledgements())
    private let releaseMemory: @Sendable () -> Void
    let store: Store
    let objects: any ObjectStore
    let itemSourceBytes: Int
    let objectJobs: Int
    let jobs = AsyncStream.makeStream(of: MapRunJob.self)

    /// Opens the store's writer and recovers what was under way. Nothing happens before `run`.
    ///
    /// - Parameter releaseMemory: Gives freed memory back to the system; called when it is quiet after much has happened.
    package init(
        configuration: EngineConfiguration = .init(), store: Store, broker: Broker,
        objects: any ObjectStore = NoObjectStore(),
        clock: any WallClock = SystemClock(), log: (any ExecutionLog)? = nil, metrics: MetricsRegistry, logger: Logger,
        releaseMemory: @escaping @Sendable () -> Void = {}
    ) throws(StoreError) {
        self.store = store
        self.objects = objects
        itemSourceBytes = configuration.itemSourceBytes
        objectJobs = max(1, configuration.objectJobs)
        self.broker = broker
        self.log = log
        self.releaseMemory = releaseMemory
        partition = configuration.partition
        self.clock = clock
        self.logger = logger
        alarm = Alarm(queue: queue, clock: clock)
        slowLane = SlowLane(threads: configuration.slowThreads)
        expressionSeconds = configuration.expressionSeconds
        var core = EngineCore(
            configuration: configuration, writer: try store.makeWriter(),
            metrics: EngineMetrics(metrics, isExpress: configuration.isExpress),
            logger: logger, random: SystemRandomBuffer())
        broker.declare(try core.recover(at: clock.now()))
        self.core = Mutex(core)
    }

    /// Why the store refuses to write; nil while it works.
    package var storeFailure: StoreError? { failure.withLock { $0 } }

    /// The functions that are known to exist.
    package var knownFunctions: [String] { core.withLock { $0.knownFunctions.sorted() } }

    /// Who takes over starts that came as messages and are for EXPRESS machines. Without it they are refused.
    package func handOverExpressStarts(to receiver: @escaping @Sendable (ExpressMessage) -> Void) {
        expressStarts.withLock { $0.take = receiver }
    }

    /// Runs the broker, and with it the engine, until the calling task is cancelled.
    package func run() async {
        alarm.onFire { [weak self] in self?.submit(.wake) }
        submit(.wake)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.lane.run { [weak self] task, result in self?.submit(.serviceAnswered(task, result)) }
            }
            group.addTask { await self.runObjectJobs() }
            group.addTask { await self.broker.run { [weak self] event in self?.receive(event) } }
            await group.next()
            group.cancelAll()
        }
        close()
    }

    /// Gives the engine somebody to call for the integrations that it does not carry out itself. To be set before `run`.
    package func use(_ caller: any ServiceCaller) {
        lane.use(caller)
        core.withLock { $0.services.caller = caller }
    }

    /// Takes no more events, and returns when the last batch is on disk.
    package func close() {
        inbox.withLock { $0.isClosed = true }
        // A turn that had events asks for another when it ends, which finds an empty inbox sooner or later.
        repeat { queue.sync { drain() } } while inbox.withLock { $0.isScheduled }
        alarm.cancel()
        acknowledgeHeld()
        core.withLock { $0.noteConfirmedAtEnd() }
        // What is being computed is not on disk: after a restart it is computed anew.
        for event in core.withLock({ $0.giveUpComputations() }) { event.refuse(.shuttingDown) }
        slowLane.close()
    }

    // MARK: The loop

    func submit(_ event: EngineEvent) { submit([event]) }

    private func submit(_ events: [EngineEvent]) {
        let isUrgent = events.contains { !$0.comesFromBroker }
        let admission: Admission = inbox.withLock { inbox in
            if inbox.isClosed { return .closed }
            inbox.events += events
            if isUrgent { inbox.isUrgent = true }
            // Callers do not wait for company.
            if isUrgent, inbox.pause != nil {
                inbox.pause = nil
                return .turn(.now)
            }
            return .turn(inbox.isScheduled ? .withNextEvent : inbox.nextTurn())
        }
        switch admission {
        case .turn(let turn): schedule(turn)
        case .closed: for event in events { event.refuse(.shuttingDown) }
        }
    }

    private func schedule(_ turn: NextTurn) {
        switch turn {
        case .withNextEvent: break
        case .now: queue.async { self.drain() }
        case .afterPause(let pause):
            queue.asyncAfter(deadline: .now() + CommitPace.pause) {
                if self.inbox.withLock({ $0.pause == pause }) { self.drain() }
            }
        case .afterPatience:
            queue.asyncAfter(deadline: .now() + CommitPace.patience) {
                let isWaiting = self.inbox.withLock { inbox in
                    inbox.isPatient = false
                    return !inbox.isScheduled && !inbox.events.isEmpty
                }
                if isWaiting { self.drain() }
            }
        }
    }

    /// One turn: everything that gathered, in one commit. What gathered meanwhile gets the next turn.
    private func drain() {
        let events = inbox.withLock { inbox in
            let events = inbox.events
            inbox.events = []
            inbox.isScheduled = !events.isEmpty
            inbox.isUrgent = false
            inbox.pause = nil
            return events
        }
        guard !events.isEmpty else { return }
        let now = clock.now()
        let (effects, deadline, failed) = core.withLock { core in
            let began = ContinuousClock.now
            let effects = core.process(events, at: now)
            core.timerPace.adjust(to: .now - began)
            return (UncheckedSending(effects), core.nextDeadline(at: clock.now()), core.storeFailure)
        }
        failure.withLock { $0 = failed }
        if effects.value.awaitsDelivery { inbox.withLock { $0.awaitsDeliveries = true } }
        carryOut(effects.value)
        alarm.set(deadline, now: clock.now())
        let handled = events.count(where: \.comesFromBroker)
        schedule(
            inbox.withLock { inbox in
                guard !inbox.isUrgent, CommitPace.pauses(after: handled, waiting: inbox.events.count) else {
                    return inbox.nextTurn()
                }
                inbox.lastPause += 1
                inbox.pause = inbox.lastPause
                return .afterPause(inbox.lastPause)
            })
    }

    private func carryOut(_ effects: Effects) {
        for reply in effects.replies { reply() }
        for job in effects.mapRunJobs { jobs.continuation.yield(job) }
        if !effects.giveBack.isEmpty { broker.giveBack(effects.giveBack) }
        for (delivery, reason) in effects.bury { broker.bury(delivery, reason: reason) }
        if !effects.declare.isEmpty { broker.declare(effects.declare) }
        if !effects.publish.isEmpty { broker.publish(effects.publish.values.elements) }
        if !effects.send.isEmpty { broker.send(effects.send) }
        acknowledge(effects.acknowledge)
        if !effects.cancel.isEmpty { broker.cancel(tokens: effects.cancel) }
        if !effects.announce.isEmpty { broker.announce(effects.announce) }
        for call in effects.calls { lane.submit(call) }
        if !effects.log.isEmpty { log?.write(effects.log) }
        if !effects.handOver.isEmpty { handOver(effects.handOver) }
        if effects.releasesMemory { releaseMemory() }
        for cancellation in effects.abandon { cancellation.cancel() }
        for computation in effects.compute {
            slowLane.submit { [weak self] in self?.compute(computation) }
        }
    }

    /// After what follows from the deliveries is on its way: the broker writes both to disk, one after the other.
    private func acknowledge(_ deliveries: [BrokerDelivery]) {
        switch held.withLock({ $0.add(deliveries) }) {
        case .nothing: break
        case .later: queue.asyncAfter(deadline: .now() + HeldAcknowledgements.patience) { self.acknowledgeHeld() }
        case .now: acknowledgeHeld()
        }
    }

    private func acknowledgeHeld() {
        let deliveries = held.withLock { $0.take() }
        if !deliveries.isEmpty { broker.acknowledge(deliveries) }
    }

    /// On a thread of the slow lane.
    private func compute(_ computation: Computation) {
        guard !computation.cancellation.isCancelled else { return }
        var random = SystemRandomNumberGenerator()
        let watch = computation.watch(secondsPerExpression: expressionSeconds)
        submit(.computed(computation.run(at: clock.now(), watch: watch, using: &random)))
    }

    private func handOver(_ messages: [ExpressMessage]) {
        let receiver = expressStarts.withLock { $0.take }
        for message in messages {
            if let receiver {
                receiver(message)
            } else if let delivery = message.start.delivery {
                broker.bury(delivery, reason: ServiceError.typeNotSupported.description)
            }
        }
    }

    private func receive(_ event: BrokerEvent) {
        switch event {
        case .ready: submit(.brokerReady)
        case .disconnected: submit(.brokerLost)
        case .missing(let missing, let create): submit(.missing(missing, create: create))
        case .declared: submit(.declared)
        case .recreated(let targets, let delivery): submit(.recreated(targets, delivery))
        case .published(let results): submit(.published(results))
        case .sent(let numbers): submit(.sent(numbers))
        case .sendFailed(let numbers): submit(.sendFailed(numbers))
        case .answers(let answers): submit(answers.map { .answer($0) })
        case .starts(let starts): submit(starts.map { .startMessage($0) })
        }
    }

    // MARK: ExecutionEngine

    package func start(_ request: StartRequest) async throws(ServiceError) -> StartedExecution {
        let command = try StartCommand(request)
        return try await ask { .start(command, $0) }
    }

    package func start(
        _ request: StartRequest, reply: @escaping @Sendable (Result<StartedExecution, ServiceError>?) -> Void
    ) {
        do throws(ServiceError) {
            submit(.start(try StartCommand(request)) { reply($0) })
        } catch {
            reply(.failure(error))
        }
    }

    package func stop(executionARN: String, failure: StateFailure) async throws(ServiceError) -> Timestamp {
        try await ask { .stop(executionARN: executionARN, failure, $0) }
    }

    package func redrive(executionARN: String, clientToken: String?) async throws(ServiceError) -> Timestamp {
        try await ask { .redrive(executionARN: executionARN, clientToken: clientToken, $0) }
    }

    package func answer(token: String, _ answer: TokenAnswer) async throws(ServiceError) {
        try await ask { .tokenAnswer(token: token, answer, $0) }
    }

    package func takeTask(
        activityARN: String, worker: String?, timeout: Duration
    ) async throws(ServiceError) -> HandedOutTask? {
        let name = try await transact { writer in
            guard let activity = try writer.activity(arn: activityARN) else {
                throw ServiceError(.activityDoesNotExist, "Activity Does Not Exist: '\(activityARN)'")
            }
            return ([], activity.name)
        }
        let deadline = ContinuousClock.now + timeout
        while true {
            let remaining = ContinuousClock.now.duration(to: deadline)
            guard remaining > .zero, let taken = await broker.take(activity: name, timeout: remaining) else {
                return nil
            }
            if Task.isCancelled {
                broker.giveBack([taken.delivery])
                return nil
            }
            if let task = try await ask({ .taken(taken, worker: worker, $0) }) { return task }
        }
    }

    package func update(mapRunARN: String, _ change: MapRunChange) async throws(ServiceError) {
        try await ask { .updateMapRun(arn: mapRunARN, change, $0) }
    }

    package func handBack(token: String) { submit(.handBack(token: token)) }

    package func transact<Value: Sendable>(
        _ body: @escaping @Sendable (any StoreWriter) throws -> (operations: [WriteOperation], result: Value)
    ) async throws(ServiceError) -> Value {
        try await ask { reply in
            .transact(
                Transaction { writer in
                    let (operations, result) = try body(writer)
                    return (operations, { reply(.success(result)) })
                } failed: { error in
                    let refusal = error as? ServiceError ?? ServiceError(.internalFailure, "\(error)")
                    reply(.failure(refusal))
                })
        }
    }

    func ask<Value: Sendable>(
        _ event: (@escaping Reply<Value>) -> EngineEvent
    ) async throws(ServiceError) -> Value {
        let result: Result<Value, ServiceError> = await withCheckedContinuation { continuation in
            submit(event { continuation.resume(returning: $0) })
        }
        return try result.get()
    }
}

extension ServiceError {
    fileprivate static let shuttingDown = ServiceError(.serviceUnavailable, "Baton is shutting down.")
}

extension StartCommand {
    /// Parses the input here, on the caller's thread: the engine's own has better things to do.
    fileprivate init(_ request: StartRequest) throws(ServiceError) {
        let input: JSON
        do throws(JSONError) {
            input = try JSON(parsing: request.input)
        } catch {
            throw ServiceError(.invalidExecutionInput, InvalidInput.message(for: request.input, error))
        }
        self.init(
            stateMachineARN: request.stateMachineARN, name: request.name, inputText: request.input, input: input,
            traceHeader: request.traceHeader)
    }
}

extension EngineEvent {
    /// Tells whoever waits that nothing will come of it.
    fileprivate func refuse(_ error: ServiceError) {
        switch self {
        case .start(_, let reply): reply(.failure(error))
        case .resolve(_, let reply): reply(.failure(error))
        case .startExpress(_, let caller): caller.refuse(error)
        case .drain(_, let reply): reply(.success(()))
        case .stop(_, _, let reply): reply(.failure(error))
        case .redrive(_, _, let reply): reply(.failure(error))
        case .tokenAnswer(_, _, let reply): reply(.failure(error))
        case .taken(_, _, let reply): reply(.failure(error))
        case .transact(let transaction): transaction.failed(error)
        case .mapItems(_, let reply): reply(.failure(error))
        case .updateMapRun(_, _, let reply): reply(.failure(error))
        // What came from the broker is not acknowledged, and so comes again after the restart.
        default: break
        }
    }
}

/// A value that is made under a lock and used after it by the same thread.
// Proof: `Effects` holds value types and @Sendable closures only, and the one thread that made it consumes it.
private struct UncheckedSending<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
