import CRabbitMQ

/// Fills librabbitmq's method structures and has them encoded.
struct MethodWriter {
    /// Where the payload of the frame goes.
    let room: UnsafeMutableRawBufferPointer

    /// - Returns: the size of the payload, or -1 where it does not fit.
    func write(_ method: Method, _ arena: inout Arena) -> Int {
        switch method {
        case .connectionClose(let code, let text):
            var raw = amqp_connection_close_t()
            raw.reply_code = code
            raw.reply_text = arena.bytes(text)
            return write(AMQP_CONNECTION_CLOSE_METHOD, raw)
        case .connectionCloseOk: return write(AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t())
        case .connectionBlocked(let reason):
            return write(AMQP_CONNECTION_BLOCKED_METHOD, amqp_connection_blocked_t(reason: arena.bytes(reason)))
        case .connectionUnblocked: return write(AMQP_CONNECTION_UNBLOCKED_METHOD, amqp_connection_unblocked_t())

        case .channelOpen: return write(AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t(out_of_band: amqp_empty_bytes))
        case .channelOpenOk:
            return write(AMQP_CHANNEL_OPEN_OK_METHOD, amqp_channel_open_ok_t(channel_id: amqp_empty_bytes))
        case .channelFlow(let active):
            return write(AMQP_CHANNEL_FLOW_METHOD, amqp_channel_flow_t(active: active ? 1 : 0))
        case .channelFlowOk(let active):
            return write(AMQP_CHANNEL_FLOW_OK_METHOD, amqp_channel_flow_ok_t(active: active ? 1 : 0))
        case .channelClose(let code, let text):
            var raw = amqp_channel_close_t()
            raw.reply_code = code
            raw.reply_text = arena.bytes(text)
            return write(AMQP_CHANNEL_CLOSE_METHOD, raw)
        case .channelCloseOk: return write(AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t())

        case .exchangeDeclare, .exchangeDeclareOk, .queueDeclare, .queueDeclareOk, .queueBind, .queueBindOk,
            .queuePurge, .queuePurgeOk, .queueDelete, .queueDeleteOk:
            return writeTopology(method, &arena)

        case .qos(let prefetch):
            return write(
                AMQP_BASIC_QOS_METHOD, amqp_basic_qos_t(prefetch_size: 0, prefetch_count: prefetch, global: 0))
        case .qosOk: return write(AMQP_BASIC_QOS_OK_METHOD, amqp_basic_qos_ok_t())
        case .consume(let queue, let tag, let exclusive):
            var raw = amqp_basic_consume_t()
            raw.queue = arena.bytes(queue)
            raw.consumer_tag = arena.bytes(tag)
            raw.exclusive = exclusive ? 1 : 0
            raw.arguments = amqp_empty_table
            return write(AMQP_BASIC_CONSUME_METHOD, raw)
        case .consumeOk(let tag):
            return write(AMQP_BASIC_CONSUME_OK_METHOD, amqp_basic_consume_ok_t(consumer_tag: arena.bytes(tag)))
        case .cancel(let tag, let noWait):
            let raw = amqp_basic_cancel_t(consumer_tag: arena.bytes(tag), nowait: noWait ? 1 : 0)
            return write(AMQP_BASIC_CANCEL_METHOD, raw)
        case .cancelOk(let tag):
            return write(AMQP_BASIC_CANCEL_OK_METHOD, amqp_basic_cancel_ok_t(consumer_tag: arena.bytes(tag)))
        case .publish(let exchange, let routingKey, let mandatory):
            var raw = amqp_basic_publish_t()
            raw.exchange = arena.bytes(exchange)
            raw.routing_key = arena.bytes(routingKey)
            raw.mandatory = mandatory ? 1 : 0
            return write(AMQP_BASIC_PUBLISH_METHOD, raw)
        case .returned(let code, let text, let exchange, let routingKey):
            let raw = amqp_basic_return_t(
                reply_code: code, reply_text: arena.bytes(text), exchange: arena.bytes(exchange),
                routing_key: arena.bytes(routingKey))
            return write(AMQP_BASIC_RETURN_METHOD, raw)
        case .deliver(let consumerTag, let tag, let redelivered, let exchange, let routingKey):
            let raw = amqp_basic_deliver_t(
                consumer_tag: arena.bytes(consumerTag), delivery_tag: tag, redelivered: redelivered ? 1 : 0,
                exchange: arena.bytes(exchange), routing_key: arena.bytes(routingKey))
            return write(AMQP_BASIC_DELIVER_METHOD, raw)
        case .get(let queue):
            return write(AMQP_BASIC_GET_METHOD, amqp_basic_get_t(ticket: 0, queue: arena.bytes(queue), no_ack: 0))
        case .getOk(let tag, let redelivered, let exchange, let routingKey, let remaining):
            let raw = amqp_basic_get_ok_t(
                delivery_tag: tag, redelivered: redelivered ? 1 : 0, exchange: arena.bytes(exchange),
                routing_key: arena.bytes(routingKey), message_count: remaining)
            return write(AMQP_BASIC_GET_OK_METHOD, raw)
        case .getEmpty:
            return write(AMQP_BASIC_GET_EMPTY_METHOD, amqp_basic_get_empty_t(cluster_id: amqp_empty_bytes))
        case .ack(let tag, let multiple):
            return write(AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t(delivery_tag: tag, multiple: multiple ? 1 : 0))
        case .nack(let tag, let multiple, let requeue):
            let raw = amqp_basic_nack_t(delivery_tag: tag, multiple: multiple ? 1 : 0, requeue: requeue ? 1 : 0)
            return write(AMQP_BASIC_NACK_METHOD, raw)

        case .confirmSelect: return write(AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t(nowait: 0))
        case .confirmSelectOk: return write(AMQP_CONFIRM_SELECT_OK_METHOD, amqp_confirm_select_ok_t())
        case .other: return -1
        }
    }

    private func writeTopology(_ method: Method, _ arena: inout Arena) -> Int {
        switch method {
        case .exchangeDeclare(let exchange):
            var raw = amqp_exchange_declare_t()
            raw.exchange = arena.bytes(exchange.name)
            raw.type = arena.bytes(exchange.kind.rawValue)
            raw.durable = exchange.durable ? 1 : 0
            raw.arguments = amqp_empty_table
            return write(AMQP_EXCHANGE_DECLARE_METHOD, raw)
        case .exchangeDeclareOk: return write(AMQP_EXCHANGE_DECLARE_OK_METHOD, amqp_exchange_declare_ok_t())
        case .queueDeclare(let queue, let passive):
            var raw = amqp_queue_declare_t()
            raw.queue = arena.bytes(queue.name)
            raw.passive = passive ? 1 : 0
            raw.durable = queue.durable ? 1 : 0
            raw.exclusive = queue.exclusive ? 1 : 0
            raw.auto_delete = queue.autoDelete ? 1 : 0
            raw.arguments = arena.table(queue.arguments)
            return write(AMQP_QUEUE_DECLARE_METHOD, raw)
        case .queueDeclareOk(let name, let messages, let consumers):
            let raw = amqp_queue_declare_ok_t(
                queue: arena.bytes(name), message_count: messages, consumer_count: consumers)
            return write(AMQP_QUEUE_DECLARE_OK_METHOD, raw)
        case .queueBind(let binding):
            var raw = amqp_queue_bind_t()
            raw.queue = arena.bytes(binding.queue)
            raw.exchange = arena.bytes(binding.exchange)
            raw.routing_key = arena.bytes(binding.routingKey)
            raw.arguments = amqp_empty_table
            return write(AMQP_QUEUE_BIND_METHOD, raw)
        case .queueBindOk: return write(AMQP_QUEUE_BIND_OK_METHOD, amqp_queue_bind_ok_t())
        case .queuePurge(let queue):
            return write(AMQP_QUEUE_PURGE_METHOD, amqp_queue_purge_t(ticket: 0, queue: arena.bytes(queue), nowait: 0))
        case .queuePurgeOk(let messages):
            return write(AMQP_QUEUE_PURGE_OK_METHOD, amqp_queue_purge_ok_t(message_count: messages))
        case .queueDelete(let queue):
            var raw = amqp_queue_delete_t()
            raw.queue = arena.bytes(queue)
            return write(AMQP_QUEUE_DELETE_METHOD, raw)
        case .queueDeleteOk(let messages):
            return write(AMQP_QUEUE_DELETE_OK_METHOD, amqp_queue_delete_ok_t(message_count: messages))
        default: return -1
        }
    }

    private func write<C: BitwiseCopyable>(_ id: amqp_method_number_t, _ value: C) -> Int {
        guard room.count >= 4, let base = room.baseAddress else { return -1 }
        room.storeBytes(of: id.bigEndian, as: UInt32.self)
        var value = value
        let size = amqp_encode_method(id, &value, amqp_bytes_t(len: room.count - 4, bytes: base + 4))
        return size < 0 ? -1 : 4 + Int(size)
    }
}
