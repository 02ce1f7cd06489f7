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
        let certificates = configuration.certificates
        let plain = APIChannel(
            responder: responder, maximumRequestBytes: maximumRequestBytes,
            idleTimeout: TimeAmount(configuration.idleTimeout),
            transferTimeout: TimeAmount(configuration.transferTimeout), isSecure: certificates != nil)
        let channel: any ServerChildChannel = if let certificates { SecureChannel(plain, certificates) } else { plain }
        let server = channel.server(
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 4096,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.maximumConnections)),
            onServerRunning: { channel in
                await self.onListening(channel.localAddress?.port ?? self.configuration.port)
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
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
