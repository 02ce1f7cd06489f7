import CRabbitMQ

/// Makes values of whole frames. What is the same in most messages is made once.
struct FrameReader: ~Copyable {
    private var arena = Arena()
    private var properties = PropertiesReader()
    private var consumerTag = RepeatedText()
    private var exchange = RepeatedText()
    private var routingKey = RepeatedText()

    /// - Parameter bytes: one frame from its first byte to its last.
    /// - Returns: nil for a kind of frame that has no meaning after the handshake.
    mutating func frame(_ bytes: UnsafeRawBufferPointer) throws(AMQPError) -> Frame? {
        guard bytes.count >= FrameEncoder.overhead, bytes[bytes.count - 1] == FrameEncoder.end else {
            throw Self.undecodable("a frame without its end")
        }
        let channel = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt16.self))
        let payload = UnsafeRawBufferPointer(rebasing: bytes[7..<bytes.count - 1])
        switch FrameKind(rawValue: bytes[0]) {
        case .method: return .method(channel, try method(payload))
        case .header: return try header(payload, channel)
        case .body: return .body(channel, [UInt8](payload))
        case .heartbeat: return .heartbeat
        case nil: return nil
        }
    }

    /// The value of a frame that the library has decoded.
    mutating func frame(_ raw: amqp_frame_t) throws(AMQPError) -> Frame? {
        switch Int32(raw.frame_type) {
        case AMQP_FRAME_METHOD: return .method(raw.channel, Method(raw.payload.method))
        case AMQP_FRAME_HEADER:
            let header = raw.payload.properties
            guard header.class_id == UInt16(AMQP_BASIC_CLASS) else { return nil }
            let bytes = UnsafeRawBufferPointer(start: header.raw.bytes, count: header.raw.len)
            guard let properties = properties.read(bytes) else { throw Self.undecodable("a content header") }
            return .header(raw.channel, bodySize: header.body_size, properties)
        case AMQP_FRAME_BODY: return .body(raw.channel, [UInt8](amqp: raw.payload.body_fragment))
        case AMQP_FRAME_HEARTBEAT: return .heartbeat
        default: return nil
        }
    }

    private mutating func header(_ bytes: UnsafeRawBufferPointer, _ channel: UInt16) throws(AMQPError) -> Frame? {
        var reader = WireReader(bytes)
        guard let contentClass = reader.integer(UInt16.self), reader.integer(UInt16.self) != nil,
            let bodySize = reader.integer(UInt64.self)
        else { throw Self.undecodable("a content header") }
        guard contentClass == UInt16(AMQP_BASIC_CLASS) else { return nil }
        guard let properties = properties.read(reader.rest) else { throw Self.undecodable("a content header") }
        return .header(channel, bodySize: bodySize, properties)
    }

    private mutating func method(_ bytes: UnsafeRawBufferPointer) throws(AMQPError) -> Method {
        var reader = WireReader(bytes)
        guard let id = reader.integer(UInt32.self) else { throw Self.undecodable("a method") }
        switch id {
        case UInt32(AMQP_BASIC_DELIVER_METHOD):
            guard let tag = reader.shortString(), let deliveryTag = reader.integer(UInt64.self),
                let flags = reader.integer(UInt8.self), let exchange = reader.shortString(),
                let routingKey = reader.shortString()
            else { throw Self.undecodable("basic.deliver") }
            return .deliver(
                consumerTag: consumerTag.text(tag), tag: deliveryTag, redelivered: flags & 1 != 0,
                exchange: self.exchange.text(exchange), routingKey: self.routingKey.text(routingKey))
        case UInt32(AMQP_BASIC_ACK_METHOD):
            guard let tag = reader.integer(UInt64.self), let flags = reader.integer(UInt8.self) else {
                throw Self.undecodable("basic.ack")
            }
            return .ack(tag: tag, multiple: flags & 1 != 0)
        default:
            defer { arena.reset() }
            return try arena.method(id, reader.rest)
        }
    }

    static func undecodable(_ what: String) -> AMQPError {
        AMQPError(.protocolViolation, "undecodable data: \(what)")
    }
}
