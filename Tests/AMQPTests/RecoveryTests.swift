import AMQP
import BrokerFixture
import Foundation
import Synchronization
import Testing

/// Bad days of the broker, each with a node of its own.
@Suite(.enabled(if: BrokerFixture.isControllable), .serialized, .timeLimit(.minutes(10)))
struct RecoveryTests {
    private static let node = Mutex<Task<BrokerFixture, any Error>?>(nil)

    let broker: BrokerFixture
    let queue = "recovery.\(UUID().uuidString)"

    init() async throws {
        let task = Self.node.withLock { node in
            let task = node ?? Task { try await BrokerFixture.start() }
            node = task
            return task
        }
        broker = try await task.value
        // A test that failed may have left it stopped.
        try await broker.startAgain()
    }

    private func message(_ text: String) -> OutboundMessage {
        OutboundMessage(
            routingKey: queue, mandatory: true, properties: MessageProperties(deliveryMode: 2), body: Array(text.utf8))
    }

    /// Publishes until confirmed, as an outbox does.
    private func publish(_ text: String, on connection: AMQPConnection, _ statuses: Recorder<ConnectionStatus>) async {
        while await connection.publish([message(text)]) != [.confirmed] { await Task.yield() }
    }

    @Test("A broker that is absent at the start is waited for; calls fail at once meanwhile")
    func absent() async throws {
        try await broker.stop()
        try await withConnection(broker.configuration(), topology: Topology(queues: [.quorum(queue)])) {
            connection, statuses in
            let first = await statuses.wait(count: 1)
            guard case .connecting(let error?) = first[0] else {
                Issue.record("unexpected \(first)")
                return
            }
            #expect(error.code == .connectFailed)
            #expect(await connection.publish([message("a"), message("b")]) == [.lost, .lost])
            await #expect { try await connection.inspect(queue: queue) } throws: {
                ($0 as? AMQPError)?.code == .notConnected
            }
            // Kept, and made once there is a broker.
            let received = Recorder<Delivery>()
            let consumer = try await connection.consume(queue, prefetch: 1) { received.append($0) }
            try await broker.startAgain()
            await statuses.connected()
            #expect(await connection.publish([message("c")]) == [.confirmed])
            let delivery = await received.wait(count: 1)[0]
            #expect(delivery.body == Array("c".utf8))
            connection.ack([delivery])
            await connection.cancel(consumer)
        }
    }

    /// Has the node write down all it knows. RabbitMQ confirms messages only once they are on disk, but a queue declared
    /// a moment before a kill may be forgotten; and a quorum queue (3.10) left without a leader for ever, so queues are
    /// classic ones where the node is killed.
    private func declareDurably(_ topology: Topology) async throws {
        try await withConnection(broker.configuration(), topology: topology) { _, statuses in
            await statuses.connected()
        }
        try await broker.restart()
    }

    @Test("Killed and started again, the broker finds topology and consumers renewed; old acknowledgements are void")
    func killed() async throws {
        let created = Recorder<[String]>()
        let topology = Topology(
            exchanges: [.init("recovery.x", kind: .direct)], queues: [.init(queue)],
            bindings: [.init(queue: queue, exchange: "recovery.x", routingKey: queue)])
        try await declareDurably(topology)
        try await withConnection(
            broker.configuration(), topology: topology, onTopologyRecovered: { created.append($0) }
        ) {
            connection, statuses in
            await statuses.connected()
            #expect(created.values == [[]])
            let received = Recorder<Delivery>()
            _ = try await connection.consume(queue, prefetch: 10) { received.append($0) }
            #expect(await connection.publish([message("a")]) == [.confirmed])
            let old = await received.wait(count: 1)[0]
            try await broker.restart(kill: true)
            await statuses.connected(2)
            let new = await received.wait(count: 2)[1]
            #expect(new.body == old.body)
            #expect(new.redelivered)
            #expect(new.epoch > old.epoch)
            connection.ack([old])
            connection.ack([new])
            // Durable, so it was not created again.
            #expect(created.values == [[], []])
            #expect(connection.statistics.connects == 2)
            await publish("b", on: connection, statuses)
            let third = await received.wait(count: 3)[2]
            #expect(third.body == Array("b".utf8))
            connection.ack([third])
        }
    }

    @Test("After a wipe the queues are created anew, and said to be")
    func wiped() async throws {
        let created = Recorder<[String]>()
        let topology = Topology(
            exchanges: [.init("recovery.x", kind: .direct)], queues: [.quorum(queue), .quorum("\(queue).b")],
            bindings: [.init(queue: queue, exchange: "recovery.x", routingKey: "k")])
        try await withConnection(
            broker.configuration(), topology: topology, onTopologyRecovered: { created.append($0) }
        ) {
            connection, statuses in
            await statuses.connected()
            let received = Recorder<Delivery>()
            _ = try await connection.consume(queue, prefetch: 10) { deliveries in
                received.append(deliveries)
                connection.ack(deliveries)
            }
            try await broker.wipe()
            // A node that is starting may close the first connections again, so it may take several to tell of both.
            await created.wait { Set($0.dropFirst().joined()) == [queue, "\(queue).b"] }
            // Once each: what was created is not created again.
            #expect(created.values.dropFirst().joined().count == 2)
            let message = OutboundMessage(exchange: "recovery.x", routingKey: "k", mandatory: true, body: [1])
            while await connection.publish([message]) != [.confirmed] { await Task.yield() }
            #expect(await received.wait(count: 1)[0].body == [1])
        }
    }

    @Test("Closed by the operator, the connection says why and comes back")
    func closedByServer() async throws {
        try await withConnection(broker.configuration(), topology: Topology(queues: [.quorum(queue)])) {
            connection, statuses in
            await statuses.connected()
            let outcomes = Recorder<PublishOutcome>()
            try await broker.ctl("close_all_connections", "maintenance")
            await statuses.connected(2)
            let reasons = statuses.values.compactMap { status in
                if case .connecting(let error) = status { error } else { nil }
            }
            #expect(reasons.first?.replyCode == 320)
            #expect(reasons.first?.message.contains("maintenance") == true)
            await publish("a", on: connection, statuses)
            #expect(outcomes.values.isEmpty)
            _ = try await eventually {
                try await connection.inspect(queue: queue)
            } until: {
                $0?.messageCount == 1
            }
        }
    }

    @Test("A memory alarm holds messages back without losing one, and consuming goes on elsewhere")
    func blocked() async throws {
        try await withConnection(broker.configuration("publisher"), topology: Topology(queues: [.quorum(queue)])) {
            connection, statuses in
            await statuses.connected()
            #expect(await connection.publish([message("a")]) == [.confirmed])
            try await broker.ctl("set_vm_memory_high_watermark", "0.00001")
            let outcomes = Recorder<PublishOutcome>()
            // The broker tells a connection that it is blocked when that publishes next.
            connection.publish((0..<300).map { message("\($0)") }) { outcomes.append($0) }
            await statuses.wait { $0.contains { if case .blocked = $0 { true } else { false } } }
            #expect(outcomes.values.isEmpty)
            #expect(connection.status.isUsable)
            try await withConnection(broker.configuration("consumer")) { other, statuses in
                await statuses.connected()
                let delivery = try #require(try await other.get(queue: queue))
                other.ack([delivery])
                // Answered only after the acknowledgement was taken.
                _ = try await other.inspect(queue: queue)
            }
            try await broker.ctl("set_vm_memory_high_watermark", "0.4")
            let settled = await outcomes.wait(count: 300)
            #expect(settled.allSatisfy { $0 == .confirmed })
            _ = try await eventually {
                try await connection.inspect(queue: queue)
            } until: {
                $0?.messageCount == 300
            }
        }
    }

    @Test("What is in flight when the broker dies is lost or confirmed, never silent")
    func inFlight() async throws {
        let topology = Topology(queues: [.init(queue)])
        try await declareDurably(topology)
        try await withConnection(broker.configuration(), topology: topology) { connection, statuses in
            await statuses.connected()
            let outcomes = Recorder<PublishOutcome>()
            let total = 20_000
            connection.publish((0..<total).map { message("\($0)") }) { outcomes.append($0) }
            try await broker.stop(kill: true)
            let settled = await outcomes.wait(count: total)
            let confirmed = settled.count { $0 == .confirmed }
            #expect(settled.allSatisfy { $0 == .confirmed || $0 == .lost })
            try await broker.startAgain()
            await statuses.connected(2)
            let kept = try #require(try await connection.inspect(queue: queue))
            #expect(kept.messageCount >= confirmed)
        }
    }

    @Test("A peer that falls silent is noticed within two heartbeats")
    func halfOpen() async throws {
        var configuration = try broker.configuration()
        configuration.heartbeat = .seconds(1)
        try await withConnection(configuration) { connection, statuses in
            await statuses.connected()
            try await broker.freeze(true)
            await statuses.wait { statuses in
                statuses.contains { status in
                    if case .connecting(let error?) = status { error.code == .timedOut } else { false }
                }
            }
            try await broker.freeze(false)
            await statuses.connected(2)
        }
    }
}
