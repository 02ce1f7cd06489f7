import CBatonShims
import CRabbitMQ

/// A logged-in connection of librabbitmq; closes its socket when it goes away.
final class LibraryConnection {
    let state: amqp_connection_state_t
    let isTLS: Bool

    /// Connects and logs in; blocks up to twice the connect timeout, plus name resolution.
    ///
    /// - Parameter socketOpened: is told the socket as soon as there is one, so that another thread can shut it down and
    ///   thereby end the handshake; and -1 when that is over.
    init(
        _ configuration: AMQPConfiguration, socketOpened: (Int32) -> Void
    ) throws(AMQPError) {
        let url = configuration.url
        guard let state = amqp_new_connection() else { throw AMQPError(.connectFailed, "out of memory") }
        // From here on an error runs `deinit`, which frees the state and closes the socket.
        self.state = state
        isTLS = url.tls != nil

        let socket = try Self.makeSocket(state, url.tls)
        let timeout = Int32(clamping: (url.connectTimeout ?? configuration.connectTimeout).milliseconds)
        let status = baton_amqp_connect(state, socket, url.host, Int32(url.port), timeout)
        guard status == AMQP_STATUS_OK.rawValue else {
            throw AMQPError(
                .connectFailed, "cannot connect to \(url.host):\(url.port): \(Self.explanation(of: status))")
        }
        socketOpened(amqp_get_sockfd(state))
        // Not to be shut down by another thread any more: its number may be given to another file.
        defer { socketOpened(-1) }
        try Self.logIn(state, configuration)
    }

    deinit { amqp_destroy_connection(state) }

    var socket: Int32 { amqp_get_sockfd(state) }

    var serverInfo: ServerInfo {
        var properties: [String: AMQPFieldValue] = [:]
        if let table = amqp_get_server_properties(state) { properties = LibraryTable.decode(table.pointee) }
        func text(_ key: String) -> String { properties[key]?.stringValue ?? "" }
        return ServerInfo(
            product: text("product"), version: text("version"), clusterName: text("cluster_name"),
            properties: properties, heartbeat: Int(amqp_get_heartbeat(state)),
            frameMax: Int(amqp_get_frame_max(state)), channelMax: Int(amqp_get_channel_max(state)), since: .now)
    }

    private static func makeSocket(
        _ state: amqp_connection_state_t, _ tls: AMQPURL.TLS?
    ) throws(AMQPError) -> OpaquePointer {
        guard let tls else {
            guard let socket = amqp_tcp_socket_new(state) else { throw AMQPError(.connectFailed, "out of memory") }
            return socket
        }
        guard let socket = amqp_ssl_socket_new(state) else {
            throw AMQPError(.connectFailed, "TLS is not available in this librabbitmq")
        }
        amqp_ssl_socket_set_verify_peer(socket, tls.verifyPeer ? 1 : 0)
        amqp_ssl_socket_set_verify_hostname(socket, tls.verifyHostname ? 1 : 0)
        if tls.verifyPeer {
            // This version of the library has no call for the system's own certificates.
            let candidates = tls.caCertificateFile.map { [$0] } ?? systemCertificates
            guard candidates.contains(where: { amqp_ssl_socket_set_cacert(socket, $0) == 0 }) else {
                throw AMQPError(
                    .connectFailed, "cannot read the CA certificates in \(candidates.joined(separator: ", "))")
            }
        }
        if let certificate = tls.certificateFile, let key = tls.keyFile {
            if let password = tls.keyPassword { amqp_ssl_socket_set_key_passwd(socket, password) }
            guard amqp_ssl_socket_set_key(socket, certificate, key) == 0 else {
                throw AMQPError(.connectFailed, "cannot use the client certificate \(certificate) with the key \(key)")
            }
        }
        return socket
    }

    /// Where Debian, Red Hat, Alpine/macOS and Homebrew keep them.
    private static let systemCertificates = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
        "/opt/homebrew/etc/openssl@3/cert.pem",
    ]

    private static func explanation(of status: Int32) -> String {
        switch amqp_status_enum(rawValue: status) {
        case AMQP_STATUS_SOCKET_ERROR: "nothing listens there, or it cannot be reached"
        case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED: "the host name is unknown"
        case AMQP_STATUS_TIMEOUT: "no answer in time"
        case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
            "its certificate is not trusted (cacertfile=… names the CA; verify=verify_none trusts anyone)"
        case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
            "its certificate is for another host (server_name_indication=disable skips this check)"
        default: String(amqpStatus: status)
        }
    }

    private static func logIn(
        _ state: amqp_connection_state_t, _ configuration: AMQPConfiguration
    ) throws(AMQPError) {
        let url = configuration.url
        var arena = Arena()
        // Without the capabilities the broker neither tells that it blocks nor that it cancels a consumer.
        var properties = arena.table([
            "product": "AMQP client in Swift",
            "platform": .string("librabbitmq \(amqp_version().map { String(cString: $0) } ?? "")"),
            "connection_name": .string(configuration.connectionName),
            "capabilities": .table([
                "connection.blocked": true,
                "consumer_cancel_notify": true,
                "publisher_confirms": true,
                "basic.nack": true,
                "exchange_exchange_bindings": true,
                "authentication_failure_close": true,
            ]),
        ])
        let heartbeat = (url.heartbeat ?? configuration.heartbeat).components.seconds
        // Zero in the URL asks for none; less than a second is rounded up, not off.
        let seconds = url.heartbeat == .zero ? 0 : max(1, min(heartbeat, 65535))
        var reply = amqp_rpc_reply_t()
        baton_amqp_login(
            state, url.virtualHost, 2047, 131_072, Int32(seconds), &properties, url.user, url.password, &reply)
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            guard case .connectionClose(let code, let text) = Method(reply.reply) else {
                throw AMQPError(.refused, "the broker refused the connection")
            }
            throw AMQPError(.refused, replyCode: code, text)
        default:
            throw AMQPError(.connectFailed, "the handshake failed: \(String(amqpStatus: reply.library_error))")
        }
    }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
