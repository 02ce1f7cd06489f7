/// The version of the protocol; every message says it in the header `baton-protocol`.
///
/// A message without the header counts as version 1. One of a later version is malformed for us.
package enum ProtocolVersion {
    package static let current: Int64 = 1
}

/// What both sides have to keep to.
package enum ProtocolLimits {
    /// Of the body of a task, an answer or a start: bytes of UTF-8.
    package static let bodyBytes = 262_144
    /// The largest output that is read at all: beyond `bodyBytes` it fails its task with States.DataLimitExceeded, beyond
    /// this it is a dead letter.
    package static let readableBodyBytes = 16 << 20
    /// Of a failure's error name: Unicode scalars.
    package static let errorLength = 256
    /// Of a failure's cause: Unicode scalars.
    package static let causeLength = 32_768
    /// Of a task token: Unicode scalars.
    package static let tokenLength = 1_024
    /// A failure's body: the longest error and cause where every scalar needs a `\uXXXX` pair, and room for the rest.
    package static let failureBodyBytes = (errorLength + causeLength) * 12 + 1_024
}

/// The value of the AMQP property `type`.
package enum MessageType: String, Sendable, Hashable, CaseIterable {
    case task
    case success
    case failure
    case heartbeat
    case started
    case cancel
    case start
    case recreated
    /// Many messages in one; see `MessageBatch`.
    case batch
}

/// A message that cannot be what its place says it is. It belongs to the dead queue, with the reason.
package struct MalformedMessage: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence fragment for a person: `no correlation_id (the task token)`.
    package var reason: String
    /// Whether it may well be in order, in a version of the protocol that we do not speak.
    package var isOfUnknownVersion: Bool

    package init(_ reason: String, isOfUnknownVersion: Bool = false) {
        self.reason = reason
        self.isOfUnknownVersion = isOfUnknownVersion
    }

    package var description: String { reason }
}
