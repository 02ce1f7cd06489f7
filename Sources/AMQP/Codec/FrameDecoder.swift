import CRabbitMQ

/// Wire bytes to values, by librabbitmq's decoder.
///
/// It works on the state of a connection after its handshake, or on one of its own that never had a socket.
struct FrameDecoder: ~Copyable {
    private let state: amqp_connection_state_t
    private let ownsState: Bool

    private init(_ state: amqp_connection_state_t, owned: Bool) {
        self.state = state
        ownsState = owned
    }

    /// - Parameter state: a connection that has logged in; the caller keeps and destroys it.
    static func borrowing(_ state: amqp_connection_state_t) -> FrameDecoder {
        FrameDecoder(state, owned: false)
    }

    /// A decoder without a connection; nil where memory is short.
    static func standalone(frameMax: Int) -> FrameDecoder? {
        guard let state = amqp_new_connection() else { return nil }
        // A fresh state expects the peer's protocol header; only between frames may the frame size be changed.
        var header: [UInt8] = Array("AMQP".utf8) + [0, 0, 9, 1]
        var frame = amqp_frame_t()
        let consumed = header.withUnsafeMutableBytes {
            amqp_handle_input(state, amqp_bytes_t(len: $0.count, bytes: $0.baseAddress), &frame)
        }
        guard consumed == 8, amqp_tune_connection(state, 0, Int32(clamping: frameMax), 0) == 0 else {
            amqp_destroy_connection(state)
            return nil
        }
        return FrameDecoder(state, owned: true)
    }

    deinit {
        if ownsState { amqp_destroy_connection(state) }
    }

    /// Decodes all complete frames and keeps what is left of a partial one for the next call.
    mutating func decode(
        _ bytes: UnsafeRawBufferPointer, _ receive: (Frame) throws(AMQPError) -> Void
    ) throws(AMQPError) {
        try decodeRaw(bytes) { raw throws(AMQPError) in
            if let frame = Frame(raw) { try receive(frame) }
        }
    }

    /// The same without the copy to a value; the frame is valid during the call.
    mutating func decodeRaw(
        _ bytes: UnsafeRawBufferPointer, _ receive: (amqp_frame_t) throws(AMQPError) -> Void
    ) throws(AMQPError) {
        var offset = 0
        while offset < bytes.count {
            var raw = amqp_frame_t()
            let rest = amqp_bytes_t(
                len: bytes.count - offset,
                bytes: UnsafeMutableRawPointer(mutating: bytes.baseAddress.map { $0 + offset }))
            let consumed = amqp_handle_input(state, rest, &raw)
            guard consumed > 0 else {
                throw AMQPError(.protocolViolation, "undecodable data: \(String(amqpStatus: consumed))")
            }
            offset += Int(consumed)
            if raw.frame_type != 0 {
                // The frame is not needed after the call, and memory is only ever released between frames.
                defer { amqp_maybe_release_buffers_on_channel(state, raw.channel) }
                try receive(raw)
            }
        }
    }
}

extension String {
    /// librabbitmq's text for a (negative) status.
    init(amqpStatus status: Int32) {
        self = amqp_error_string2(status).map { String(cString: $0) } ?? "error \(status)"
    }
}

extension Frame {
    /// Copies a decoded frame; nil for a kind of frame that has no meaning after the handshake.
    init?(_ raw: amqp_frame_t) {
        switch Int32(raw.frame_type) {
        case AMQP_FRAME_METHOD:
            self = .method(raw.channel, Method(raw.payload.method))
        case AMQP_FRAME_HEADER:
            let header = raw.payload.properties
            guard header.class_id == UInt16(AMQP_BASIC_CLASS), let decoded = header.decoded else { return nil }
            let properties = decoded.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee
            self = .header(raw.channel, bodySize: header.body_size, MessageProperties(properties))
        case AMQP_FRAME_BODY:
            self = .body(raw.channel, [UInt8](amqp: raw.payload.body_fragment))
        case AMQP_FRAME_HEARTBEAT:
            self = .heartbeat
        default:
            return nil
        }
    }
}

extension MessageProperties {
    init(_ raw: amqp_basic_properties_t) {
        func has(_ flag: Int32) -> Bool { raw._flags & amqp_flags_t(flag) != 0 }
        func text(_ flag: Int32, _ bytes: amqp_bytes_t) -> String? { has(flag) ? String(amqp: bytes) : nil }
        self.init(
            contentType: text(AMQP_BASIC_CONTENT_TYPE_FLAG, raw.content_type),
            contentEncoding: text(AMQP_BASIC_CONTENT_ENCODING_FLAG, raw.content_encoding),
            headers: has(AMQP_BASIC_HEADERS_FLAG) ? FieldTable.decode(raw.headers) : [:],
            deliveryMode: has(AMQP_BASIC_DELIVERY_MODE_FLAG) ? raw.delivery_mode : nil,
            priority: has(AMQP_BASIC_PRIORITY_FLAG) ? raw.priority : nil,
            correlationID: text(AMQP_BASIC_CORRELATION_ID_FLAG, raw.correlation_id),
            replyTo: text(AMQP_BASIC_REPLY_TO_FLAG, raw.reply_to),
            expiration: text(AMQP_BASIC_EXPIRATION_FLAG, raw.expiration),
            messageID: text(AMQP_BASIC_MESSAGE_ID_FLAG, raw.message_id),
            timestamp: has(AMQP_BASIC_TIMESTAMP_FLAG) ? Int64(clamping: raw.timestamp) : nil,
            type: text(AMQP_BASIC_TYPE_FLAG, raw.type),
            userID: text(AMQP_BASIC_USER_ID_FLAG, raw.user_id),
            appID: text(AMQP_BASIC_APP_ID_FLAG, raw.app_id)
        )
    }
}
