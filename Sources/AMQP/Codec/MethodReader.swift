import CRabbitMQ

extension Method {
    /// Copies a decoded method.
    init(_ raw: amqp_method_t) {
        guard let decoded = raw.decoded else {
            self = .other(raw.id)
            return
        }
        func load<C>(_: C.Type) -> C { decoded.assumingMemoryBound(to: C.self).pointee }

        switch raw.id {
        case AMQP_BASIC_DELIVER_METHOD:
            let it = load(amqp_basic_deliver_t.self)
            self = .deliver(
                consumerTag: String(amqp: it.consumer_tag), tag: it.delivery_tag, redelivered: it.redelivered != 0,
                exchange: String(amqp: it.exchange), routingKey: String(amqp: it.routing_key))
        case AMQP_BASIC_ACK_METHOD:
            let it = load(amqp_basic_ack_t.self)
            self = .ack(tag: it.delivery_tag, multiple: it.multiple != 0)
        case AMQP_BASIC_NACK_METHOD:
            let it = load(amqp_basic_nack_t.self)
            self = .nack(tag: it.delivery_tag, multiple: it.multiple != 0, requeue: it.requeue != 0)
        case AMQP_BASIC_RETURN_METHOD:
            let it = load(amqp_basic_return_t.self)
            self = .returned(
                code: it.reply_code, text: String(amqp: it.reply_text), exchange: String(amqp: it.exchange),
                routingKey: String(amqp: it.routing_key))
        case AMQP_BASIC_GET_OK_METHOD:
            let it = load(amqp_basic_get_ok_t.self)
            self = .getOk(
                tag: it.delivery_tag, redelivered: it.redelivered != 0, exchange: String(amqp: it.exchange),
                routingKey: String(amqp: it.routing_key), remaining: it.message_count)
        case AMQP_BASIC_GET_EMPTY_METHOD: self = .getEmpty
        case AMQP_BASIC_GET_METHOD: self = .get(queue: String(amqp: load(amqp_basic_get_t.self).queue))
        case AMQP_BASIC_PUBLISH_METHOD:
            let it = load(amqp_basic_publish_t.self)
            self = .publish(
                exchange: String(amqp: it.exchange), routingKey: String(amqp: it.routing_key),
                mandatory: it.mandatory != 0)
        case AMQP_BASIC_QOS_METHOD: self = .qos(prefetch: load(amqp_basic_qos_t.self).prefetch_count)
        case AMQP_BASIC_QOS_OK_METHOD: self = .qosOk
        case AMQP_BASIC_CONSUME_METHOD:
            let it = load(amqp_basic_consume_t.self)
            self = .consume(
                queue: String(amqp: it.queue), tag: String(amqp: it.consumer_tag), exclusive: it.exclusive != 0)
        case AMQP_BASIC_CONSUME_OK_METHOD:
            self = .consumeOk(tag: String(amqp: load(amqp_basic_consume_ok_t.self).consumer_tag))
        case AMQP_BASIC_CANCEL_METHOD:
            let it = load(amqp_basic_cancel_t.self)
            self = .cancel(tag: String(amqp: it.consumer_tag), noWait: it.nowait != 0)
        case AMQP_BASIC_CANCEL_OK_METHOD:
            self = .cancelOk(tag: String(amqp: load(amqp_basic_cancel_ok_t.self).consumer_tag))
        case AMQP_CONFIRM_SELECT_METHOD: self = .confirmSelect
        case AMQP_CONFIRM_SELECT_OK_METHOD: self = .confirmSelectOk

        case AMQP_CONNECTION_CLOSE_METHOD:
            let it = load(amqp_connection_close_t.self)
            self = .connectionClose(code: it.reply_code, text: String(amqp: it.reply_text))
        case AMQP_CONNECTION_CLOSE_OK_METHOD: self = .connectionCloseOk
        case AMQP_CONNECTION_BLOCKED_METHOD:
            self = .connectionBlocked(reason: String(amqp: load(amqp_connection_blocked_t.self).reason))
        case AMQP_CONNECTION_UNBLOCKED_METHOD: self = .connectionUnblocked
        case AMQP_CHANNEL_OPEN_METHOD: self = .channelOpen
        case AMQP_CHANNEL_OPEN_OK_METHOD: self = .channelOpenOk
        case AMQP_CHANNEL_FLOW_METHOD: self = .channelFlow(active: load(amqp_channel_flow_t.self).active != 0)
        case AMQP_CHANNEL_FLOW_OK_METHOD: self = .channelFlowOk(active: load(amqp_channel_flow_ok_t.self).active != 0)
        case AMQP_CHANNEL_CLOSE_METHOD:
            let it = load(amqp_channel_close_t.self)
            self = .channelClose(code: it.reply_code, text: String(amqp: it.reply_text))
        case AMQP_CHANNEL_CLOSE_OK_METHOD: self = .channelCloseOk

        case AMQP_EXCHANGE_DECLARE_METHOD:
            let it = load(amqp_exchange_declare_t.self)
            let kind = Topology.Exchange.Kind(rawValue: String(amqp: it.type)) ?? .direct
            self = .exchangeDeclare(.init(String(amqp: it.exchange), kind: kind, durable: it.durable != 0))
        case AMQP_EXCHANGE_DECLARE_OK_METHOD: self = .exchangeDeclareOk
        case AMQP_QUEUE_DECLARE_METHOD:
            let it = load(amqp_queue_declare_t.self)
            let queue = Topology.Queue(
                String(amqp: it.queue), durable: it.durable != 0, exclusive: it.exclusive != 0,
                autoDelete: it.auto_delete != 0, arguments: LibraryTable.decode(it.arguments))
            self = .queueDeclare(queue, passive: it.passive != 0)
        case AMQP_QUEUE_DECLARE_OK_METHOD:
            let it = load(amqp_queue_declare_ok_t.self)
            self = .queueDeclareOk(
                name: String(amqp: it.queue), messages: it.message_count, consumers: it.consumer_count)
        case AMQP_QUEUE_BIND_METHOD:
            let it = load(amqp_queue_bind_t.self)
            self = .queueBind(
                .init(
                    queue: String(amqp: it.queue), exchange: String(amqp: it.exchange),
                    routingKey: String(amqp: it.routing_key)))
        case AMQP_QUEUE_BIND_OK_METHOD: self = .queueBindOk
        case AMQP_QUEUE_PURGE_METHOD: self = .queuePurge(String(amqp: load(amqp_queue_purge_t.self).queue))
        case AMQP_QUEUE_PURGE_OK_METHOD:
            self = .queuePurgeOk(messages: load(amqp_queue_purge_ok_t.self).message_count)
        case AMQP_QUEUE_DELETE_METHOD: self = .queueDelete(String(amqp: load(amqp_queue_delete_t.self).queue))
        case AMQP_QUEUE_DELETE_OK_METHOD:
            self = .queueDeleteOk(messages: load(amqp_queue_delete_ok_t.self).message_count)
        default: self = .other(raw.id)
        }
    }
}
