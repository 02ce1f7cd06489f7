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
