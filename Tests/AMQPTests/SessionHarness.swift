import Testing

@testable import AMQP

/// A session with its time in the test's hand and a broker that answers what it is told to.
final class SessionHarness {
    var session: Session
    var now: ContinuousClock.Instant
    /// All effects so far; deliveries are in `deliveries`.
    var effects: [Effect] = []
    var deliveries: [Delivery] = []
    /// The queues that exist; a passive declare of another one is refused, a declare creates it.
    var queues: Set<String>
    /// Frames that the automatic broker leaves to the test.
    var answersAutomatically = true
    /// The user may declare and bind nothing.
    var refusesDeclarations = false
    private var decoder: FrameDecoder

    init(
        settings: SessionSettings = SessionSettings(), topology: Topology = Topology(), consumers: [ConsumerSpec] = [],
        queues: Set<String> = []
    ) throws {
        now = .now
        self.queues = queues
        decoder = try makeDecoder()
        session = Session(settings: settings, topology: topology, consumers: consumers, now: now)
    }

    /// A session that is ready, with what led there forgotten.
    static func ready(
        settings: SessionSettings = SessionSettings(), topology: Topology = Topology(), consumers: [ConsumerSpec] = [],
        queues: Set<String> = []
    ) throws -> SessionHarness {
        let harness = try SessionHarness(settings: settings, topology: topology, consumers: consumers, queues: queues)
        harness.settle()
        #expect(harness.effects.contains { if case .ready = $0 { true } else { false } })
        harness.effects = []
        return harness
    }

    /// Takes what the session has to send.
    func sent() -> [Frame] {
        session.flush(now: now)
        var frames: [Frame] = []
        let bytes = Array(session.output.bytes)
        session.output.consume(bytes.count)
        do {
            try bytes.withUnsafeBytes { all in
                try decoder.decode(all) { frame throws(AMQPError) in frames.append(frame) }
            }
        } catch {
            Issue.record("the session sent nonsense: \(error)")
        }
        effects += session.effects
        session.effects = []
        for (_, more) in session.inbound { deliveries += more }
        session.inbound = []
        return frames
    }

    func receive(_ frames: Frame...) {
        for frame in frames { session.receive(frame, now: now) }
    }

    func advance(_ duration: Duration) {
        now += duration
        session.handleTimeout(now: now)
    }

    /// Answers what is sent until nothing more is; returns all of it.
    @discardableResult
    func settle() -> [Frame] {
        var all: [Frame] = []
        while true {
            let frames = sent()
            if frames.isEmpty { return all }
            all += frames
            for case .method(let channel, let method) in frames { answer(method, on: channel) }
        }
    }

    private func answer(_ method: Method, on channel: UInt16) {
        let reply: Method? =
            switch method {
            case .channelOpen: .channelOpenOk
            case .channelClose: .channelCloseOk
            case .confirmSelect: .confirmSelectOk
            case .exchangeDeclare where refusesDeclarations, .queueDeclare(_, passive: false) where refusesDeclarations,
                .queueBind where refusesDeclarations:
                .channelClose(code: 403, text: "ACCESS_REFUSED")
            case .exchangeDeclare: .exchangeDeclareOk
            case .queueDeclare(let queue, passive: true) where !queues.contains(queue.name):
                .channelClose(code: 404, text: "NOT_FOUND - no queue '\(queue.name)'")
            case .queueDeclare(let queue, _): .queueDeclareOk(name: queue.name, messages: 0, consumers: 0)
            case .queueBind: .queueBindOk
            case .queuePurge: .queuePurgeOk(messages: 3)
            case .queueDelete: .queueDeleteOk(messages: 0)
            case .qos: .qosOk
            case .consume(let queue, let tag, _):
                queues.contains(queue) ? .consumeOk(tag: tag) : .channelClose(code: 404, text: "NOT_FOUND")
            case .cancel(let tag, noWait: false): .cancelOk(tag: tag)
            case .connectionClose: .connectionCloseOk
            default: nil
            }
        if case .queueDeclare(let queue, passive: false) = method { queues.insert(queue.name) }
        if let reply { receive(.method(channel, reply)) }
    }

    /// A message for the consumer on `channel`.
    func deliver(_ tag: UInt64, on channel: UInt16, body: [UInt8] = [1]) {
        receive(
            .method(channel, .deliver(consumerTag: "c", tag: tag, redelivered: false, exchange: "", routingKey: "q")),
            .header(channel, bodySize: UInt64(body.count), MessageProperties()))
        if !body.isEmpty { receive(.body(channel, body)) }
    }

    // MARK: Looking at the session, which #expect cannot hold as it cannot be copied

    var nextDeadline: ContinuousClock.Instant? { session.nextDeadline }
    var hasNoConsumers: Bool { session.consumers.isEmpty }
    func hasChannel(_ number: UInt16) -> Bool { session.channels[number] != nil }

    // MARK: Looking at effects

    var settled: [BatchID: [PublishOutcome]] {
        var all: [BatchID: [PublishOutcome]] = [:]
        for case .settled(let id, let outcomes) in effects { all[id] = outcomes }
        return all
    }

    var replies: [RequestID: Result<Reply, AMQPError>] {
        var all: [RequestID: Result<Reply, AMQPError>] = [:]
        for case .reply(let id, let result) in effects { all[id] = result }
        return all
    }

    var created: [[String]] {
        effects.compactMap { if case .topologyRecovered(let names) = $0 { names } else { nil } }
    }

    var missing: [(gate: GateID, queues: [String])] {
        effects.compactMap { if case .missing(let gate, let queues) = $0 { (gate, queues) } else { nil } }
    }

    var isReady: Bool { effects.contains { if case .ready = $0 { true } else { false } } }

    var ended: [AMQPError?] {
        effects.compactMap { if case .ended(let error) = $0 { .some(error) } else { nil } }
    }
}

extension [Frame] {
    /// The methods among them, as text: `channel name`.
    var names: [String] {
        compactMap { if case .method(let channel, let method) = $0 { "\(channel) \(method.name)" } else { nil } }
    }
}
