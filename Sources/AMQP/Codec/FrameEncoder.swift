import CRabbitMQ

/// Values to wire bytes, by librabbitmq's encoders.
///
/// Callers check that names fit 255 bytes: the library truncates the length byte instead of failing.
struct FrameEncoder: ~Copyable {
    /// Header (type, channel, size) and end mark.
    static let overhead = 8
    private static let end: UInt8 = 0xCE

    let frameMax: Int
    private var arena = Arena()

    init(frameMax: Int) { self.frameMax = frameMax }

    /// - Returns: false where the frame would exceed the negotiated size; nothing is appended then.
    @discardableResult
    mutating func encode(_ method: Method, channel: UInt16, into output: inout ByteQueue) -> Bool {
        defer { arena.reset() }
        let frameMax = frameMax
        return Self.frame(1, channel: channel, frameMax: frameMax, into: &output) { room in
            // The arena is a separate field, so the closure borrows only that.
            Self.payload(of: method, arena: &arena, into: room)
        }
    }

    /// Appends a publication: method, header and as many body frames as needed.
    /// - Returns: false where the method or the properties exceed a frame; nothing is appended then.
    mutating func encode(_ message: OutboundMessage, channel: UInt16, into output: inout ByteQueue) -> Bool {
        let before = output.count
        let method = Method.publish(
            exchange: message.exchange, routingKey: message.routingKey, mandatory: message.mandatory)
        guard encode(method, channel: channel, into: &output) else { return false }
        guard
            encode(
                header: message.properties, bodySize: message.body.count, channel: channel, into: &output)
        else {
            output.truncate(to: before)
            return false
        }
        encode(body: message.body, channel: channel, into: &output)
        return true
    }

    mutating func encode(
        header properties: MessageProperties, bodySize: Int, channel: UInt16, into output: inout ByteQueue
    ) -> Bool {
        defer { arena.reset() }
        let frameMax = frameMax
        return Self.frame(2, channel: channel, frameMax: frameMax, into: &output) { room in
            guard room.count > 12 else { return -1 }
            room.storeBytes(of: UInt16(AMQP_BASIC_CLASS).bigEndian, toByteOffset: 0, as: UInt16.self)
            room.storeBytes(of: 0, toByteOffset: 2, as: UInt16.self)
            room.storeBytes(of: UInt64(bodySize).bigEndian, toByteOffset: 4, as: UInt64.self)
            var raw = Self.properties(properties, arena: &arena)
            let rest = amqp_bytes_t(len: room.count - 12, bytes: room.baseAddress.map { $0 + 12 })
            let size = amqp_encode_properties(UInt16(AMQP_BASIC_CLASS), &raw, rest)
            return size < 0 ? -1 : 12 + Int(size)
        }
    }

    func encode(body: [UInt8], channel: UInt16, into output: inout ByteQueue) {
        body.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let size = min(bytes.count - offset, frameMax - Self.overhead)
                Self.frame(3, channel: channel, frameMax: size + Self.overhead, into: &output) { room in
                    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size]))
                    return size
                }
                offset += size
            }
        }
    }

    static func encodeHeartbeat(into output: inout ByteQueue) {
        frame(8, channel: 0, frameMax: overhead, into: &output) { _ in 0 }
    }

    @discardableResult
    private static func frame(
        _ type: UInt8, channel: UInt16, frameMax: Int, into output: inout ByteQueue,
        payload: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Bool {
        output.append(atMost: frameMax) { room in
            let size = payload(UnsafeMutableRawBufferPointer(rebasing: room[7..<frameMax - 1]))
            guard size >= 0 else { return 0 }
            room[0] = type
            room.storeBytes(of: channel.bigEndian, toByteOffset: 1, as: UInt16.self)
            room.storeBytes(of: UInt32(size).bigEndian, toByteOffset: 3, as: UInt32.self)
            room[7 + size] = end
            return size + overhead
        } > 0
    }

    private static func payload(
        of method: Method, arena: inout Arena, into room: UnsafeMutableRawBufferPointer
    ) -> Int {
        MethodWriter(room: room).write(method, &arena)
    }

    private static func properties(_ source: MessageProperties, arena: inout Arena) -> amqp_basic_properties_t {
        var raw = amqp_basic_properties_t()
        var flags: Int32 = 0
        if let text = source.contentType {
            flags |= AMQP_BASIC_CONTENT_TYPE_FLAG
            raw.content_type = arena.bytes(text)
        }
        if let text = source.contentEncoding {
            flags |= AMQP_BASIC_CONTENT_ENCODING_FLAG
            raw.content_encoding = arena.bytes(text)
        }
        if let text = source.correlationID {
            flags |= AMQP_BASIC_CORRELATION_ID_FLAG
            raw.correlation_id = arena.bytes(text)
        }
        if let text = source.replyTo {
            flags |= AMQP_BASIC_REPLY_TO_FLAG
            raw.reply_to = arena.bytes(text)
        }
        if let text = source.expiration {
            flags |= AMQP_BASIC_EXPIRATION_FLAG
            raw.expiration = arena.bytes(text)
        }
        if let text = source.messageID {
            flags |= AMQP_BASIC_MESSAGE_ID_FLAG
            raw.message_id = arena.bytes(text)
        }
        if let text = source.type {
            flags |= AMQP_BASIC_TYPE_FLAG
            raw.type = arena.bytes(text)
        }
        if let text = source.userID {
            flags |= AMQP_BASIC_USER_ID_FLAG
            raw.user_id = arena.bytes(text)
        }
        if let text = source.appID {
            flags |= AMQP_BASIC_APP_ID_FLAG
            raw.app_id = arena.bytes(text)
        }
        if !source.headers.isEmpty {
            flags |= AMQP_BASIC_HEADERS_FLAG
            raw.headers = arena.table(source.headers)
        }
        if let mode = source.deliveryMode {
            flags |= AMQP_BASIC_DELIVERY_MODE_FLAG
            raw.delivery_mode = mode
        }
        if let priority = source.priority {
            flags |= AMQP_BASIC_PRIORITY_FLAG
            raw.priority = priority
        }
        if let timestamp = source.timestamp {
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
            raw.timestamp = UInt64(clamping: timestamp)
        }
        raw._flags = amqp_flags_t(flags)
        return raw
    }
}
