import CRabbitMQ

/// Values to wire bytes: publications and acknowledgements directly, all other methods by librabbitmq's encoders.
///
/// Callers check that names fit 255 bytes: neither does it.
struct FrameEncoder: ~Copyable {
    /// Header (type, channel, size) and end mark.
    static let overhead = 8
    /// Class, weight and size of the body, before the properties.
    private static let contentOverhead = 12
    static let end: UInt8 = 0xCE

    let frameMax: Int
    private var arena = Arena()

    init(frameMax: Int) { self.frameMax = frameMax }

    /// - Returns: false where the frame would exceed the negotiated size; nothing is appended then.
    @discardableResult
    mutating func encode(_ method: Method, channel: UInt16, into output: inout ByteQueue) -> Bool {
        if case .ack(let tag, let multiple) = method {
            return Self.frame(.method, channel: channel, atMost: 13, into: &output) { writer in
                writer.put(UInt32(AMQP_BASIC_ACK_METHOD))
                writer.put(tag)
                writer.put(UInt8(multiple ? 1 : 0))
            }
        }
        defer { arena.reset() }
        return Self.frame(.method, channel: channel, atMost: frameMax - Self.overhead, into: &output) { writer in
            writer.fill { room in
                let size = MethodWriter(room: room).write(method, &arena)
                return size < 0 ? nil : size
            }
        }
    }

    /// Appends a publication: method, header and as many body frames as needed.
    /// - Returns: false where the method or the properties exceed a frame; nothing is appended then.
    func encode(_ message: OutboundMessage, channel: UInt16, into output: inout ByteQueue) -> Bool {
        let method = 4 + 2 + 1 + message.exchange.utf8.count + 1 + message.routingKey.utf8.count + 1
        let properties = message.properties.encodedSize
        let header = Self.contentOverhead + properties
        guard max(method, header) + Self.overhead <= frameMax else { return false }
        let size = method + header + 2 * Self.overhead + bodySize(of: message.body)
        return output.append(atMost: size) { room in
            var writer = WireWriter(room)
            Self.begin(.method, channel: channel, size: method, &writer)
            writer.put(UInt32(AMQP_BASIC_PUBLISH_METHOD))
            writer.put(0 as UInt16)
            writer.put(shortString: message.exchange)
            writer.put(shortString: message.routingKey)
            writer.put(UInt8(message.mandatory ? 1 : 0))
            writer.put(Self.end)
            Self.begin(.header, channel: channel, size: header, &writer)
            Self.write(header: message.properties, bodySize: message.body.count, &writer)
            writer.put(Self.end)
            write(body: message.body, channel: channel, &writer)
            return writer.isWhole ? writer.position : 0
        } > 0
    }

    func encode(
        header properties: MessageProperties, bodySize: Int, channel: UInt16, into output: inout ByteQueue
    ) -> Bool {
        Self.frame(.header, channel: channel, atMost: frameMax - Self.overhead, into: &output) { writer in
            Self.write(header: properties, bodySize: bodySize, &writer)
        }
    }

    func encode(body: [UInt8], channel: UInt16, into output: inout ByteQueue) {
        output.append(atMost: bodySize(of: body)) { room in
            var writer = WireWriter(room)
            write(body: body, channel: channel, &writer)
            return writer.position
        }
    }

    /// Of the frames that a body needs.
    private func bodySize(of body: [UInt8]) -> Int {
        let most = frameMax - Self.overhead
        return body.count + (body.count + most - 1) / most * Self.overhead
    }

    private func write(body: [UInt8], channel: UInt16, _ writer: inout WireWriter) {
        body.withUnsafeBytes { body in
            var offset = 0
            while offset < body.count {
                let size = min(body.count - offset, frameMax - Self.overhead)
                Self.begin(.body, channel: channel, size: size, &writer)
                writer.put(UnsafeRawBufferPointer(rebasing: body[offset..<offset + size]))
                writer.put(Self.end)
                offset += size
            }
        }
    }

    static func encodeHeartbeat(into output: inout ByteQueue) {
        output.append(atMost: overhead) { room in
            var writer = WireWriter(room)
            begin(.heartbeat, channel: 0, size: 0, &writer)
            writer.put(end)
            return writer.position
        }
    }

    /// - Returns: false where the payload has more than `atMost` bytes; nothing is appended then.
    @discardableResult
    private static func frame(
        _ kind: FrameKind, channel: UInt16, atMost size: Int, into output: inout ByteQueue,
        payload: (inout WireWriter) -> Void
    ) -> Bool {
        output.append(atMost: size + overhead) { room in
            let payloadRoom = UnsafeMutableRawBufferPointer(rebasing: room[7..<7 + size])
            var writer = WireWriter(payloadRoom)
            payload(&writer)
            guard writer.isWhole else { return 0 }
            var header = WireWriter(room)
            begin(kind, channel: channel, size: writer.position, &header)
            room[7 + writer.position] = end
            return writer.position + overhead
        } > 0
    }

    private static func begin(_ kind: FrameKind, channel: UInt16, size: Int, _ writer: inout WireWriter) {
        writer.put(kind.rawValue)
        writer.put(channel)
        writer.put(UInt32(size))
    }

    private static func write(header properties: MessageProperties, bodySize: Int, _ writer: inout WireWriter) {
        writer.put(UInt16(AMQP_BASIC_CLASS))
        writer.put(0 as UInt16)
        writer.put(UInt64(bodySize))
        properties.write(into: &writer)
    }
}

/// What a frame brings (AMQP 0-9-1, 4.2.3).
enum FrameKind: UInt8 {
    case method = 1
    case header = 2
    case body = 3
    case heartbeat = 8
}
