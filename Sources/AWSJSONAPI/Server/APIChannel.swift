import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// HTTP/1.1 with an `APIResponder` at its end: the pipeline of a connection, and the task that does what has to wait.
struct APIChannel: ServerChildChannel {
    struct Connection: ServerChildChannelValue {
        let channel: any Channel
        let jobs: AsyncStream<RequestHandler.Job>
    }

    let responder: APIResponder
    let maximumRequestBytes: Int
    let idleTimeout: TimeAmount
    /// From a request's head to its last byte; also how long a large response may take to be read.
    let transferTimeout: TimeAmount
    /// Whether TLS lies below.
    let isSecure: Bool
    let dates = DateHeader()

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            let (jobs, continuation) = AsyncStream.makeStream(of: RequestHandler.Job.self)
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = 80 * 1024
            limits.maxHeaderListSize = 80 * 1024
            limits.maxHeaderFieldCount = 1000
            let watcher = ConnectionWatcher(requestDeadline: transferTimeout, isSecure: isSecure)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers([
                ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)),
                watcher,
                RequestHandler(
                    responder: responder, maximumRequestBytes: maximumRequestBytes, connection: watcher.connection,
                    dates: dates, idleTimeout: idleTimeout, writeTimeout: transferTimeout,
                    now: channel.eventLoop.now, jobs: continuation),
            ])
            return Connection(channel: channel, jobs: jobs)
        }
    }

    func handle(value: Connection, logger: Logger) async {
        let channel = value.channel
        await withTaskCancellationHandler {
            for await job in value.jobs { await job() }
            // Ended by cancellation, unless the connection was first.
            channel.close(promise: nil)
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(mode: .input, promise: nil)
        }
    }
}
