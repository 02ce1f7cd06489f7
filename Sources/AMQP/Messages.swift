/// The basic-class properties of a message; every one may be absent.
package struct MessageProperties: Sendable, Hashable {
    package var contentType: String?
    package var contentEncoding: String?
    package var headers: FieldTable
    /// 1 transient, 2 persistent.
    package var deliveryMode: UInt8?
    package var priority: UInt8?
    package var correlationID: String?
    package var replyTo: String?
    /// Milliseconds, as decimal text.
    package var expiration: String?
    package var messageID: String?
    /// Seconds since 1970-01-01T00:00:00Z.
    package var timestamp: Int64?
    package var type: String?
    package var userID: String?
    package var appID: String?

    package init(
        contentType: String? = nil,
        contentEncoding: String? = nil,
        headers: FieldTable = FieldTable(),
        deliveryMode: UInt8? = nil,
        priority: UInt8? = nil,
        correlationID: String? = nil,
        replyTo: String? = nil,
        expiration: String? = nil,
        messageID: String? = nil,
        timestamp: Int64? = nil,
        type: String? = nil,
        userID: String? = nil,
        appID: String? = nil
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.deliveryMode = deliveryMode
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
    }
}

/// A message to publish.
package struct OutboundMessage: Sendable, Hashable {
    /// "" is the default exchange, which routes to the queue named by the routing key.
    package var exchange: String
    package var routingKey: String
    /// Whether the broker must return the message when no queue takes it; without it such a message is confirmed and gone.
    package var mandatory: Bool
    package var properties: MessageProperties
    package var body: [UInt8]

    package init(
        exchange: String = "",
        routingKey: String,
        mandatory: Bool = false,
        properties: MessageProperties = MessageProperties(),
        body: [UInt8] = []
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.mandatory = mandatory
        self.properties = properties
        self.body = body
    }
}

/// How the publication of one message ended.
package enum PublishOutcome: Sendable, Hashable {
    /// The broker took responsibility for it.
    case confirmed
    /// It was mandatory and no queue took it (312 NO_ROUTE).
    case returned(code: UInt16, text: String)
    /// The broker refused it (basic.nack), or it can never be sent (a name over 255 bytes, properties larger than a frame).
    case rejected
    /// The connection or channel ended first, or there was none: it may or may not have arrived.
    case lost
}

/// A message that the broker delivered and that waits for `ack` or `nack`.
package struct Delivery: Sendable, Hashable {
    /// Identifies the channel's life that `tag` belongs to; once that has ended, an acknowledgement is ignored, because
    /// the broker has requeued the message already.
    package var epoch: UInt64
    package var tag: UInt64
    package var channel: UInt16
    /// The queue that was consumed or polled.
    package var queue: String
    package var exchange: String
    package var routingKey: String
    package var redelivered: Bool
    package var properties: MessageProperties
    package var body: [UInt8]

    package init(
        epoch: UInt64, tag: UInt64, channel: UInt16, queue: String, exchange: String, routingKey: String,
        redelivered: Bool, properties: MessageProperties, body: [UInt8]
    ) {
        self.epoch = epoch
        self.tag = tag
        self.channel = channel
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.redelivered = redelivered
        self.properties = properties
        self.body = body
    }

    /// All that is needed to acknowledge, without keeping the message in memory.
    package var ticket: DeliveryTicket { DeliveryTicket(epoch: epoch, tag: tag, channel: channel) }
}

/// The right to acknowledge one delivery.
package struct DeliveryTicket: Sendable, Hashable {
    package var epoch: UInt64
    package var tag: UInt64
    package var channel: UInt16

    package init(epoch: UInt64, tag: UInt64, channel: UInt16) {
        self.epoch = epoch
        self.tag = tag
        self.channel = channel
    }
}

/// A subscription; it survives reconnection and the deletion of its queue.
package struct Consumer: Sendable, Hashable {
    package var id: UInt64
    package var queue: String
}

/// What the broker says of a queue.
package struct QueueDeclared: Sendable, Hashable {
    package var name: String
    /// Messages ready for delivery; unacknowledged ones are not counted.
    package var messageCount: Int
    package var consumerCount: Int
    /// Whether the queue did not exist before.
    package var createdAnew: Bool

    package init(name: String, messageCount: Int, consumerCount: Int, createdAnew: Bool = false) {
        self.name = name
        self.messageCount = messageCount
        self.consumerCount = consumerCount
        self.createdAnew = createdAnew
    }
}
