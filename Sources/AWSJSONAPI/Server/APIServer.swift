import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves an `APIResponder` over HTTP/1.1.
package struct APIServer: Sendable {
    package struct Configuration: Sendable {
        package var host: String
        /// 0 lets the system choose one.
        package var port: Int
        package var allowRemoteWithoutCredentials: Bool
        /// Whether callers have to sign: then others may reach the listener.
        package var checksCredentials: Bool
        /// Serves HTTPS with them instead of HTTP.
        package var certificates: ServerCertificates?
        /// Further connections wait to be accepted.
        package var maximumConnections: Int
        /// A connection without a request is closed after so long.
        package var idleTimeout: Duration
        /// From a request's head to its last byte; also how long a large response may take to be read.
        package var transferTimeout: Duration

        package init(
            host: String = "127.0.0.1", port: Int = 8083, allowRemoteWithoutCredentials: Bool = false,
            checksCredentials: Bool = false, certificates: ServerCertificates? = nil, maximumConnections: Int = 20_000,
            idleTimeout: Duration = .seconds(120),
            transferTimeout: Duration = .seconds(60)
        ) {
            self.host = host
            self.port = port
            self.allowRemoteWithoutCredentials = allowRemoteWithoutCredentials
            self.checksCredentials = checksCredentials
            self.certificates = certificates
            self.maximumConnections = maximumConnections
            self.idleTimeout = idleTimeout
            self.transferTimeout = transferTimeout
        }
    }

    private let configuration: Configuration
    private let responder: APIResponder
    private let maximumRequestBytes: Int
    private let shutdown: OneShot
    private let logger: Logger
    private let dates = DateHeader()
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - shutdown: the same that the responder was given; the server fires it when it is to shut down gracefully.
    ///   - onListening: called once with the port, when connections are accepted.
    package init(
        configuration: Configuration, responder: APIResponder, maximumRequestBytes: Int, shutdown: OneShot,
        logger: Logger, onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.responder = responder
        self.maximumRequestBytes = maximumRequestBytes
        self.shutdown = shutdown
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until a graceful shutdown or cancellation. Requests that are being answered are answered; long polls end
    /// at once, empty.
    ///
    /// - Throws: `ListenerError` where it must not or cannot listen.
    package func run() async throws {
        try ListenerPolicy.check(
            configuration.host,
            allowRemoteWithoutCredentials: configuration.allowRemoteWithoutCredentials
                || configuration.checksCredentials)
        OpenFileLimit.raise()
        let transferTimeout = TimeAmount(configuration.transferTimeout)
        let certificates = configuration.certificates
        let http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ConnectionWatcher(requestDeadline: transferTimeout, isSecure: certificates != nil)
            ],
            idleTimeout: TimeAmount(configuration.idleTimeout))
        let builder = HTTPServerBuilder { responder in
            let plain = HTTP1Channel(responder: responder, configuration: http)
            return if let certificates { SecureChannel(plain, certificates) } else { plain }
        }
        let server = try builder.buildServer(
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 4096,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.maximumConnections)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
        ) { request, writer, channel in
            try await self.answer(request, writer, channel, transferTimeout)
        } onServerRunning: { channel in
            await self.onListening(channel.localAddress?.port ?? self.configuration.port)
        }
        do {
            try await withGracefulShutdownHandler {
                try await server.run()
            } onGracefulShutdown: {
                shutdown.fire()
            }
        } catch let error as IOError {
            throw Self.explain(error, configuration)
        }
    }

    @concurrent private func answer(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel, _ timeout: TimeAmount
    ) async throws {
        let (path, host) = Self.split(request.head.path ?? "/")
        let place = path.prefix { $0 != "?" }
        var headers = request.headers.map { (name: $0.name.rawName, value: $0.value) }
        if let authority = host ?? request.head.authority { headers.append(("Host", authority)) }
        let call = APIRequest(
            method: request.method.rawValue, path: String(place), target: request.headers[.amzTarget],
            origin: request.headers[.origin], headers: headers, query: String(path.dropFirst(place.count + 1)),
            body: try await collect(request.body))
        let connection = try await channel.pipeline.handler(type: ConnectionWatcher.self).map(\.connection).get()
        let response = await responder.respond(to: call, hangUp: connection.hangUp)
        var head = HTTPResponse(status: .init(code: response.status))
        head.headerFields[.contentType] = response.contentType
        head.headerFields[.contentLength] = String(response.body.count)
        head.headerFields[.amznRequestID] = response.requestID
        head.headerFields[.date] = dates.now()
        head.headerFields[.wwwAuthenticate] = response.challenge
        if let undelivered = response.undelivered { connection.willWrite(undelivered) }
        // What fits into the socket's buffers is on its way at once; more waits for the client to read.
        let deadline =
            response.body.count < 65_536
            ? nil : channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        defer { deadline?.cancel() }
        do {
            try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: response.body)))
        } catch {
            connection.failed()
            throw error
        }
    }

    /// A client that takes the server for a proxy sends the whole URL (RFC 9112 section 3.2.2), whose host counts then.
    private static func split(_ target: String) -> (path: String, host: String?) {
        for scheme in ["http://", "https://"] where target.hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            let host = rest.prefix { $0 != "/" && $0 != "?" }
            let path = rest.dropFirst(host.count)
            return (path.first == "/" ? String(path) : "/" + path, String(host))
        }
        return (target, nil)
    }

    private func collect(_ body: RequestBody) async throws -> APIRequest.Body {
        var bytes: [UInt8] = []
        for try await part in body {
            guard bytes.count + part.readableBytes <= maximumRequestBytes else { return .tooLarge }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return .bytes(bytes)
    }

    private static func explain(_ error: IOError, _ configuration: Configuration) -> ListenerError {
        let place = "\(configuration.host):\(configuration.port)"
        let reason =
            switch error.errnoCode {
            case EADDRINUSE: "\(place) is in use: stop the program that listens there, or choose another port"
            case EACCES: "listening on \(place) is not permitted: ports below 1024 need privileges; choose another"
            case EADDRNOTAVAIL: "\(configuration.host) is not an address of this machine"
            default: "cannot listen on \(place): \(error)"
            }
        return ListenerError(message: reason)
    }
}

extension HTTPField.Name {
    fileprivate static let amzTarget = Self("X-Amz-Target") ?? .contentType
    fileprivate static let amznRequestID = Self("x-amzn-RequestId") ?? .contentType
}
