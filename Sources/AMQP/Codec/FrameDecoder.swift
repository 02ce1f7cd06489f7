import CRabbitMQ

/// Wire bytes to values: messages and what settles them directly, all other methods by librabbitmq's decoder.
///
/// It works on the state of a connection after its handshake, or on one of its own that never had a socket.
struct FrameDecoder: ~Copyable {
    private let state: amqp_connection_state_t
    private let ownsState: Bool
    private let frameMax: Int
    /// The library has no part of a frame that would have to be completed first.
    private var isLibraryIdle: Bool
    /// What is there of a frame that has not come as a whole.
    private var part: [UInt8] = []
    private var reader = FrameReader()

    private init(_ state: amqp_connection_state_t, owned: Bool) {
        self.state = state
        ownsState = owned
        frameMax = Int(amqp_get_frame_max(state))
        isLibraryIdle = amqp_release_buffers_ok(state) != 0
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
        var rest = bytes
        while !isLibraryIdle, !rest.isEmpty {
            let consumed = try Self.decodeOne(state, rest) { raw throws(AMQPError) in
                if let frame = try reader.frame(raw) { try receive(frame) }
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
            isLibraryIdle = amqp_release_buffers_ok(state) != 0
        }
        if !part.isEmpty {
            rest = try complete(from: rest)
            guard try part.count == sizeOfWhole() else { return }
            // Out of the decoder while it is read.
            var whole: [UInt8] = []
            swap(&whole, &part)
            let frame = whole.withUnsafeBytes { bytes in
                Result { () throws(AMQPError) in try reader.frame(bytes) }
            }
            if let frame = try frame.get() { try receive(frame) }
        }
        while let size = try checked(Self.size(of: rest)), size <= rest.count {
            let frame = UnsafeRawBufferPointer(rebasing: rest[..<size])
            rest = UnsafeRawBufferPointer(rebasing: rest[size...])
            if let frame = try reader.frame(frame) { try receive(frame) }
        }
        part.append(contentsOf: rest)
    }

    /// Adds to the part of a frame until it is whole, as far as the bytes go.
    /// - Returns: the bytes that are left.
    private mutating func complete(from bytes: UnsafeRawBufferPointer) throws(AMQPError) -> UnsafeRawBufferPointer {
        var rest = bytes
        func take(_ wanted: Int) {
            let taken = min(wanted, rest.count)
            part.append(contentsOf: rest[..<taken])
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        }
        if part.count < 7 { take(7 - part.count) }
        if let size = try sizeOfWhole() {
            part.reserveCapacity(size)
            take(size - part.count)
        }
        return rest
    }

    /// Of the frame of which there is a part; nil while its header is not there.
    private func sizeOfWhole() throws(AMQPError) -> Int? {
        try checked(part.withUnsafeBytes { Self.size(of: $0) })
    }

    /// Of the whole frame that begins there; nil while its header is not there.
    private static func size(of bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 7 else { return nil }
        return Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 3, as: UInt32.self))) + FrameEncoder.overhead
    }

    private func checked(_ size: Int?) throws(AMQPError) -> Int? {
        guard let size, size > frameMax else { return size }
        throw FrameReader.undecodable("a frame of \(size) bytes, at most \(frameMax) are allowed")
    }

    /// By the library, for the library: the frame is valid during the call.
    mutating func decodeRaw(
        _ bytes: UnsafeRawBufferPointer, _ receive: (amqp_frame_t) throws(AMQPError) -> Void
    ) throws(AMQPError) {
        var offset = 0
        while offset < bytes.count {
            offset += try Self.decodeOne(state, UnsafeRawBufferPointer(rebasing: bytes[offset...]), receive)
        }
    }

    private static func decodeOne(
        _ state: amqp_connection_state_t, _ bytes: UnsafeRawBufferPointer,
        _ receive: (amqp_frame_t) throws(AMQPError) -> Void
    ) throws(AMQPError) -> Int {
        var raw = amqp_frame_t()
        let rest = amqp_bytes_t(len: bytes.count, bytes: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        let consumed = amqp_handle_input(state, rest, &raw)
        guard consumed > 0 else {
            throw AMQPError(.protocolViolation, "undecodable data: \(String(amqpStatus: consumed))")
        }
        if raw.frame_type != 0 {
            // The frame is not needed after the call, and memory is only ever released between frames.
            defer { amqp_maybe_release_buffers_on_channel(state, raw.channel) }
            try receive(raw)
        }
        return Int(consumed)
    }
}

extension String {
    /// librabbitmq's text for a (negative) status.
    init(amqpStatus status: Int32) {
        self = amqp_error_string2(status).map { String(cString: $0) } ?? "error \(status)"
    }
}
