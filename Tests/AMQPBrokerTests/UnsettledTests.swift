import AMQP
import Orchestrator
import TaskProtocol
import Testing

@testable import AMQPBroker

@Suite struct UnsettledTests {
    static func delivery(_ tag: UInt64) -> Delivery {
        Delivery(
            epoch: 3, tag: tag, channel: 2, queue: "q", exchange: "", routingKey: "q", redelivered: false,
            properties: MessageProperties(type: "batch"), body: [1, 2, 3])
    }

    static func members(_ count: Int) -> [ProtocolEnvelope] {
        (0..<count).map { ProtocolEnvelope(correlationID: "\($0)", body: [UInt8($0)]) }
    }

    @Test func `a message that came alone is settled at once, and once`() {
        var unsettled = Unsettled()
        let delivery = Self.delivery(1)
        let reference = unsettled.hold(.delivery(delivery))
        #expect(reference.epoch == 3)
        #expect(unsettled.take(reference).flatMap { unsettled.settle($0) } == delivery.ticket)
        #expect(unsettled.take(reference) == nil)
        #expect(unsettled.isEmpty)
    }

    @Test func `a batch is settled with the last of its messages, whatever their order`() {
        var unsettled = Unsettled()
        let first = unsettled.open(Self.delivery(1), of: 3)
        let second = unsettled.open(Self.delivery(2), of: 1)
        let references = Self.members(3).map { unsettled.hold(.batch(first, $0)) }
        let other = unsettled.hold(.batch(second, ProtocolEnvelope()))
        func settle(_ reference: BrokerDelivery) -> DeliveryTicket? {
            unsettled.take(reference).flatMap { unsettled.settle($0) }
        }
        #expect(settle(references[2]) == nil)
        #expect(settle(references[0]) == nil)
        #expect(settle(references[0]) == nil)
        #expect(settle(other) == Self.delivery(2).ticket)
        #expect(settle(references[1]) == Self.delivery(1).ticket)
        #expect(unsettled.isEmpty)
    }

    @Test func `a message of a batch can be had as if it had come alone, until its batch is settled`() throws {
        var unsettled = Unsettled()
        let batch = unsettled.open(Self.delivery(1), of: 1)
        let message = MessageOrigin.batch(batch, ProtocolEnvelope(correlationID: "c", headers: ["h": 1], body: [7]))
        let alone = try #require(unsettled.delivery(of: message))
        #expect(alone.queue == "q")
        #expect(alone.properties == MessageProperties(headers: ["h": .int(1)], correlationID: "c"))
        #expect(alone.body == [7])
        #expect(unsettled.settle(message) == Self.delivery(1).ticket)
        #expect(unsettled.delivery(of: message) == nil)
        #expect(unsettled.settle(message) == nil)
    }
}

@Suite struct DeliveryWindowTests {
    @Test func `messages that come alone change nothing`() {
        var window = DeliveryWindow(prefetch: 2_000)
        for count in [1, 7, 500] { #expect(window.note(deliveries: count, messages: count) == nil) }
        // A batch that is none brings no message at all.
        #expect(window.note(deliveries: 1, messages: 0) == nil)
        #expect(window.note(deliveries: 0, messages: 0) == nil)
    }

    @Test func `of batches so many are out as hold the messages that should be out`() {
        var window = DeliveryWindow(prefetch: 2_000)
        #expect(window.note(deliveries: 32, messages: 32 * 40) == 50)
        #expect(window.note(deliveries: 32, messages: 32 * 30) == nil)
        #expect(window.note(deliveries: 32, messages: 32 * 1_000) == 16)
        #expect(window.note(deliveries: 32, messages: 32 * 1_000) == nil)
        #expect(window.note(deliveries: 32, messages: 32 * 20) == 100)
        #expect(window.note(deliveries: 32, messages: 32) == 2_000)
        #expect(window.note(deliveries: 32, messages: 32) == nil)
    }

    @Test func `one batch among many single messages does not count for much`() {
        var window = DeliveryWindow(prefetch: 2_000)
        #expect(window.note(deliveries: 1, messages: 20) == nil)
        for _ in 0..<300 { _ = window.note(deliveries: 1, messages: 1) }
        #expect(window.note(deliveries: 1, messages: 1) == nil)
    }

    @Test func `a small prefetch is never exceeded`() {
        var window = DeliveryWindow(prefetch: 4)
        #expect(window.note(deliveries: 40, messages: 40_000) == nil)
    }
}

@Suite struct BatchingClientsTests {
    static func reply(_ number: Int64, _ queue: String, _ size: Int = 3) -> OutboxMessage {
        OutboxMessage(
            number: number, queue: queue, correlationID: "c\(number)", type: "success", executionARN: "e\(number)",
            body: [UInt8](repeating: 0x31, count: size))
    }

    @Test func `who sent a batch gets batches, in the order of the replies, and nobody else`() throws {
        let clients = BatchingClients()
        clients.sentBatch(replyTo: "many")
        clients.sentBatch(replyTo: "once")
        clients.sentBatch(replyTo: "")
        let portions = clients.portions(
            of: [
                Self.reply(1, "many"), Self.reply(2, "plain"), Self.reply(3, "many"), Self.reply(4, "once"),
                Self.reply(5, "plain"), Self.reply(6, "many"),
            ])
        func sent(to queue: String) -> [BatchingClients.Portion] { portions.filter { $0.message.routingKey == queue } }
        #expect(sent(to: "plain").map(\.numbers) == [[2], [5]])
        #expect(sent(to: "plain").allSatisfy { $0.message.properties.type == "success" })
        #expect(sent(to: "once").map(\.numbers) == [[4]])
        #expect(sent(to: "once").first?.message.properties.correlationID == "c4")
        let batch = try #require(sent(to: "many").first)
        #expect(sent(to: "many").count == 1)
        #expect(batch.numbers == [1, 3, 6])
        #expect(batch.message.mandatory)
        #expect(batch.message.properties.type == "batch")
        #expect(batch.message.properties.deliveryMode == 2)
        let envelope = ProtocolEnvelope(type: "batch", body: batch.message.body)
        #expect(try MessageBatch.unpack(envelope).map(\.correlationID) == ["c1", "c3", "c6"])
    }

    @Test func `replies that are too large for one batch are several`() {
        let clients = BatchingClients()
        clients.sentBatch(replyTo: "q")
        let portions = clients.portions(of: (1...5).map { Self.reply($0, "q", 262_144) })
        #expect(portions.map(\.numbers) == [[1, 2, 3], [4, 5]])
    }

    @Test func `there is an end to remembering`() {
        let clients = BatchingClients()
        for number in 0...BatchingClients.limit { clients.sentBatch(replyTo: "q\(number)") }
        #expect(clients.portions(of: [Self.reply(1, "q0"), Self.reply(2, "q0")]).count == 2)
        let last = "q\(BatchingClients.limit)"
        #expect(clients.portions(of: [Self.reply(1, last), Self.reply(2, last)]).count == 1)
    }
}
