import CBatonShims
import CRabbitMQ

/// Moves frames between a session and a socket, without ever waiting.
protocol Transport: AnyObject {
    var socket: Int32 { get }

    /// Hands over all frames that are there.
    /// - Returns: whether more may be there that polling the socket would not show.
    func receive(into session: inout Session, now: Instant) throws(AMQPError) -> Bool

    /// Sends what the socket takes of the session's output.
    func send(from session: inout Session, now: Instant) throws(AMQPError)
}

/// Reads and writes the socket itself and uses the library as a codec only: its own calls write each frame with a system
/// call of its own, and wait without limit where the peer does not read.
final class PlainTransport: Transport {
    private let connection: LibraryConnection
    private var decoder: FrameDecoder
    private let buffer: UnsafeMutableRawBufferPointer
    private var isFirst = true

    init(_ connection: LibraryConnection) {
        self.connection = connection
        decoder = .borrowing(connection.state)
        buffer = .allocate(byteCount: 256 << 10, alignment: 16)
    }

    deinit { buffer.deallocate() }

    var socket: Int32 { connection.socket }

    func receive(into session: inout Session, now: Instant) throws(AMQPError) -> Bool {
        if isFirst {
            // What followed the handshake directly (connection.blocked, say) sits in the library's own buffer.
            isFirst = false
            var reader = FrameReader()
            try takeBuffered(connection.state, &reader, into: &session, now: now)
            // The library may have been left with a part of a frame.
            decoder = .borrowing(connection.state)
        }
        let got = baton_receive(socket, buffer.baseAddress, buffer.count)
        if baton_would_block(got) != 0 { return false }
        guard got > 0 else {
            throw AMQPError(
                .connectionLost, got == 0 ? "the broker closed the socket" : "receiving failed: errno \(-got)")
        }
        session.didReceive(now: now)
        try decoder.decode(UnsafeRawBufferPointer(rebasing: buffer[0..<got])) { frame throws(AMQPError) in
            session.receive(frame, now: now)
        }
        return got == buffer.count
    }

    func send(from session: inout Session, now: Instant) throws(AMQPError) {
        while !session.output.isEmpty {
            let bytes = session.output.bytes
            let sent = baton_send(socket, bytes.baseAddress, bytes.count)
            if baton_would_block(sent) != 0 { return }
            guard sent >= 0 else { throw AMQPError(.connectionLost, "sending failed: errno \(-sent)") }
            session.output.consume(sent)
            session.didSend(now: now)
        }
    }
}

/// For TLS, where the library keeps the cipher state to itself: its own calls, one frame at a time, and only while the
/// socket takes data. Slower than `PlainTransport`.
final class TLSTransport: Transport {
    private let connection: LibraryConnection
    /// Takes the session's output apart again, as the library sends decoded frames only.
    private var decoder: FrameDecoder
    private var reader = FrameReader()

    init?(_ connection: LibraryConnection, frameMax: Int) {
        guard let decoder = FrameDecoder.standalone(frameMax: frameMax) else { return nil }
        self.connection = connection
        self.decoder = decoder
    }

    var socket: Int32 { connection.socket }

    func receive(into session: inout Session, now: Instant) throws(AMQPError) -> Bool {
        // Decrypted data is invisible to poll, so everything has to be taken; the limit lets sending have its turn.
        for _ in 0..<4096 where !session.isEnded {
            if try !takeFrame(connection.state, &reader, into: &session, now: now) { return false }
        }
        return true
    }

    func send(from session: inout Session, now: Instant) throws(AMQPError) {
        while !session.output.isEmpty, baton_is_writable(socket) != 0 {
            let bytes = session.output.bytes
            let size = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 3, as: UInt32.self)))
            let frame = UnsafeRawBufferPointer(rebasing: bytes[0..<size + FrameEncoder.overhead])
            let state = connection.state
            try decoder.decodeRaw(frame) { raw throws(AMQPError) in
                var raw = raw
                let status = amqp_send_frame(state, &raw)
                guard status == AMQP_STATUS_OK.rawValue else {
                    throw AMQPError(.connectionLost, "sending failed: \(String(amqpStatus: status))")
                }
            }
            session.output.consume(frame.count)
            session.didSend(now: now)
        }
    }
}

/// - Returns: false where no frame is there.
private func takeFrame(
    _ state: amqp_connection_state_t, _ reader: inout FrameReader, into session: inout Session, now: Instant
) throws(AMQPError) -> Bool {
    var raw = amqp_frame_t()
    let status = baton_amqp_take_frame(state, &raw)
    if status == AMQP_STATUS_TIMEOUT.rawValue { return false }
    guard status == AMQP_STATUS_OK.rawValue else {
        throw AMQPError(.connectionLost, "receiving failed: \(String(amqpStatus: status))")
    }
    defer { amqp_maybe_release_buffers_on_channel(state, raw.channel) }
    session.didReceive(now: now)
    if let frame = try reader.frame(raw) { session.receive(frame, now: now) }
    return true
}

private func takeBuffered(
    _ state: amqp_connection_state_t, _ reader: inout FrameReader, into session: inout Session, now: Instant
) throws(AMQPError) {
    while amqp_frames_enqueued(state) != 0 || amqp_data_in_buffer(state) != 0 {
        if try !takeFrame(state, &reader, into: &session, now: now) { return }
    }
}
