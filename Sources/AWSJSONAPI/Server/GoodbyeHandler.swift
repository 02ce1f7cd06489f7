import NIOCore
import Synchronization

/// Below TLS: keeps a connection whose client said goodbye until the client closed it, while an answer is on its way
/// that must not get lost.
///
/// TLS closes a connection as soon as the other side announces that it will send no more. Whether what was sent before
/// was read shows a moment later, in how the client's system ends the connection; see `ConnectionWatcher`. Until then
/// the goodbye in return waits too: a client that is gone would answer it with a reset, as if it had not read.
final class GoodbyeHandler: ChannelDuplexHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case open
        case holding(EventLoopPromise<Void>?, Scheduled<Void>)
        case closed
    }

    private let state = Mutex(State.open)
    private let goodbyes = Mutex<[(ByteBuffer, EventLoopPromise<Void>?)]>([])
    /// For clients that say goodbye and wait for the answer. Then they have read what came before it.
    private let patience: TimeAmount

    init(patience: TimeAmount = .seconds(1)) { self.patience = patience }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // After an answer, before the next request, TLS has nothing else to say.
        if watcher(context)?.connection.awaitsReading ?? false {
            goodbyes.withLock { $0.append((unwrapOutboundIn(data), promise)) }
        } else {
            writeGoodbyes(context)
            context.write(data, promise: promise)
        }
    }

    private func writeGoodbyes(_ context: ChannelHandlerContext) {
        for (data, promise) in goodbyes.withLock({ goodbyes in
            defer { goodbyes = [] }
            return goodbyes
        }) {
            context.write(wrapOutboundOut(data), promise: promise)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let isOpen = state.withLock { if case .open = $0 { true } else { false } }
        guard mode == .all, isOpen, watcher(context)?.connection.awaitsReading ?? false else {
            if mode == .all {
                release(context)
                state.withLock { $0 = .closed }
            }
            writeGoodbyes(context)
            context.flush()
            context.close(mode: mode, promise: promise)
            return
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let scheduled = context.eventLoop.scheduleTask(in: patience) {
            self.watcher(bound.value)?.serverCloses(bound.value.channel)
            self.release(bound.value)
        }
        state.withLock { $0 = .holding(promise, scheduled) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            watcher(context)?.inputEnded(context.channel)
            release(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IOError { watcher(context)?.connection.failed() }
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        writeGoodbyes(context)
        release(context)
        context.fireChannelInactive()
    }

    private func release(_ context: ChannelHandlerContext) {
        let held: (EventLoopPromise<Void>?, Scheduled<Void>)? = state.withLock { state in
            guard case .holding(let promise, let scheduled) = state else { return nil }
            state = .closed
            return (promise, scheduled)
        }
        guard let held else { return }
        held.1.cancel()
        writeGoodbyes(context)
        context.flush()
        context.close(mode: .all, promise: held.0)
    }

    private func watcher(_ context: ChannelHandlerContext) -> ConnectionWatcher? {
        try? context.pipeline.syncOperations.handler(type: ConnectionWatcher.self)
    }
}
