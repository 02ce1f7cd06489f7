import NIOCore
import NIOHTTPTypes
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Sees what becomes of a connection while a request of it is answered, and ends requests that arrive too slowly.
///
/// A client that is gone shows as the end of its input (it closed the connection), as an error (it reset it) or as
/// nothing at all, which TCP's keep-alive turns into an error within a minute.
final class ConnectionWatcher: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    let connection = WatchedConnection()
    private let requestDeadline: TimeAmount
    private let arrival = Mutex<Scheduled<Void>?>(nil)

    /// - Parameter requestDeadline: from a request's head to its last byte.
    init(requestDeadline: TimeAmount) { self.requestDeadline = requestDeadline }

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
            let channel = context.channel
            let scheduled = context.eventLoop.scheduleTask(in: requestDeadline) { channel.close(promise: nil) }
            arrival.withLock { $0 = scheduled }
        case .end:
            arrival.withLock { $0.take() }?.cancel()
        case .body:
            break
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { connection.inputEnded() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IOError { connection.failed() }
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        arrival.withLock { $0.take() }?.cancel()
        connection.inputEnded()
        context.fireChannelInactive()
    }
}

/// A connection's fate, for whoever answers its requests.
final class WatchedConnection: Sendable {
    /// Fires when the client closed the connection or lost it.
    let hangUp = OneShot()
    private let unread = Mutex<(@Sendable () -> Void)?>(nil)

    /// A response was written that matters. Should the connection break before the client closes it properly or sends
    /// its next request, the client has not read it.
    func wrote(_ undelivered: @escaping @Sendable () -> Void) { unread.withLock { $0 = undelivered } }

    func nextRequestBegan() { unread.withLock { $0 = nil } }

    func inputEnded() {
        unread.withLock { $0 = nil }
        hangUp.fire()
    }

    func failed() {
        unread.withLock { $0.take() }?()
        hangUp.fire()
    }
}
