/// What went wrong between this client and the broker.
///
/// Equality is by value, so a status that repeats the same error is not reported as a change.
package struct AMQPError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The connection URL cannot be understood.
        case invalidURL
        /// An argument is outside what AMQP 0-9-1 allows (a name over 255 bytes, an empty queue name).
        case invalidArgument
        /// There is no connection at the moment; the client goes on trying.
        case notConnected
        /// The connection could not be opened: name resolution, TCP, TLS or handshake.
        case connectFailed
        /// The broker refused the credentials or the virtual host.
        case refused
        /// The connection ended while the answer was outstanding.
        case connectionLost
        /// The broker closed the channel; `replyCode` says why.
        case channelClosed
        /// The broker did not answer in time.
        case timedOut
        /// The peer broke the protocol.
        case protocolViolation
        /// The client was shut down.
        case closed
    }

    package var code: Code
    /// The broker's reply code (404 not found, 406 precondition failed, 320 forced, …) where it gave one.
    package var replyCode: UInt16?
    package var message: String

    package init(_ code: Code, replyCode: UInt16? = nil, _ message: String) {
        self.code = code
        self.replyCode = replyCode
        self.message = message
    }

    /// The broker says that the entity does not exist.
    package var isNotFound: Bool { replyCode == 404 }
    /// The broker's permissions do not allow it.
    package var isAccessRefused: Bool { replyCode == 403 }
    /// The broker says that the entity exists with other properties.
    package var isPreconditionFailed: Bool { replyCode == 406 }

    package var description: String {
        replyCode.map { "\(message) (\($0))" } ?? message
    }
}
