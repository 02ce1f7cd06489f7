import CBatonShims
import Logging

/// The body of a connection's thread. A function of its own: a closure written inside an isolated function would inherit
/// that isolation and trap on another thread.
func runConnectionThread(_ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    let core = Unmanaged<ConnectionCore>.fromOpaque(argument).takeRetainedValue()
    ConnectionThread(core).run()
    core.ended()
}

/// Connects, serves the session, waits, and starts again; all on one thread.
final class ConnectionThread {
    private let core: ConnectionCore
    private let configuration: AMQPConfiguration
    private let logger: Logger
    private let clock = ContinuousClock()

    private var commands: [ConnectionCore.Command] = []
    private var handlers: [ConsumerID: ConnectionCore.Handler] = [:]
    private var requests: [RequestID: ConnectionCore.RequestContinuation] = [:]
    private var completions: [BatchID: (count: Int, call: ConnectionCore.Completion)] = [:]
    private var nextID = 1
    private var nextEpoch: UInt64 = 1
    private var sessions = 0
    private var failures = 0
    private var serverInfo: ServerInfo?
    private var isReady = false
    private var blockedReason: String?
    private var sessionError: AMQPError?
    private var lastLogged: AMQPError?

    init(_ core: ConnectionCore) {
        self.core = core
        configuration = core.configuration
        var logger = configuration.logger
        logger[metadataKey: "amqp"] = .string(configuration.connectionName)
        self.logger = logger
    }

    func run() {
        while core.drainUntil == nil {
            do {
                let connection = try LibraryConnection(configuration, socketOpened: core.setHandshakeSocket)
                try serve(connection)
            } catch {
                lost(error)
            }
            pause()
        }
    }

    // MARK: Between connections

    private func lost(_ error: AMQPError) {
        core.setStatus(.connecting(lastError: error))
        // An absent broker is one warning, not one per attempt.
        logger.log(
            level: error == lastLogged ? .debug : .warning, "not connected",
            metadata: ["url": .string(configuration.url.redacted), "error": .string(error.description)])
        lastLogged = error
    }

    private func pause() {
        let limits = configuration.reconnectDelay
        let longest = min(limits.upperBound, limits.lowerBound * (1 << min(failures, 20)))
        failures += 1
        let until = clock.now + longest * Double.random(in: 0.5...1)
        while core.drainUntil == nil, clock.now < until {
            _ = poll(socket: -1, interest: 0, until: until)
        }
    }

    private func poll(socket: Int32, interest: Int32, until: Instant?) -> Int32 {
        var timeout: Int32 = -1
        if let until {
            // Rounded up: waking a moment too early would only spin.
            timeout = Int32(clamping: max(0, (until - clock.now).milliseconds + 1))
        }
        let result = baton_poll(core.wakeup.read_fd, socket, interest, timeout)
        withUnsafePointer(to: core.wakeup) { baton_wakeup_drain($0) }
        return result
    }

    // MARK: Connected

    private func serve(_ connection: LibraryConnection) throws(AMQPError) {
        let info = connection.serverInfo
        var settings = SessionSettings()
        settings.frameMax = info.frameMax
        settings.channelMax = info.channelMax
        settings.heartbeat = .seconds(info.heartbeat)
        settings.replyTimeout = configuration.replyTimeout
        settings.acceptsForeignTopology = configuration.acceptsForeignTopology
        settings.tellsWhatIsMissing = core.onMissing != nil
        settings.windowMessages = max(1, configuration.confirmWindow.messages)
        settings.windowBytes = configuration.confirmWindow.bytes
        let transport: any Transport
        if connection.isTLS {
            guard let tls = TLSTransport(connection, frameMax: info.frameMax) else {
                throw AMQPError(.connectFailed, "out of memory")
            }
            transport = tls
        } else {
            transport = PlainTransport(connection)
        }

        serverInfo = info
        sessions += 1
        isReady = false
        blockedReason = nil
        sessionError = nil
        let (topology, registrations) = core.goLive()
        handlers = Dictionary(uniqueKeysWithValues: registrations.map { ($0.spec.id, $0.handler) })
        var session = Session(
            settings: settings, topology: topology, consumers: registrations.map(\.spec), firstEpoch: nextEpoch,
            now: clock.now)
        session.statistics = core.statistics
        serve(&session, transport)

        nextEpoch = session.nextEpoch
        core.takeCommands(into: &commands, session.statistics)
        refuse(commands + core.goDown())
        commands = []
        answerTheRest()
        if isReady { failures = 0 }
        if let error = sessionError { throw error }
    }

    private func serve(_ session: inout Session, _ transport: any Transport) {
        // The library may hold data from the handshake on, which poll does not see.
        var mayHaveMore = true
        while true {
            var now = clock.now
            if mayHaveMore {
                do throws(AMQPError) {
                    mayHaveMore = try transport.receive(into: &session, now: now)
                } catch {
                    session.disconnected(error)
                }
            }
            now = clock.now
            apply(&session, now: now)
            let drainUntil = core.drainUntil
            if let drainUntil, now >= drainUntil || !session.hasUnsettledMessages {
                session.close(deadline: now + .seconds(2))
            }
            session.handleTimeout(now: now)
            session.flush(now: now)
            do throws(AMQPError) {
                try transport.send(from: &session, now: now)
            } catch {
                session.disconnected(error)
            }
            if session.isEnded { core.sessionEnded() }
            perform(&session)
            if session.isEnded { return }

            if mayHaveMore { continue }
            var until = session.nextDeadline
            if let drainUntil, now < drainUntil { until = min(until ?? drainUntil, drainUntil) }
            let interest = BATON_READABLE | (session.output.isEmpty ? 0 : BATON_WRITABLE)
            let ready = poll(socket: transport.socket, interest: interest, until: until)
            mayHaveMore = ready & BATON_READABLE != 0
        }
    }

    // MARK: Commands

    private func newID() -> Int {
        defer { nextID += 1 }
        return nextID
    }

    private func apply(_ session: inout Session, now: Instant) {
        var statistics = session.statistics
        statistics.unconfirmed = session.publisher.ring.count
        statistics.queued = session.publisher.queuedMessages
        core.takeCommands(into: &commands, statistics)
        for command in commands { apply(command, &session, now: now) }
        commands.removeAll(keepingCapacity: true)
    }

    private func request(_ continuation: ConnectionCore.RequestContinuation) -> RequestID {
        let id = newID()
        requests[id] = continuation
        return id
    }

    private func apply(_ command: ConnectionCore.Command, _ session: inout Session, now: Instant) {
        if session.isEnded { return refuse([command]) }
        switch command {
        case .publish(let messages, let completion):
            let id = newID()
            completions[id] = (messages.count, completion)
            session.publish(id, messages)
        case .acknowledge(let tickets): session.acknowledge(tickets, now: now)
        case .giveBack(let tickets, let requeue): session.giveBack(tickets, requeue: requeue, now: now)
        case .declare(let topology, let continuation):
            session.declare(request(continuation), topology, now: now)
        case .forgetQueue(let queue): session.topology.remove(queue: queue)
        case .forgetExchange(let exchange): session.topology.remove(exchange: exchange)
        case .delete(let queue, let continuation): session.delete(request(continuation), queue: queue, now: now)
        case .purge(let queue, let continuation): session.purge(request(continuation), queue: queue, now: now)
        case .inspect(let queue, let continuation): session.inspect(request(continuation), queue: queue, now: now)
        case .get(let queue, let continuation): session.get(request(continuation), queue: queue, now: now)
        case .consume(let spec, let handler, let continuation):
            // A session that was made meanwhile has it from the registry.
            guard handlers[spec.id] == nil else { return continuation.resume(returning: .success(.done)) }
            handlers[spec.id] = handler
            session.consume(request(continuation), spec, now: now)
        case .cancel(let id, let requeue, let continuation):
            session.cancel(request(continuation), id, requeue: requeue, now: now)
        case .setPrefetch(let prefetch, let id): session.setPrefetch(prefetch, id, now: now)
        case .open(let gate, let number): if number == sessions { session.open(gate: gate, now: now) }
        }
    }

    /// Answers commands that no session will take.
    private func refuse(_ commands: [ConnectionCore.Command]) {
        let error = AMQPError(.connectionLost, "the connection to the broker was lost")
        for command in commands {
            switch command {
            case .publish(let messages, let completion): completion(messages.map { _ in .lost })
            case .declare(_, let continuation): continuation.resume(returning: .success(.declared([])))
            case .delete(_, let continuation), .purge(_, let continuation), .inspect(_, let continuation),
                .get(_, let continuation):
                continuation.resume(returning: .failure(error))
            case .consume(_, _, let continuation), .cancel(_, _, let continuation):
                continuation.resume(returning: .success(.done))
            case .acknowledge, .giveBack, .forgetQueue, .forgetExchange, .setPrefetch, .open: break
            }
        }
    }

    /// The session answers everything it was asked before it ends. Should it ever miss one, nobody may wait for ever.
    private func answerTheRest() {
        if requests.isEmpty, completions.isEmpty { return }
        logger.error("unanswered", metadata: ["requests": "\(requests.count)", "batches": "\(completions.count)"])
        for continuation in requests.values {
            continuation.resume(
                returning: .failure(AMQPError(.connectionLost, "the connection to the broker was lost")))
        }
        for completion in completions.values {
            completion.call(Array(repeating: .lost, count: completion.count))
        }
        requests = [:]
        completions = [:]
    }

    // MARK: Effects

    private func perform(_ session: inout Session) {
        if !session.inbound.isEmpty {
            var inbound: [(consumer: ConsumerID, deliveries: [Delivery])] = []
            swap(&inbound, &session.inbound)
            for (consumer, deliveries) in inbound { handlers[consumer]?(deliveries) }
        }
        while !session.effects.isEmpty {
            var effects: [Effect] = []
            swap(&effects, &session.effects)
            for effect in effects { perform(effect) }
        }
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .reply(let id, let result): requests.removeValue(forKey: id)?.resume(returning: result)
        case .settled(let id, let outcomes): completions.removeValue(forKey: id)?.call(outcomes)
        case .topologyRecovered(let createdAnew):
            if !createdAnew.isEmpty {
                logger.info("queues created", metadata: ["queues": .array(createdAnew.map { .string($0) })])
            }
            core.onTopologyRecovered?(createdAnew)
        case .unanswered(let queue): core.onUnanswered?(queue)
        case .missing(let gate, let queues):
            core.onMissing?(queues) { [core, sessions] in _ = core.post(.open(gate, session: sessions)) }
        case .ready:
            isReady = true
            lastLogged = nil
            core.becomeReady()
            logger.info(
                "connected",
                metadata: [
                    "url": .string(configuration.url.redacted),
                    "broker": .string("\(serverInfo?.product ?? "") \(serverInfo?.version ?? "")"),
                ])
            reportStatus()
        case .blocked(let reason):
            blockedReason = reason
            logger.warning("the broker blocks publishing", metadata: ["reason": .string(reason)])
            reportStatus()
        case .unblocked:
            blockedReason = nil
            logger.info("the broker takes messages again")
            reportStatus()
        case .refused(let id):
            handlers[id] = nil
            core.unregister(id)
        case .warning(let text): logger.warning("\(text)")
        case .ended(let error): sessionError = error
        }
    }

    private func reportStatus() {
        guard isReady, let serverInfo else { return }
        core.setStatus(blockedReason.map { .blocked(reason: $0) } ?? .connected(serverInfo))
    }
}
