import AMQP
import BrokerFixture
import Foundation
import Testing

/// Against a live broker that nobody harms; every test has queues of its own.
@Suite(.enabled(if: BrokerFixture.isAvailable), .timeLimit(.minutes(10)))
struct BrokerTests {
    let broker: BrokerFixture
    let queue = "test.\(UUID().uuidString)"

    init() async throws { broker = try await .shared() }

    private func message(_ text: String, mandatory: Bool = false, to queue: String? = nil) -> OutboundMessage {
        OutboundMessage(routingKey: queue ?? self.queue, mandatory: mandatory, body: Array(text.utf8))
    }

    private func texts(_ deliveries: [Delivery]) -> [String] {
        deliveries.map { String(decoding: $0.body, as: UTF8.self) }
    }

    @Test("A message is confirmed, delivered with all its properties, and acknowledged")
    func roundTrip() async throws {
        let properties = MessageProperties(
            contentType: "application/json", contentEncoding: "identity",
            headers: [
                "text": "grüße", "number": -42, "flag": true, "double": .double(1.5), "time": .timestamp(1_700_000_000),
                "bytes": .bytes([0, 255]), "none": .null, "list": .array([1, "two", .array([])]),
                "table": .table(["inner": .table(["deep": 1])]),
            ],
            deliveryMode: 2, priority: 3, correlationID: "token", replyTo: "answers", expiration: "60000",
            messageID: "id", timestamp: 1_700_000_001, type: "task", userID: "guest", appID: "test")
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            let declared = try await connection.declare(
                Topology(
                    exchanges: [.init("\(queue).x", kind: .direct, durable: false)], queues: [.quorum(queue)],
                    bindings: [.init(queue: queue, exchange: "\(queue).x", routingKey: "key")]))
            #expect(declared == [QueueDeclared(name: queue, messageCount: 0, consumerCount: 0, createdAnew: true)])

            let received = Recorder<Delivery>()
            let consumer = try await connection.consume(queue, prefetch: 10) { received.append($0) }
            let outcome = await connection.publish([
                OutboundMessage(
                    exchange: "\(queue).x", routingKey: "key", mandatory: true, properties: properties, body: [1, 2, 3])
            ])
            #expect(outcome == [.confirmed])
            let delivery = try #require(await received.wait(count: 1).first)
            #expect(delivery.queue == queue)
            #expect(delivery.exchange == "\(queue).x")
            #expect(delivery.routingKey == "key")
            #expect(!delivery.redelivered)
            #expect(delivery.body == [1, 2, 3])
            #expect(delivery.properties == properties)
            connection.ack([delivery])
            await connection.cancel(consumer, requeueUnacknowledged: true)
            #expect(try await connection.inspect(queue: queue)?.messageCount == 0)
            try await connection.delete(queue: queue)
            #expect(try await connection.inspect(queue: queue) == nil)
        }
    }

    @Test(
        "Bodies of every awkward size arrive whole", arguments: [0, 1, 131_063, 131_064, 131_065, 262_144, 3_000_000])
    func sizes(size: Int) async throws {
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            try await connection.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            let outcome = await connection.publish([OutboundMessage(routingKey: queue, mandatory: true, body: body)])
            #expect(outcome == [.confirmed])
            let delivery = try #require(try await connection.get(queue: queue))
            #expect(delivery.body == body)
            connection.ack([delivery])
            #expect(try await connection.get(queue: queue) == nil)
        }
    }

    @Test("In a batch, each mandatory message without a queue is returned, and only those")
    func returned() async throws {
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            try await connection.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            let outcomes = await connection.publish([
                message("a", mandatory: true), message("b", mandatory: true, to: "nowhere"), message("c"),
                message("d", to: "nowhere"), message("e", mandatory: true, to: "nowhere"),
            ])
            let noRoute = PublishOutcome.returned(code: 312, text: "NO_ROUTE")
            #expect(outcomes == [.confirmed, noRoute, .confirmed, .confirmed, noRoute])
            let statistics = connection.statistics
            #expect(statistics.returned == 2)
        }
    }

    @Test("What can never be sent is rejected and harms nothing else")
    func unsendable() async throws {
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            try await connection.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            var longID = message("a")
            longID.properties.messageID = String(repeating: "x", count: 256)
            var largeHeaders = message("b")
            largeHeaders.properties.headers["h"] = .string(String(repeating: "y", count: 200_000))
            let outcomes = await connection.publish([longID, message("c"), largeHeaders, message("d")])
            #expect(outcomes == [.rejected, .confirmed, .rejected, .confirmed])
            #expect(try await connection.inspect(queue: queue)?.messageCount == 2)
        }
    }

    @Test("Thousands of messages, far beyond the confirm window, keep their order and are all confirmed")
    func many() async throws {
        let total = 5000
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            try await connection.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            let received = Recorder<String>()
            _ = try await connection.consume(queue, prefetch: 200) { deliveries in
                received.append(deliveries.map { String(decoding: $0.body, as: UTF8.self) })
                connection.ack(deliveries)
            }
            let messages = (0..<total).map { message("\($0)", mandatory: true) }
            let outcomes = await connection.publish(messages)
            #expect(outcomes.count == total)
            #expect(outcomes.allSatisfy { $0 == .confirmed })
            let values = await received.wait(count: total)
            #expect(values == (0..<total).map(String.init))
        }
    }

    @Test("The broker holds back what exceeds the prefetch; acknowledging one lets one more come")
    func prefetch() async throws {
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            try await connection.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            _ = await connection.publish((0..<10).map { message("\($0)") })
            let received = Recorder<Delivery>()
            let consumer = try await connection.consume(queue, prefetch: 3) { received.append($0) }
            var deliveries = await received.wait(count: 3)
            #expect(try await connection.inspect(queue: queue)?.messageCount == 7)
            connection.ack([deliveries[1]])
            deliveries = await received.wait(count: 4)
            #expect(texts(deliveries) == ["0", "1", "2", "3"])
            connection.setPrefetch(5, for: consumer)
            // The new limit counts from here on; what is outstanding stays valid.
            deliveries = await received.wait(count: 9)
            connection.ack(deliveries)
            deliveries = await received.wait(count: 10)
            connection.ack(deliveries)
            await connection.cancel(consumer)
            #expect(try await connection.inspect(queue: queue)?.messageCount == 0)
        }
    }

    @Test("Given back, a message comes again as redelivered; dropped, it does not")
    func nack() async throws {
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            try await connection.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            _ = await connection.publish([message("a")])
            let received = Recorder<Delivery>()
            let consumer = try await connection.consume(queue, prefetch: 1) { received.append($0) }
            connection.nack([await received.wait(count: 1)[0]], requeue: true)
            let second = await received.wait(count: 2)[1]
            #expect(second.redelivered)
            connection.nack([second], requeue: false)
            // Settled twice: ignored, not an error that closes the channel.
            connection.ack([second])
            await connection.cancel(consumer)
            #expect(try await connection.get(queue: queue) == nil)
        }
    }

    @Test("Cancelling with requeue gives back what is outstanding; late acknowledgements are void")
    func cancelRequeues() async throws {
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            try await connection.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            _ = await connection.publish((0..<5).map { message("\($0)") })
            let received = Recorder<Delivery>()
            let consumer = try await connection.consume(queue, prefetch: 3) { received.append($0) }
            let deliveries = await received.wait(count: 3)
            await connection.cancel(consumer, requeueUnacknowledged: true)
            connection.ack(deliveries)
            // The broker requeues what the closed channel held in its own time.
            _ = try await eventually {
                try await connection.inspect(queue: queue)
            } until: {
                $0?.messageCount == 5
            }

            let again = try await connection.consume(queue, prefetch: 2) { received.append($0) }
            let more = await received.wait(count: 5).suffix(2)
            await connection.cancel(again)
            connection.ack(Array(more))
            #expect(try await connection.purge(queue: queue) == 3)
            #expect(received.values.count == 5)
        }
    }

    @Test("Refusals are errors that leave the connection alone")
    func refusals() async throws {
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            await #expect(throws: AMQPError.self) { try await connection.consume("\(queue).no", prefetch: 1) { _ in } }
            await #expect { try await connection.get(queue: "\(queue).no") } throws: {
                ($0 as? AMQPError)?.isNotFound == true
            }
            await #expect { try await connection.purge(queue: "\(queue).no") } throws: {
                ($0 as? AMQPError)?.isNotFound == true
            }
            try await connection.delete(queue: "\(queue).no")
            try await connection.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            await #expect {
                try await connection.declare(
                    Topology(queues: [.init(queue, durable: false, exclusive: true, arguments: ["x-max-length": 5])]))
            } throws: { ($0 as? AMQPError)?.isPreconditionFailed == true }
            await #expect(throws: AMQPError.self) { try await connection.inspect(queue: "") }
            #expect(await connection.publish([message("still here", mandatory: true)]) == [.confirmed])
            #expect(statuses.values.count == 1)
        }
    }

    @Test("Publishing to an exchange that is gone loses the message, and the exchange is declared again")
    func exchangeDeleted() async throws {
        try await withConnection(broker.configuration()) { connection, statuses in
            await statuses.connected()
            let lost = await connection.publish([OutboundMessage(exchange: "\(queue).none", routingKey: "k")])
            #expect(lost == [.lost])
            #expect(await connection.publish([message("x")]) == [.confirmed])
        }
    }

    @Test("A deleted queue is declared again under its consumer, and reported")
    func queueDeleted() async throws {
        let created = Recorder<String>()
        let topology = Topology(queues: [.quorum(queue)])
        try await withConnection(
            broker.configuration(), topology: topology, onTopologyRecovered: { created.append($0) }
        ) { connection, statuses in
            await statuses.connected()
            #expect(created.values == [queue])
            let received = Recorder<Delivery>()
            _ = try await connection.consume(queue, prefetch: 5) { deliveries in
                received.append(deliveries)
                connection.ack(deliveries)
            }
            // Deleted by somebody else.
            try await withConnection(broker.configuration("other")) { other, statuses in
                await statuses.connected()
                try await other.delete(queue: queue)
            }
            await created.wait(count: 2)
            #expect(created.values == [queue, queue])
            #expect(await connection.publish([message("back", mandatory: true)]) == [.confirmed])
            await received.wait(count: 1)
            try await connection.delete(queue: queue)
        }
    }

    @Test("Everything on one connection at once")
    func concurrent() async throws {
        let configuration = try broker.configuration()
        try await withConnection(configuration) { connection, statuses in
            await statuses.connected()
            let queues = (0..<8).map { "\(queue).\($0)" }
            try await connection.declare(
                Topology(queues: queues.map { Topology.Queue($0, durable: false, exclusive: true) }))
            let received = Recorder<String>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in queues {
                    group.addTask {
                        _ = try await connection.consume(name, prefetch: 7) { deliveries in
                            received.append(deliveries.map { String(decoding: $0.body, as: UTF8.self) })
                            connection.ack(deliveries)
                        }
                        for round in 0..<20 {
                            let batch = (0..<5).map { message("\(name)/\(round)/\($0)", mandatory: true, to: name) }
                            let outcomes = await connection.publish(batch)
                            #expect(outcomes.allSatisfy { $0 == .confirmed })
                            _ = try await connection.inspect(queue: name)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let values = await received.wait(count: 800)
            #expect(Set(values).count == 800)
        }
    }

    @Test("A wrong password is told as such, and never shown")
    func wrongPassword() async throws {
        var configuration = try broker.configuration()
        configuration.url.password = "secret-\(UUID().uuidString)"
        try await withConnection(configuration) { _, statuses in
            let seen = await statuses.wait(count: 1)
            guard case .connecting(let error?) = seen[0] else {
                Issue.record("unexpected \(seen)")
                return
            }
            #expect(error.code == .refused)
            #expect(error.replyCode == 403)
            #expect(!"\(error)".contains(configuration.url.password))
            #expect(!"\(configuration)".contains(configuration.url.password))
        }
    }

    @Test("Shutting down settles what was published, and ends run")
    func shutdown() async throws {
        let connection = AMQPConnection(try broker.configuration())
        async let running: Void = connection.run()
        try await connection.declare(Topology(queues: [.quorum(queue)]))
        while !connection.status.isUsable { await Task.yield() }
        let outcomes = Recorder<PublishOutcome>()
        connection.publish((0..<500).map { message("\($0)", mandatory: true) }) { outcomes.append($0) }
        await connection.shutdown()
        await running
        #expect(outcomes.values == Array(repeating: .confirmed, count: 500))
        #expect(connection.status == .closed)
        #expect(await connection.publish([message("late")]) == [.lost])
        try await withConnection(broker.configuration()) { other, statuses in
            await statuses.connected()
            #expect(try await other.inspect(queue: queue)?.messageCount == 500)
            try await other.delete(queue: queue)
        }
    }
}
