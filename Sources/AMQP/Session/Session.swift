import DequeModule

/// The client's side of one AMQP connection after its handshake, without I/O and without a clock.
///
/// Events go in by method calls that carry the time; bytes to send gather in `output`, everything else in `effects`,
/// and `nextDeadline` says when `handleTimeout` has to be called at the latest. After any call the shell sends
/// `output` and carries out `effects`; before it sends, it calls `flush` once, which writes the acknowledgements and as
/// many messages as the confirm window allows.
///
/// Life: recovering (channels open, topology is declared) → ready → closing → ended. It can end from everywhere.
struct Session: ~Copyable {
    enum Phase: Equatable {
        /// → ready, closing, ended
        case recovering
        /// → closing, ended
        case ready
        /// Waits for the broker's close-ok. → ended
        case closing(until: Instant)
        case ended
    }

    let settings: SessionSettings
    private(set) var phase = Phase.recovering
    var output = ByteQueue()
    var effects: [Effect] = []
    /// Deliveries by consumer since the shell last took them.
    var inbound: [(consumer: ConsumerID, deliveries: [Delivery])] = []
    var statistics = AMQPStatistics()

    var topology: Topology
    var channels = ChannelTable()
    /// Carries on over connections, so that a delivery of an earlier one is never mistaken.
    var nextEpoch: UInt64
    var publisher = Publisher()
    var lane = Lane()
    var consumers: [ConsumerID: ConsumerState] = [:]
    var waitingConsumers = 0
    var acknowledgedChannels: [UInt16] = []
    var lingering: [UInt16] = []
    var topologyFailures = 0
    var topologyRetry: Instant?

    private var encoder: FrameEncoder
    private(set) var blockedReason: String?
    private var lastRead: Instant
    private var lastWrite: Instant
    /// No message is given up before; what was sent while the broker blocked has its time yet to come.
    private var confirmGrace: Instant
    private var dueAnswers = 0
    private var answerDeadline: Instant

    init(
        settings: SessionSettings, topology: Topology, consumers specs: [ConsumerSpec], firstEpoch: UInt64 = 1,
        now: Instant
    ) {
        self.settings = settings
        self.topology = topology
        nextEpoch = firstEpoch
        encoder = FrameEncoder(frameMax: settings.frameMax)
        lastRead = now
        lastWrite = now
        answerDeadline = now
        confirmGrace = now
        openPublishChannel(now: now)
        for spec in specs {
            consumers[spec.id] = ConsumerState(spec: spec)
        }
        startJob(.recovery, Lane.steps(for: topology), now: now)
    }

    var isEnded: Bool { phase == .ended }

    // MARK: Time

    /// When `handleTimeout` has to be called.
    var nextDeadline: Instant? {
        if isEnded { return nil }
        var deadline: Instant?
        func consider(_ candidate: Instant) { deadline = min(deadline ?? candidate, candidate) }
        if settings.heartbeat > .zero {
            consider(lastWrite + settings.heartbeat / 2)
            consider(lastRead + settings.heartbeat * 2)
        }
        if case .closing(let until) = phase {
            consider(until)
            return deadline
        }
        if dueAnswers > 0, blockedReason == nil { consider(answerDeadline) }
        if let topologyRetry { consider(topologyRetry) }
        if let confirmDeadline { consider(confirmDeadline) }
        if waitingConsumers > 0 {
            for consumer in consumers.values {
                switch consumer.phase {
                case .waiting(let until), .subscribing(let until): consider(until)
                case .idle, .checking, .subscribed, .cancelling: break
                }
            }
        }
        return deadline
    }

    private var confirmDeadline: Instant? {
        guard blockedReason == nil, let sent = publisher.ring.oldest else { return nil }
        return max(sent + settings.confirmTimeout, confirmGrace)
    }

    mutating func handleTimeout(now: Instant) {
        if isEnded { return }
        if settings.heartbeat > .zero {
            if now >= lastRead + settings.heartbeat * 2 {
                let silence = (now - lastRead).components.seconds
                return end(AMQPError(.timedOut, "nothing received for \(silence) s; the connection is taken for dead"))
            }
            if now >= lastWrite + settings.heartbeat / 2 {
                // Behind unsent bytes another heartbeat tells the peer nothing.
                if output.isEmpty { FrameEncoder.encodeHeartbeat(into: &output) }
                lastWrite = now
            }
        }
        if case .closing(let until) = phase {
            if now >= until { end(nil) }
            return
        }
        if dueAnswers > 0, blockedReason == nil, now >= answerDeadline {
            return end(AMQPError(.timedOut, "the broker did not answer within \(settings.replyTimeout)"))
        }
        if let retry = topologyRetry, now >= retry {
            topologyRetry = nil
            startJob(.retry, Lane.steps(for: topology), now: now)
        }
        if let confirmDeadline, now >= confirmDeadline { loseUnconfirmed(now: now) }
        if waitingConsumers > 0 { resumeWaitingConsumers(now: now) }
    }

    /// The shell has sent something.
    mutating func didSend(now: Instant) { lastWrite = now }

    /// The shell has received something, even if only a part of a frame.
    mutating func didReceive(now: Instant) { lastRead = now }

    /// The shell's socket has failed or ended.
    mutating func disconnected(_ error: AMQPError) {
        if case .closing = phase { end(nil) } else { end(error) }
    }

    // MARK: Closing

    /// Starts the close handshake; `ended` comes when the broker has answered, or at `deadline`.
    mutating func close(deadline: Instant) {
        switch phase {
        case .recovering, .ready:
            flushAcknowledgements()
            send(.connectionClose(code: 200, text: "shut down"), on: 0)
            phase = .closing(until: deadline)
        case .closing, .ended: break
        }
    }

    mutating func end(_ error: AMQPError?) {
        if isEnded { return }
        phase = .ended
        let lost = error ?? AMQPError(.closed, "the connection was closed")
        publisher.loseAll(&effects, &statistics)
        // Said now or never: the next connection finds these queues in their place.
        let created = lane.jobs.flatMap(\.created)
        if !created.isEmpty { effects.append(.topologyRecovered(createdAnew: created)) }
        for request in lane.abandonAll() {
            let failure = AMQPError(.connectionLost, replyCode: lost.replyCode, lost.message)
            effects.append(.reply(request, .failure(failure)))
        }
        for channel in channels.values {
            for expectation in channel.expected {
                switch expectation {
                // The aim is reached: a cancelled subscription ends with its connection.
                case .close(let request?), .cancelForGood(_, _, let request?, _):
                    effects.append(.reply(request, .success(.done)))
                default: break
                }
            }
        }
        for consumer in consumers.values {
            // It is kept, and made on the next connection.
            if let request = consumer.request { effects.append(.reply(request, .success(.done))) }
            if let (request, _) = consumer.cancellation { effects.append(.reply(request, .success(.done))) }
        }
        consumers = [:]
        channels = ChannelTable()
        effects.append(.ended(error))
    }

    mutating func becomeReadyIfComplete(now: Instant) {
        guard phase == .recovering, lane.isRecovered, publisher.phase == .open else { return }
        phase = .ready
        effects.append(.ready)
        for id in consumers.keys.sorted() { subscribe(id, now: now) }
    }

    // MARK: Sending

    mutating func send(_ method: Method, on channel: UInt16) {
        if !encoder.encode(method, channel: channel, into: &output) {
            effects.append(.warning("a method is larger than a frame and was not sent"))
        }
    }

    mutating func send(_ method: Method, on channel: UInt16, expecting expectation: Channel.Expectation, now: Instant) {
        send(method, on: channel)
        channels[channel]?.expected.append(expectation)
        guard expectation.isPrompt else { return }
        if dueAnswers == 0 { answerDeadline = now + settings.replyTimeout }
        dueAnswers += 1
    }

    mutating func encode(_ message: OutboundMessage) -> Bool {
        encoder.encode(message, channel: ChannelNumber.publish, into: &output)
    }

    /// Writes what may be written now: acknowledgements, and messages within the window.
    mutating func flush(now: Instant) {
        if phase != .recovering, phase != .ready { return }
        flushAcknowledgements()
        if phase == .ready, blockedReason == nil { pumpMessages(now: now) }
    }

    // MARK: Receiving

    mutating func receive(_ frame: Frame, now: Instant) {
        lastRead = now
        switch frame {
        case .heartbeat: break
        case .method(0, let method): receiveConnection(method, now: now)
        case .method(let number, let method):
            if case .closing = phase { return }
            receive(method, on: number, now: now)
        case .header(let number, let bodySize, let properties):
            if case .closing = phase { return }
            receiveHeader(properties, bodySize: bodySize, on: number, now: now)
        case .body(let number, let bytes):
            if case .closing = phase { return }
            receiveBody(bytes, on: number, now: now)
        }
    }

    private mutating func receiveConnection(_ method: Method, now: Instant) {
        switch method {
        case .connectionClose(let code, let text):
            send(.connectionCloseOk, on: 0)
            if case .closing = phase { return end(nil) }
            end(AMQPError(.connectionLost, replyCode: code, "the broker closed the connection: \(text)"))
        case .connectionCloseOk:
            if case .closing = phase { end(nil) } else { violation("an unexpected connection.close-ok") }
        case .connectionBlocked(let reason):
            blockedReason = reason
            effects.append(.blocked(reason))
        case .connectionUnblocked:
            blockedReason = nil
            confirmGrace = now + settings.confirmTimeout
            answerDeadline = now + settings.replyTimeout
            effects.append(.unblocked)
        default: violation("\(method) on channel 0")
        }
    }

    mutating func violation(_ what: String) {
        end(AMQPError(.protocolViolation, "the broker sent \(what)"))
    }

    /// Takes the oldest due answer of a channel that the method can be.
    mutating func takeExpectation(for method: Method, on number: UInt16, now: Instant) -> Channel.Expectation? {
        guard let index = channels[number]?.expected.firstIndex(where: { $0.accepts(method) }) else { return nil }
        let expectation = channels[number]?.expected.remove(at: index)
        if expectation?.isPrompt == true {
            dueAnswers -= 1
            answerDeadline = now + settings.replyTimeout
        }
        return expectation
    }

    /// Forgets a channel, and the answers that can no longer come.
    mutating func removeChannel(_ number: UInt16) {
        if let channel = channels.removeValue(forKey: number) {
            dueAnswers -= channel.expected.count { $0.isPrompt }
        }
    }
}
