import TestSupport

@testable import AMQP

extension SeededGenerator {
    mutating func text(upTo limit: Int = 12) -> String {
        let alphabet = Array("abcXYZ019.-_ äß漢😀")
        return String(
            (0..<Int.random(in: 0...limit, using: &self)).map { _ in alphabet.randomElement(using: &self) ?? "a" })
    }

    mutating func bytes(upTo limit: Int) -> [UInt8] {
        (0..<Int.random(in: 0...limit, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    mutating func field(depth: Int = 0) -> AMQPFieldValue {
        switch Int.random(in: 0..<(depth < 3 ? 9 : 7), using: &self) {
        case 0: .bool(.random(using: &self))
        case 1: .int(.random(in: .min ... .max, using: &self))
        case 2: .double(Double(Int.random(in: -1_000_000...1_000_000, using: &self)) / 8)
        case 3: .string(text(upTo: 300))
        // Bytes that happen to be text stay bytes: the type is on the wire.
        case 4: .bytes(bytes(upTo: 20))
        case 5: .timestamp(.random(in: 0...4_000_000_000, using: &self))
        case 6: .null
        case 7: .array((0..<Int.random(in: 0...3, using: &self)).map { _ in field(depth: depth + 1) })
        default: .table(table(depth: depth + 1))
        }
    }

    mutating func table(depth: Int = 0) -> [String: AMQPFieldValue] {
        var table: [String: AMQPFieldValue] = [:]
        for _ in 0..<Int.random(in: 0...4, using: &self) { table[text()] = field(depth: depth) }
        return table
    }

    mutating func properties() -> MessageProperties {
        var properties = MessageProperties(headers: FieldTable(table().map { ($0.key, $0.value) }))
        if Bool.random(using: &self) { properties.contentType = text() }
        if Bool.random(using: &self) { properties.contentEncoding = text() }
        if Bool.random(using: &self) { properties.deliveryMode = .random(in: 0...255, using: &self) }
        if Bool.random(using: &self) { properties.priority = .random(in: 0...255, using: &self) }
        if Bool.random(using: &self) { properties.correlationID = text() }
        if Bool.random(using: &self) { properties.replyTo = text() }
        if Bool.random(using: &self) { properties.expiration = text() }
        if Bool.random(using: &self) { properties.messageID = text() }
        if Bool.random(using: &self) { properties.timestamp = .random(in: 0...4_000_000_000, using: &self) }
        if Bool.random(using: &self) { properties.type = text() }
        if Bool.random(using: &self) { properties.userID = text() }
        if Bool.random(using: &self) { properties.appID = text() }
        return properties
    }

    mutating func method() -> Method {
        let tag = UInt64.random(in: 0 ... .max, using: &self)
        let number = UInt32.random(in: 0 ... .max, using: &self)
        let code = UInt16.random(in: 0 ... .max, using: &self)
        let flag = Bool.random(using: &self)
        let other = Bool.random(using: &self)
        let (a, b, c) = (text(), text(), text())
        let all: [Method] = [
            .connectionClose(code: code, text: a), .connectionCloseOk, .connectionBlocked(reason: a),
            .connectionUnblocked, .channelOpen, .channelOpenOk, .channelFlow(active: flag),
            .channelFlowOk(active: flag), .channelClose(code: code, text: a), .channelCloseOk,
            .exchangeDeclare(.init(a, kind: flag ? .topic : .fanout, durable: other)), .exchangeDeclareOk,
            .queueDeclare(
                .init(a, durable: flag, exclusive: other, autoDelete: !flag, arguments: table()), passive: other),
            .queueDeclareOk(name: a, messages: number, consumers: number / 2),
            .queueBind(.init(queue: a, exchange: b, routingKey: c)), .queueBindOk, .queuePurge(a),
            .queuePurgeOk(messages: number), .queueDelete(a), .queueDeleteOk(messages: number), .qos(prefetch: code),
            .qosOk, .consume(queue: a, tag: b, exclusive: flag), .consumeOk(tag: a), .cancel(tag: a, noWait: flag),
            .cancelOk(tag: a), .publish(exchange: a, routingKey: b, mandatory: flag),
            .returned(code: code, text: a, exchange: b, routingKey: c),
            .deliver(consumerTag: a, tag: tag, redelivered: flag, exchange: b, routingKey: c), .get(queue: a),
            .getOk(tag: tag, redelivered: flag, exchange: a, routingKey: b, remaining: number), .getEmpty,
            .ack(tag: tag, multiple: flag), .nack(tag: tag, multiple: flag, requeue: other), .confirmSelect,
            .confirmSelectOk,
        ]
        return all.randomElement(using: &self) ?? .channelOpen
    }

    mutating func frame() -> Frame {
        let channel = UInt16.random(in: 0...20, using: &self)
        return switch Int.random(in: 0..<6, using: &self) {
        case 0: .header(channel, bodySize: .random(in: 0...1_000_000, using: &self), properties())
        case 1: .body(channel, bytes(upTo: 400) + [1])
        case 2: .heartbeat
        default: .method(channel, method())
        }
    }
}

/// Encodes frames as a broker would.
func encode(_ frames: [Frame], frameMax: Int = 131_072) -> [UInt8] {
    var encoder = FrameEncoder(frameMax: frameMax)
    var output = ByteQueue(capacity: 16)
    for frame in frames {
        switch frame {
        case .method(let channel, let method): encoder.encode(method, channel: channel, into: &output)
        case .header(let channel, let size, let properties):
            _ = encoder.encode(header: properties, bodySize: Int(size), channel: channel, into: &output)
        case .body(let channel, let bytes): encoder.encode(body: bytes, channel: channel, into: &output)
        case .heartbeat: FrameEncoder.encodeHeartbeat(into: &output)
        }
    }
    return Array(output.bytes)
}
