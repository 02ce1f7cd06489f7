/// A message as this protocol sees it: AMQP's properties, without any AMQP client.
package struct ProtocolEnvelope: Sendable, Hashable {
    package var contentType: String?
    /// 2 is persistent, which everything here is but cancellations.
    package var deliveryMode: UInt8?
    package var messageID: String?
    package var correlationID: String?
    package var replyTo: String?
    package var type: String?
    /// Seconds since 1970-01-01T00:00:00Z.
    package var timestamp: Int64?
    package var appID: String?
    /// Milliseconds, as decimal text.
    package var expiration: String?
    /// Values of other kinds have no meaning here and are left out by whoever makes the envelope.
    package var headers: MessageHeaders
    package var body: [UInt8]

    package init(
        contentType: String? = nil,
        deliveryMode: UInt8? = nil,
        messageID: String? = nil,
        correlationID: String? = nil,
        replyTo: String? = nil,
        type: String? = nil,
        timestamp: Int64? = nil,
        appID: String? = nil,
        expiration: String? = nil,
        headers: MessageHeaders = MessageHeaders(),
        body: [UInt8] = []
    ) {
        self.contentType = contentType
        self.deliveryMode = deliveryMode
        self.messageID = messageID
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.type = type
        self.timestamp = timestamp
        self.appID = appID
        self.expiration = expiration
        self.headers = headers
        self.body = body
    }
}

/// The value of a header that this protocol uses.
package enum HeaderValue: Sendable, Hashable {
    case string(String)
    case int(Int64)

    /// The text; of a number its decimal digits, because clients disagree on how they send one.
    package var text: String {
        switch self {
        case .string(let value): value
        case .int(let value): String(value)
        }
    }

    /// The number, also where it came as text.
    package var integer: Int64? {
        switch self {
        case .string(let value): Int64(value)
        case .int(let value): value
        }
    }
}

extension HeaderValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
}
