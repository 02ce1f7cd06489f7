import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificate that the server shows and its key, from files that may be replaced while it runs.
package final class ServerCertificates: Sendable {
    private let certificate: String
    private let key: String
    private let current: Mutex<NIOSSLContext>

    /// - Parameters:
    ///   - certificate: PEM: the server's certificate, then those in between.
    ///   - key: PEM, without a password.
    /// - Throws: `ListenerError` where the files cannot be used.
    package init(certificate: String, key: String) throws(ListenerError) {
        self.certificate = certificate
        self.key = key
        current = Mutex(try Self.load(certificate, key))
    }

    /// Reads the files again: for connections from now on.
    ///
    /// - Throws: `ListenerError` where they cannot be used; then everything stays as it is.
    package func reload() throws(ListenerError) {
        let context = try Self.load(certificate, key)
        current.withLock { $0 = context }
    }

    var context: NIOSSLContext { current.withLock { $0 } }

    private static func load(_ certificate: String, _ key: String) throws(ListenerError) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate)
        } catch {
            throw ListenerError(
                message: "the certificate \(certificate) cannot be used (\(error)): it has to be a PEM file")
        }
        guard !chain.isEmpty else { throw ListenerError(message: "\(certificate) holds no certificate in PEM") }
        let privateKey: NIOSSLPrivateKey
        do {
            privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
        } catch {
            throw ListenerError(
                message: "the key \(key) cannot be used (\(error)): it has to be a PEM file without a password")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ListenerError(
                message: "the certificate \(certificate) and the key \(key) do not go together (\(error))")
        }
    }
}

/// HTTP/1.1 over TLS, with whatever certificate is current when a connection begins.
struct SecureChannel: ServerChildChannel {
    typealias Value = APIChannel.Value

    private let plain: APIChannel
    private let certificates: ServerCertificates

    init(_ plain: APIChannel, _ certificates: ServerCertificates) {
        self.plain = plain
        self.certificates = certificates
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers([
                GoodbyeHandler(), NIOSSLServerHandler(context: certificates.context),
            ])
        }.flatMap {
            plain.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Value, logger: Logger) async { await plain.handle(value: value, logger: logger) }
}
