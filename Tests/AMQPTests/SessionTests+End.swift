import TestSupport
import Testing

@testable import AMQP

/// Requests, heartbeats, the end, and brokers that break the protocol.
extension SessionTests {
    @Test("An error on a channel answers the one open question and no other")
    func requests() throws {
        let harness = try SessionHarness.ready(queues: ["b"])
        harness.session.inspect(1, queue: "a", now: harness.now)
        harness.session.inspect(2, queue: "b", now: harness.now)
        harness.session.get(3, queue: "a", now: harness.now)
        harness.session.purge(4, queue: "b", now: harness.now)
        harness.session.declare(5, Topology(queues: [.quorum("c"), .quorum("b")]), now: harness.now)
        _ = harness.settle()
        #expect(harness.replies[1] == .success(.inspected(nil)))
        #expect(harness.replies[2] == .success(.inspected(QueueDeclared(name: "b", messageCount: 0, consumerCount: 0))))
        if case .failure(let error)? = harness.replies[3] {
            #expect(error.isNotFound)
        } else {
            Issue.record("no failure")
        }
        #expect(harness.replies[4] == .success(.count(3)))
        #expect(
            harness.replies[5]
                == .success(
                    .declared([
                        QueueDeclared(name: "c", messageCount: 0, consumerCount: 0, createdAnew: true),
                        QueueDeclared(name: "b", messageCount: 0, consumerCount: 0, createdAnew: false),
                    ])))
    }

    @Test("A broker that does not answer is taken for dead")
    func noAnswer() throws {
        var settings = SessionSettings()
        settings.heartbeat = .zero
        let harness = try SessionHarness.ready(settings: settings)
        harness.session.inspect(1, queue: "a", now: harness.now)
        _ = harness.sent()
        #expect(harness.nextDeadline == harness.now + .seconds(30))
        harness.advance(.seconds(30))
        _ = harness.sent()
        #expect(harness.ended.first??.code == .timedOut)
        if case .failure(let error)? = harness.replies[1] { #expect(error.code == .connectionLost) }
        #expect(harness.nextDeadline == nil)
    }

    @Test("Silence is filled with heartbeats, and the peer's silence is noticed after two intervals")
    func heartbeats() throws {
        let harness = try SessionHarness.ready()
        harness.session.didSend(now: harness.now)
        harness.advance(.seconds(14))
        #expect(harness.sent().isEmpty)
        harness.advance(.seconds(1))
        #expect(harness.sent() == [.heartbeat])
        harness.advance(.seconds(15))
        #expect(harness.sent() == [.heartbeat])
        harness.advance(.seconds(29))
        #expect(harness.ended.isEmpty)
        harness.advance(.seconds(1))
        _ = harness.sent()
        #expect(harness.ended.first??.code == .timedOut)
    }

    @Test("A connection that ends settles everything exactly once")
    func end() throws {
        let harness = try SessionHarness.ready(consumers: [Self.spec], queues: ["q"])
        harness.session.publish(1, [message(), message()])
        _ = harness.sent()
        harness.receive(.method(1, .ack(tag: 1, multiple: false)))
        harness.session.publish(2, [message()])
        harness.session.inspect(3, queue: "q", now: harness.now)
        harness.session.purge(4, queue: "q", now: harness.now)
        harness.session.cancel(5, 1, requeue: true, now: harness.now)
        harness.receive(.method(0, .connectionClose(code: 320, text: "CONNECTION_FORCED")))
        #expect(harness.sent().last == .method(0, .connectionCloseOk))
        #expect(harness.settled == [1: [.confirmed, .lost], 2: [.lost]])
        #expect(harness.replies.count == 3)
        #expect(harness.replies[5] == .success(.done))
        #expect(harness.ended.count == 1)
        #expect(harness.ended.first??.replyCode == 320)
        harness.session.publish(6, [message()])
        harness.session.disconnected(AMQPError(.connectionLost, ""))
        harness.advance(.seconds(100))
        _ = harness.sent()
        #expect(harness.ended.count == 1)
        #expect(harness.settled[6] == [.lost])
    }

    @Test("Closing waits for the broker's answer, but not for ever")
    func close() throws {
        let harness = try SessionHarness.ready()
        harness.session.close(deadline: harness.now + .seconds(2))
        #expect(harness.sent() == [.method(0, .connectionClose(code: 200, text: "shut down"))])
        harness.receive(.method(0, .connectionCloseOk))
        _ = harness.sent()
        #expect(harness.ended == [nil])

        let deaf = try SessionHarness.ready()
        deaf.session.close(deadline: deaf.now + .seconds(2))
        deaf.advance(.seconds(2))
        _ = deaf.sent()
        #expect(deaf.ended == [nil])
    }

    @Test(
        "A broker that breaks the protocol ends the connection",
        arguments: [
            [Frame.method(0, .ack(tag: 1, multiple: false))],
            [.method(1, .ack(tag: 9, multiple: false))],
            [.method(1, .queueDeclareOk(name: "q", messages: 0, consumers: 0))],
            [.header(5, bodySize: 1, MessageProperties())],
            [.body(5, [1])],
            [
                .method(5, .deliver(consumerTag: "c", tag: 1, redelivered: false, exchange: "", routingKey: "")),
                .body(5, [1]),
            ],
            [
                .method(5, .deliver(consumerTag: "c", tag: 1, redelivered: false, exchange: "", routingKey: "")),
                .header(5, bodySize: 1, MessageProperties()), .body(5, [1, 2]),
            ],
            [
                .method(5, .deliver(consumerTag: "c", tag: 2, redelivered: false, exchange: "", routingKey: "")),
                .header(5, bodySize: 0, MessageProperties()),
            ],
            [
                .method(5, .deliver(consumerTag: "c", tag: 1, redelivered: false, exchange: "", routingKey: "")),
                .method(5, .qosOk),
            ],
            [.method(0, .connectionCloseOk)],
        ])
    func violations(frames: [Frame]) throws {
        let harness = try SessionHarness.ready(consumers: [Self.spec], queues: ["q"])
        for frame in frames { harness.receive(frame) }
        _ = harness.sent()
        #expect(harness.ended.first??.code == .protocolViolation)
    }

    @Test(
        "Whatever a broker sends, in whatever order, ends in an error at worst",
        arguments: 1...300 as ClosedRange<UInt64>)
    func anything(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let topology = Topology(queues: [.quorum("q")])
        let harness = try SessionHarness.ready(topology: topology, consumers: [Self.spec], queues: ["q"])
        var batch = 1
        for step in 0..<60 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                harness.session.publish(batch, [message("a", mandatory: true), message("b")])
                batch += 1
            case 1: harness.advance(.milliseconds(Int.random(in: 0...3000, using: &random)))
            case 2: harness.session.inspect(1000 + step, queue: "q", now: harness.now)
            case 3: harness.session.setPrefetch(UInt16(step), 1, now: harness.now)
            case 4 where step > 50: harness.session.cancel(2000 + step, 1, requeue: false, now: harness.now)
            case 4: _ = harness.settle()
            default: harness.receive(random.frame())
            }
            _ = harness.sent()
        }
        harness.session.disconnected(AMQPError(.connectionLost, "the end"))
        _ = harness.sent()
        #expect(harness.ended.count == 1)
        #expect(harness.settled.count == batch - 1)
    }
}
