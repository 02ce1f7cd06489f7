import AWSJSONAPI
import Authentication
import Logging
import ServiceLifecycle
import UnixSignals

/// Who may call the server, and how it proves who it is. As a service it reads the files anew at SIGHUP.
struct ServerSecurity: Service {
    /// Nil where nobody has to say who he is.
    let keys: KeyRing?
    /// Nil where the server speaks plain HTTP.
    let certificates: ServerCertificates?
    private let logger: Logger

    /// - Throws: where keys or certificates are configured and cannot be used.
    init(_ settings: ServerSettings, logger: Logger) throws(CommandError) {
        self.logger = logger
        let text = environmentValue("BATON_KEYS")
        do throws(KeysProblem) {
            keys =
                text == nil && settings.keysFile == nil
                ? nil : try KeyRing(text: text, file: settings.keysFile.map(KeysFile.init), logger: logger)
        } catch {
            throw CommandError(.cannotStart, error.message)
        }
        guard let certificate = settings.tlsCertificate, let key = settings.tlsKey else {
            certificates = nil
            return
        }
        do throws(ListenerError) {
            certificates = try ServerCertificates(certificate: certificate, key: key)
        } catch {
            throw CommandError(.cannotStart, "Cannot serve HTTPS: \(error.message).")
        }
    }

    func access(account: String, metricsAreOpen: Bool) -> APIAccess {
        guard let keys else { return APIAccess() }
        return APIAccess(
            authenticator: Authenticator(keys: keys, account: account), metricsAreOpen: metricsAreOpen, logger: logger)
    }

    func run() async throws {
        // Without anything to read again, SIGHUP ends the process as it ends any other.
        guard keys != nil || certificates != nil else {
            try? await gracefulShutdown()
            return
        }
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { reload() }
    }

    private func reload() {
        keys?.reload()
        guard let certificates else { return }
        do throws(ListenerError) {
            try certificates.reload()
            logger.notice("read the certificate again")
        } catch {
            logger.error("the certificate stays as it was", metadata: ["reason": "\(error.message)"])
        }
    }
}
