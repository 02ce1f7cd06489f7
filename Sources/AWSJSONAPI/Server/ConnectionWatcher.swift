import NIOCore
import NIOHTTP1
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

#if os(Linux)
/// `TCP_CLOSE` of the system's `tcp_info.tcpi_state`: where a reset takes a connection.
private let tcpClosed: UInt8 = 7
#endif

/// Sees what becomes of a connection while a request of it is answered, and ends requests that arrive too slowly.
///
/// A client that is gone shows as the end of its input (it closed the connection), as an error (it reset it) or as
/// nothing at all, which TCP's keep-alive turns into an error within a minute.
final class ConnectionWatcher: ChannelDuplexHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let connection = WatchedConnection()
    private let requestDeadline: TimeAmount
    private let arrival = Mutex(Arrival())

    /// The request that is being read.
    private struct Arrival {
        var isUnderWay = false
        var deadline: Scheduled<Void>?
    }

    private let isSecure: Bool

    /// - Parameters:
    ///   - requestDeadline: from a request's head to its last byte.
    ///   - isSecure: whether TLS lies below, where `GoodbyeHandler` sees how the connection ends.
    init(requestDeadline: TimeAmount, isSecure: Bool = false) {
        self.requestDeadline = requestDeadline
        self.isSecure = isSecure
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        _ = channel.setOption(.socketOption(.so_keepalive), value: 1)
        #if os(Linux)
        for (option, value) in [(TCP_KEEPIDLE, 20), (TCP_KEEPINTVL, 10), (TCP_KEEPCNT, 3)] as [(Int32, Int)] {
            let option = ChannelOptions.Types.SocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: option))
            _ = channel.setOption(option, value: value)
        }
        #endif
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            connection.nextRequestBegan()
            arrival.withLock { $0.isUnderWay = true }
        case .end:
            hasArrived()
        case .body:
            break
        }
        context.fireChannelRead(data)
    }

    /// Most requests come in one piece, and need no deadline.
    func channelReadComplete(context: ChannelHandlerContext) {
        let channel = context.channel
        arrival.withLock { arrival in
            guard arrival.isUnderWay, arrival.deadline == nil else { return }
            arrival.deadline = context.eventLoop.scheduleTask(in: requestDeadline) { channel.close(promise: nil) }
        }
        context.fireChannelReadComplete()
    }

    private func hasArrived() {
        let deadline = arrival.withLock { arrival in
            defer { arrival = Arrival() }
            return arrival.deadline
        }
        deadline?.cancel()
    }

    /// The server closes, before the client did: as far as can be known the answer is read, unless there already was a
    /// reset. Where the client was first, the way it ended counts.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .all, !connection.hangUp.hasFired { serverCloses(context.channel) }
        context.close(mode: mode, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            if isSecure { connection.hangUp.fire() } else { inputEnded(context.channel) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A client that closed before it read everything makes its system answer with a reset, or leaves bytes that nobody
    /// acknowledged. One that closed after it read everything does neither.
    func inputEnded(_ channel: any Channel) {
        #if os(Linux)
        check(channel) { $0.tcpi_unacked == 0 && $0.tcpi_state != tcpClosed }
        #else
        connection.isRead()
        #endif
        connection.hangUp.fire()
    }

    func serverCloses(_ channel: any Channel) {
        #if os(Linux)
        check(channel) { $0.tcpi_state != tcpClosed }
        #else
        connection.isRead()
        #endif
    }

    #if os(Linux)
    private func check(_ channel: any Channel, isRead: @escaping @Sendable (tcp_info) -> Bool) {
        guard connection.awaitsReading, let socket = channel as? any SocketOptionProvider else { return }
        // On the channel's own loop the answer is there at once.
        socket.getTCPInfo().whenComplete { [connection] result in
            if case .success(let info) = result, isRead(info) { connection.isRead() } else { connection.failed() }
        }
    }
    #endif

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IOError { connection.failed() }
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasArrived()
        connection.closed()
        context.fireChannelInactive()
    }
}

/// A connection's fate, for whoever answers its requests.
final class WatchedConnection: Sendable {
    /// A response that must not get lost.
    private enum Delivery {
        case none
        /// About to be written.
        case pending(@Sendable () -> Void)
        /// The system has it, and the client was there: it is read unless the connection breaks.
        case sent(@Sendable () -> Void)
    }

    /// Fires when the client closed the connection or lost it.
    let hangUp = OneShot()
    private let delivery = Mutex(Delivery.none)
    private let isClosed = Mutex(false)

    /// The response that is going to be written matters: `undelivered` is called if the client does not read it.
    func willWrite(_ undelivered: @escaping @Sendable () -> Void) {
        delivery.withLock { $0 = .pending(undelivered) }
        // Writing to a closed channel may go nowhere without a word.
        if isClosed.withLock({ $0 }) { failed() }
    }

    /// The system has taken it. On the channel's loop, as are the events below: so it is clear which came first.
    func responseIsWritten() {
        guard !hangUp.hasFired else { return failed() }
        delivery.withLock { delivery in
            if case .pending(let undelivered) = delivery { delivery = .sent(undelivered) }
        }
    }

    var awaitsReading: Bool {
        delivery.withLock { if case .sent = $0 { true } else { false } }
    }

    func nextRequestBegan() { delivery.withLock { $0 = .none } }

    /// The client has what was sent.
    func isRead() {
        delivery.withLock { delivery in
            if case .sent = delivery { delivery = .none }
        }
    }

    /// There is nothing left to write to: what was not written yet never will be. What was written and nobody has seen
    /// the end of (a connection may break without an error or an end of input) counts as unread: a task that is done
    /// twice is better than one that is never done.
    func closed() {
        isClosed.withLock { $0 = true }
        failed()
    }

    func failed() {
        let undelivered: (@Sendable () -> Void)? = delivery.withLock { delivery in
            defer { delivery = .none }
            switch delivery {
            case .none: return nil
            case .pending(let undelivered), .sent(let undelivered): return undelivered
            }
        }
        undelivered?()
        hangUp.fire()
    }
}
