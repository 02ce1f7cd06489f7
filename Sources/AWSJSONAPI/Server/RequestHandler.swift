import DequeModule
import NIOCore
import NIOExtras
import NIOHTTP1

/// One connection's requests, answered one after the other, in the order in which they came (RFC 9112 section 9.3.2).
///
/// Everything happens on the connection's event loop. What the responder cannot answer without waiting goes to the
/// connection's task, through `jobs`, and comes back as a response.
final class RequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    typealias Job = @Sendable () async -> Void

    /// The request that is being read.
    private enum Arrival {
        case none
        case gathering(HTTPRequestHead, [UInt8])
        /// It is answered already; the rest of its body is nobody's.
        case discarding
    }

    private enum Waiting {
        case request(HTTPRequestHead, APIRequest.Body)
        /// What came is not HTTP: there is nothing to read after it.
        case malformed
    }

    private let responder: APIResponder
    private let maximumRequestBytes: Int
    private let connection: WatchedConnection
    private let dates: DateHeader
    private let idleTimeout: TimeAmount
    /// For a response that does not fit into the socket's buffers.
    private let writeTimeout: TimeAmount
    private let jobs: AsyncStream<Job>.Continuation

    private var context: ChannelHandlerContext?
    private var arrival = Arrival.none
    /// Pipelined: complete, but the answer before theirs is not written.
    private var waiting = Deque<Waiting>()
    private var isAnswering = false
    private var isAdvancing = false
    /// A `read` that was asked for and waits until `waiting` is empty.
    private var owesRead = false
    /// False once the last response is written.
    private var takesRequests = true
    private var inputIsClosed = false
    private var outputIsClosed = false
    /// The server shuts down, or the connection is broken: it ends as soon as nothing is left to answer.
    private var closesWhenIdle = false
    /// Responses that the system may not have taken completely yet.
    private var largeWrites = 0
    private var lastActive: NIODeadline
    private var idleCheck: Scheduled<Void>?

    /// - Parameters:
    ///   - idleTimeout: after so long without a request the connection is closed.
    ///   - writeTimeout: a large response has so long to be read.
    ///   - jobs: takes what has to wait; each is run once, in order.
    init(
        responder: APIResponder, maximumRequestBytes: Int, connection: WatchedConnection, dates: DateHeader,
        idleTimeout: TimeAmount, writeTimeout: TimeAmount, now: NIODeadline, jobs: AsyncStream<Job>.Continuation
    ) {
        self.responder = responder
        self.maximumRequestBytes = maximumRequestBytes
        self.connection = connection
        self.dates = dates
        self.idleTimeout = idleTimeout
        self.writeTimeout = writeTimeout
        self.jobs = jobs
        lastActive = now
    }

    // MARK: What the channel tells

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        checkIdleness(in: idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard takesRequests else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            arrival = .gathering(head, [])
        case .body(let part):
            gather(part)
        case .end:
            if case .gathering(let head, let body) = arrival { waiting.append(.request(head, .bytes(body))) }
            arrival = .none
            advance()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        lastActive = context.eventLoop.now
        context.fireChannelReadComplete()
    }

    /// Requests that wait are enough of them.
    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty { context.read() } else { owesRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        advance()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        arrival = .none
        if error is HTTPParserError {
            waiting.append(.malformed)
        } else {
            closesWhenIdle = true
        }
        advance()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed as ChannelEvent:
            inputIsClosed = true
            advance()
        case is ChannelShouldQuiesceEvent:
            closesWhenIdle = true
            advance()
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func end() {
        context = nil
        idleCheck?.cancel()
        idleCheck = nil
        waiting.removeAll()
        jobs.finish()
    }

    // MARK: Requests

    private func gather(_ part: ByteBuffer) {
        guard case .gathering(let head, var body) = arrival else { return }
        guard body.count + part.readableBytes <= maximumRequestBytes else {
            arrival = .discarding
            waiting.append(.request(head, .tooLarge))
            return advance()
        }
        // Only one reference is left, so that the bytes are not copied for each part.
        arrival = .none
        body.append(contentsOf: part.readableBytesView)
        arrival = .gathering(head, body)
    }

    /// Answers what waits, as far as it can be answered, and ends the connection where nothing will come any more.
    private func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while !isAnswering, takesRequests, let context, context.channel.isWritable, let next = waiting.popFirst() {
            switch next {
            case .request(let head, let body): answer(head, body, context)
            case .malformed:
                takesRequests = false
                context.writeAndFlush(wrapOutboundOut(ResponseBytes.malformed(context.channel.allocator)), promise: nil)
            }
        }
        if !takesRequests { waiting.removeAll() }
        guard waiting.isEmpty, let context else { return }
        if !isAnswering, largeWrites == 0 { endWhereNothingComes(context) }
        if owesRead {
            owesRead = false
            context.read()
        }
    }

    private func endWhereNothingComes(_ context: ChannelHandlerContext) {
        if closesWhenIdle, !takesRequests || !isArriving {
            context.close(promise: nil)
        } else if inputIsClosed || !takesRequests, !outputIsClosed {
            // The connection ends when the client closes it, too, or by its idle time.
            outputIsClosed = true
            context.close(mode: .output, promise: nil)
        }
    }

    private var isArriving: Bool {
        if case .none = arrival { false } else { true }
    }

    private func answer(_ head: HTTPRequestHead, _ body: APIRequest.Body, _ context: ChannelHandlerContext) {
        isAnswering = true
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let form = ResponseForm(hasBody: head.method != .HEAD, isLast: !head.isKeepAlive)
        let request = APIRequest(head, body, withHeaders: responder.looksAtHeaders)
        responder.begin(request, hangUp: connection.hangUp) { answer in
            if eventLoop.inEventLoop {
                bound.value.take(answer, form)
            } else {
                eventLoop.execute { bound.value.take(answer, form) }
            }
        }
    }

    /// How a response is written, which is the request's to say.
    private struct ResponseForm {
        var hasBody: Bool
        var isLast: Bool
    }

    private func take(_ answer: APIResponder.Answer, _ form: ResponseForm) {
        switch answer {
        case .ready(let make): write(make(), form)
        case .waits(let make):
            guard let eventLoop = context?.eventLoop else { return }
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            jobs.yield {
                let response = await make()
                eventLoop.execute { bound.value.write(response, form) }
            }
        }
    }

    // MARK: Responses

    private func write(_ response: APIResponse, _ form: ResponseForm) {
        if let undelivered = response.undelivered { connection.willWrite(undelivered) }
        guard let context else { return }
        let bytes = ResponseBytes.make(
            response, date: dates.now(), withBody: form.hasBody, context.channel.allocator)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: watchWriting(of: response, context))
        isAnswering = false
        lastActive = context.eventLoop.now
        if form.isLast { takesRequests = false }
        advance()
    }

    /// Nil where nobody has to know whether the system took every byte: what only waits in a buffer goes when the
    /// channel goes.
    private func watchWriting(of response: APIResponse, _ context: ChannelHandlerContext) -> EventLoopPromise<Void>? {
        // What fits into the socket's buffers is on its way at once; more waits for the client to read.
        let isLarge = response.body.count >= 65_536
        guard isLarge || response.undelivered != nil else { return nil }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { [connection] result in
            switch result {
            case .success: connection.responseIsWritten()
            case .failure: connection.failed()
            }
        }
        if isLarge { awaitReading(written.futureResult, context) }
        return written
    }

    private func awaitReading(_ written: EventLoopFuture<Void>, _ context: ChannelHandlerContext) {
        let channel = context.channel
        let deadline = context.eventLoop.scheduleTask(in: writeTimeout) { channel.close(promise: nil) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        largeWrites += 1
        written.whenComplete { _ in
            deadline.cancel()
            bound.value.largeWrites -= 1
            bound.value.advance()
        }
    }

    // MARK: Idleness

    private func checkIdleness(in delay: TimeAmount) {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        idleCheck = context.eventLoop.scheduleTask(in: delay) { bound.value.idleTimePassed() }
    }

    private func idleTimePassed() {
        // Whoever waits for an answer has nothing to send.
        if isAnswering, !isArriving { return checkIdleness(in: idleTimeout) }
        guard let context else { return }
        let left = lastActive + idleTimeout - context.eventLoop.now
        if left <= .nanoseconds(0) { context.close(promise: nil) } else { checkIdleness(in: left) }
    }
}
