package import AMQP
package import TaskProtocol

/// The protocol's envelopes as messages of AMQP, for both of its sides.
extension ProtocolEnvelope {
    /// Headers of kinds that the protocol does not know are left out.
    package init(_ delivery: Delivery) {
        let properties = delivery.properties
        self.init(
            contentType: properties.contentType, deliveryMode: properties.deliveryMode,
            messageID: properties.messageID, correlationID: properties.correlationID, replyTo: properties.replyTo,
            type: properties.type, timestamp: properties.timestamp, appID: properties.appID,
            expiration: properties.expiration, headers: properties.headers.compactMapValues(HeaderValue.init),
            body: delivery.body)
    }

    package var amqpProperties: MessageProperties {
        MessageProperties(
            contentType: contentType, headers: headers.mapValues(AMQPFieldValue.init), deliveryMode: deliveryMode,
            correlationID: correlationID, replyTo: replyTo, expiration: expiration, messageID: messageID,
            timestamp: timestamp, type: type, appID: appID)
    }

    /// - Parameter exchange: "" is the default exchange, which takes the routing key for the name of a queue.
    package func message(exchange: String = "", routingKey: String, mandatory: Bool = false) -> OutboundMessage {
        OutboundMessage(
            exchange: exchange, routingKey: routingKey, mandatory: mandatory, properties: amqpProperties, body: body)
    }
}

extension HeaderValue {
    /// Some clients send text as bytes.
    fileprivate init?(_ field: AMQPFieldValue) {
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
    fileprivate init(_ header: HeaderValue) {
        switch header {
        case .string(let text): self = .string(text)
        case .int(let number): self = .int(number)
        }
    }
}
