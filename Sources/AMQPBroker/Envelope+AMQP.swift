import AMQP
import TaskProtocol

extension ProtocolEnvelope {
    init(_ delivery: Delivery) {
        let properties = delivery.properties
        self.init(
            contentType: properties.contentType, deliveryMode: properties.deliveryMode,
            messageID: properties.messageID, correlationID: properties.correlationID, replyTo: properties.replyTo,
            type: properties.type, timestamp: properties.timestamp, appID: properties.appID,
            expiration: properties.expiration,
            headers: properties.headers.compactMapValues { value in
                // Some clients send text as bytes.
                value.stringValue.map { .string($0) } ?? value.intValue.map { .int($0) }
            },
            body: delivery.body)
    }

    func message(exchange: String = "", routingKey: String, mandatory: Bool = false) -> OutboundMessage {
        OutboundMessage(
            exchange: exchange, routingKey: routingKey, mandatory: mandatory,
            properties: MessageProperties(
                contentType: contentType,
                headers: headers.mapValues { value in
                    switch value {
                    case .string(let text): .string(text)
                    case .int(let number): .int(number)
                    }
                },
                deliveryMode: deliveryMode, correlationID: correlationID, replyTo: replyTo, expiration: expiration,
                messageID: messageID, timestamp: timestamp, type: type, appID: appID),
            body: body)
    }
}
