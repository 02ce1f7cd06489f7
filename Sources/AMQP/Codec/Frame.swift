/// One AMQP frame as a value. `body` owns its bytes, so a message that fits one frame is copied once.
enum Frame: Sendable, Hashable {
    case method(UInt16, Method)
    case header(UInt16, bodySize: UInt64, MessageProperties)
    case body(UInt16, [UInt8])
    case heartbeat
}

/// The methods of AMQP 0-9-1, and RabbitMQ's extensions, that this client sends or understands.
enum Method: Sendable, Hashable {
    case connectionClose(code: UInt16, text: String)
    case connectionCloseOk
    case connectionBlocked(reason: String)
    case connectionUnblocked

    case channelOpen
    case channelOpenOk
    case channelFlow(active: Bool)
    case channelFlowOk(active: Bool)
    case channelClose(code: UInt16, text: String)
    case channelCloseOk

    case exchangeDeclare(Topology.Exchange)
    case exchangeDeclareOk
    case queueDeclare(Topology.Queue, passive: Bool)
    case queueDeclareOk(name: String, messages: UInt32, consumers: UInt32)
    case queueBind(Topology.Binding)
    case queueBindOk
    case queuePurge(String)
    case queuePurgeOk(messages: UInt32)
    case queueDelete(String)
    case queueDeleteOk(messages: UInt32)

    case qos(prefetch: UInt16)
    case qosOk
    case consume(queue: String, tag: String, exclusive: Bool)
    case consumeOk(tag: String)
    case cancel(tag: String, noWait: Bool)
    case cancelOk(tag: String)
    case publish(exchange: String, routingKey: String, mandatory: Bool)
    case returned(code: UInt16, text: String, exchange: String, routingKey: String)
    case deliver(consumerTag: String, tag: UInt64, redelivered: Bool, exchange: String, routingKey: String)
    case get(queue: String)
    case getOk(tag: UInt64, redelivered: Bool, exchange: String, routingKey: String, remaining: UInt32)
    case getEmpty
    case ack(tag: UInt64, multiple: Bool)
    case nack(tag: UInt64, multiple: Bool, requeue: Bool)

    case confirmSelect
    case confirmSelectOk

    /// A method this client has no use for, by its class and method number.
    case other(UInt32)
}

extension MessageProperties {
    /// AMQP short strings hold 255 bytes, and the codec does not check.
    var isEncodable: Bool {
        let texts = [
            contentType, contentEncoding, correlationID, replyTo, expiration, messageID, type, userID, appID,
        ]
        return texts.allSatisfy { ($0?.utf8.count ?? 0) <= 255 } && Self.isEncodable(table: headers, depth: 0)
    }

    static func isEncodable(table: [String: AMQPFieldValue], depth: Int) -> Bool {
        depth <= FieldTable.depthLimit
            && table.allSatisfy { $0.key.utf8.count <= 255 && isEncodable($0.value, depth: depth) }
    }

    private static func isEncodable(_ value: AMQPFieldValue, depth: Int) -> Bool {
        switch value {
        case .table(let table): isEncodable(table: table, depth: depth + 1)
        case .array(let values):
            depth < FieldTable.depthLimit && values.allSatisfy { isEncodable($0, depth: depth + 1) }
        default: true
        }
    }
}
