/// A session without a socket, and just enough of a broker to keep it going: what messages cost this side of a
/// connection, without the other side, threads and system calls. For benchmarks.
package struct SessionRehearsal: ~Copyable {
    private static let consumer: ConsumerID = 1
    /// The one channel with a consumer.
    private static let channel = ChannelNumber.firstConsumer

    private let now = Instant.now
    private var session: Session
    private var decoder: FrameDecoder
    private var encoder: FrameEncoder
    /// Of the deliveries, as they come from the broker.
    private var bytes: [UInt8] = []
    /// Where their tags are in them.
    private var tags: [Int] = []
    private var nextTag: UInt64 = 1

    /// A session that is ready, and consumes a queue.
    /// - Parameter deliveries: what `consume` brings.
    package static func start(delivering deliveries: [OutboundMessage]) throws(AMQPError) -> SessionRehearsal {
        var settings = SessionSettings()
        settings.windowMessages = .max
        settings.windowBytes = .max
        var rehearsal = SessionRehearsal(settings, try decoder(settings))
        let consumerTag = try rehearsal.open()
        try rehearsal.encode(deliveries, consumerTag: consumerTag)
        return rehearsal
    }

    private init(_ settings: SessionSettings, _ decoder: consuming FrameDecoder) {
        self.decoder = decoder
        encoder = FrameEncoder(frameMax: settings.frameMax)
        let spec = ConsumerSpec(id: Self.consumer, queue: "rehearsed", prefetch: 0, exclusive: false)
        session = Session(settings: settings, topology: Topology(), consumers: [spec], now: now)
    }

    private static func decoder(_ settings: SessionSettings) throws(AMQPError) -> FrameDecoder {
        if let decoder = FrameDecoder.standalone(frameMax: settings.frameMax) { return decoder }
        throw AMQPError(.connectFailed, "out of memory")
    }

    /// Answers what the session asks.
    /// - Returns: the tag of its subscription.
    private mutating func open() throws(AMQPError) -> String {
        var broker = try Self.decoder(session.settings)
        var consumerTag = ""
        while !session.output.isEmpty {
            let asked = [UInt8](session.output.bytes)
            session.output.consume(asked.count)
            var answers = ByteQueue()
            try Self.decode(asked, &broker) { frame in
                guard case .method(let channel, let method) = frame else { return }
                switch method {
                case .channelOpen: encoder.encode(.channelOpenOk, channel: channel, into: &answers)
                case .confirmSelect: encoder.encode(.confirmSelectOk, channel: channel, into: &answers)
                case .qos: encoder.encode(.qosOk, channel: channel, into: &answers)
                case .consume(_, let tag, _):
                    consumerTag = tag
                    encoder.encode(.consumeOk(tag: tag), channel: channel, into: &answers)
                default: break
                }
            }
            try Self.receive([UInt8](answers.bytes), &decoder, &session, now)
        }
        return consumerTag
    }

    private mutating func encode(_ messages: [OutboundMessage], consumerTag: String) throws(AMQPError) {
        var output = ByteQueue()
        for message in messages {
            // Header, class and method, then the consumer's tag.
            tags.append(output.count + 7 + 4 + 1 + consumerTag.utf8.count)
            let deliver = Method.deliver(
                consumerTag: consumerTag, tag: 0, redelivered: false, exchange: message.exchange,
                routingKey: message.routingKey)
            guard encoder.encode(deliver, channel: Self.channel, into: &output),
                encoder.encode(
                    header: message.properties, bodySize: message.body.count, channel: Self.channel, into: &output)
            else { throw AMQPError(.protocolViolation, "a message that cannot be encoded") }
            encoder.encode(body: message.body, channel: Self.channel, into: &output)
        }
        bytes = [UInt8](output.bytes)
    }

    /// Publishes messages, which the broker confirms with one answer.
    /// - Returns: how many it confirmed.
    package mutating func publish(_ messages: [OutboundMessage]) throws(AMQPError) -> Int {
        session.publish(0, messages)
        session.flush(now: now)
        session.output.consume(session.output.count)
        var answer = ByteQueue(capacity: 32)
        encoder.encode(
            .ack(tag: UInt64(session.statistics.published), multiple: true), channel: ChannelNumber.publish,
            into: &answer)
        try Self.receive([UInt8](answer.bytes), &decoder, &session, now)
        var confirmed = 0
        for case .settled(_, let outcomes) in session.effects { confirmed += outcomes.count { $0 == .confirmed } }
        session.effects.removeAll(keepingCapacity: true)
        return confirmed
    }

    /// Receives the deliveries, hands them to `take` and acknowledges them.
    package mutating func consume(_ take: ([Delivery]) -> Void) throws(AMQPError) {
        for offset in tags {
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: nextTag.bigEndian, toByteOffset: offset, as: UInt64.self) }
            nextTag += 1
        }
        try Self.receive(bytes, &decoder, &session, now)
        for (_, deliveries) in session.inbound {
            take(deliveries)
            session.acknowledge(deliveries.map(\.ticket), now: now)
        }
        session.inbound.removeAll(keepingCapacity: true)
        session.flush(now: now)
        session.output.consume(session.output.count)
    }

    private static func receive(
        _ bytes: [UInt8], _ decoder: inout FrameDecoder, _ session: inout Session, _ now: Instant
    ) throws(AMQPError) {
        try decode(bytes, &decoder) { session.receive($0, now: now) }
        for case .ended(let error) in session.effects {
            throw error ?? AMQPError(.closed, "the rehearsed session ended")
        }
    }

    private static func decode(
        _ bytes: [UInt8], _ decoder: inout FrameDecoder, _ receive: (Frame) -> Void
    ) throws(AMQPError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(AMQPError) in
                try decoder.decode(bytes) { frame throws(AMQPError) in receive(frame) }
            }
        }
        try result.get()
    }
}
