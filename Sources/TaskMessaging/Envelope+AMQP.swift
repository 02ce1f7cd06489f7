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
            expiration: properties.expiration, headers: MessageHeaders(properties.headers), body: delivery.body)
    }

    package var amqpProperties: MessageProperties {
        MessageProperties(
            contentType: contentType, headers: FieldTable(headers), deliveryMode: deliveryMode,
            correlationID: correlationID, replyTo: replyTo, expiration: expiration, messageID: messageID,
            timestamp: timestamp, type: type, appID: appID)
    }

    /// - Parameter exchange: "" is the default exchange, which takes the routing key for the name of a queue.
    package func message(exchange: String = "", routingKey: String, mandatory: Bool = false) -> OutboundMessage {
        OutboundMessage(
            exchange: exchange, routingKey: routingKey, mandatory: mandatory, properties: amqpProperties, body: body)
    }
}

extension MessageHeaders {
    fileprivate init(_ table: FieldTable) {
        self.init()
        if table.isEmpty { return }
        self = MessageHeaders(capacity: 9)
        table.visit { name, field in
            // Some clients send text as bytes.
            if let text = field.text {
                append(HeaderName(name), .string(text))
            } else if let number = field.integer {
                append(HeaderName(name), .int(number))
            }
        }
    }
}

extension FieldTable {
    fileprivate init(_ headers: MessageHeaders) {
        let headers = headers.entries
        var size = 0
        for (name, value) in headers {
            switch value {
            case .string(let text): size += FieldWriter.size(name.text, text)
            case .int(let number): size += FieldWriter.size(name.text, number)
            }
        }
        self.init(size: size) { writer in
            for (name, value) in headers {
                switch value {
                case .string(let text): writer.put(name.text, text)
                case .int(let number): writer.put(name.text, number)
                }
            }
        }
    }
}
