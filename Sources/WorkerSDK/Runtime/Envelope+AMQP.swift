import AMQP
import TaskProtocol

extension ProtocolEnvelope {
    /// Headers of kinds that the protocol does not know are left out.
    init(_ delivery: Delivery) {
        let properties = delivery.properties
        self.init(
            contentType: properties.contentType, deliveryMode: properties.deliveryMode,
            messageID: properties.messageID, correlationID: properties.correlationID, replyTo: properties.replyTo,
            type: properties.type, timestamp: properties.timestamp, appID: properties.appID,
            expiration: properties.expiration, headers: properties.headers.compactMapValues(HeaderValue.init),
            body: delivery.body)
    }

    var amqpProperties: MessageProperties {
        MessageProperties(
            contentType: contentType, headers: headers.mapValues(AMQPFieldValue.init), deliveryMode: deliveryMode,
            correlationID: correlationID, replyTo: replyTo, expiration: expiration, messageID: messageID,
            timestamp: timestamp, type: type, appID: appID)
    }
}

extension HeaderValue {
    init?(_ field: AMQPFieldValue) {
        if let text = field.stringValue {
            self = .string(text)
        } else if let number = field.intValue {
            self = .int(number)
        } else {
            return nil
        }
    }
}

extension AMQPFieldValue {
    init(_ header: HeaderValue) {
        switch header {
        case .string(let text): self = .string(text)
        case .int(let number): self = .int(number)
        }
    }
}
