import Testing

@testable import AMQP

/// What is consumed: acknowledgements, subscriptions, queues that go.
extension SessionTests {
    @Test("Acknowledgements of one turn are one frame")
    func acknowledge() throws {
        let harness = try SessionHarness.ready(consumers: [Self.spec], queues: ["q"])
        for tag in 1...4 as ClosedRange<UInt64> { harness.deliver(tag, on: 5, body: tag == 2 ? [] : [UInt8(tag)]) }
        _ = harness.sent()
        #expect(harness.deliveries.map(\.body) == [[1], [], [3], [4]])
        let tickets = harness.deliveries.map(\.ticket)
        harness.session.acknowledge([tickets[2], tickets[0], tickets[1]], now: harness.now)
        harness.session.acknowledge([tickets[0]], now: harness.now)
        #expect(harness.sent() == [.method(5, .ack(tag: 3, multiple: true))])
        harness.session.giveBack([tickets[3], tickets[2]], requeue: true, now: harness.now)
        #expect(harness.sent() == [.method(5, .nack(tag: 4, multiple: false, requeue: true))])
    }

    @Test("Tickets of an earlier life of a channel are void")
    func epochs() throws {
        let harness = try SessionHarness.ready(consumers: [Self.spec], queues: ["q"])
        harness.deliver(1, on: 5)
        _ = harness.sent()
        harness.receive(.method(5, .channelClose(code: 406, text: "consumer timeout")))
        harness.advance(.milliseconds(200))
        #expect(harness.settle().names == ["5 channelCloseOk", "5 channelOpen", "5 qos", "5 consume"])
        harness.deliver(1, on: 5)
        _ = harness.sent()
        #expect(harness.deliveries[0].epoch < harness.deliveries[1].epoch)
        harness.session.acknowledge([harness.deliveries[0].ticket], now: harness.now)
        #expect(harness.sent().isEmpty)
        harness.session.acknowledge([harness.deliveries[1].ticket], now: harness.now)
        #expect(harness.sent() == [.method(5, .ack(tag: 1, multiple: false))])
    }

    @Test("A queue deleted under its consumer is declared again, reported, and consumed again")
    func queueDeleted() throws {
        let topology = Topology(
            exchanges: [.init("x", kind: .direct)], queues: [.quorum("q"), .quorum("other")],
            bindings: [.init(queue: "q", exchange: "x", routingKey: "k")])
        let harness = try SessionHarness.ready(topology: topology, consumers: [Self.spec], queues: ["q", "other"])
        harness.queues = ["other"]
        harness.receive(.method(5, .cancel(tag: "c1.1", noWait: true)))
        #expect(harness.settle().isEmpty)
        harness.advance(.milliseconds(200))
        let sent = harness.settle()
        #expect(
            sent.names == [
                "2 exchangeDeclare", "3 queueDeclare", "3 channelCloseOk", "2 queueDeclare", "2 queueBind", "5 qos",
                "5 consume",
            ])
        #expect(harness.created == [["q"]])
    }

    @Test("A consumer whose queue is gone, unknown to the topology, is tried again with growing pauses")
    func queueGone() throws {
        let harness = try SessionHarness.ready(consumers: [Self.spec], queues: ["q"])
        harness.queues = []
        harness.receive(.method(5, .cancel(tag: "c1.1", noWait: true)))
        _ = harness.settle()
        var pauses: [Duration] = []
        for _ in 0..<5 {
            let before = harness.now
            // The heartbeat is further away than these pauses.
            let deadline = try #require(harness.nextDeadline)
            pauses.append(deadline - before)
            harness.advance(deadline - before)
            _ = harness.settle()
        }
        #expect(pauses == [100, 200, 400, 800, 1600].map { .milliseconds($0) })
        harness.queues = ["q"]
        harness.advance(.seconds(10))
        #expect(harness.settle().names.contains("5 consume"))
        harness.deliver(1, on: 5)
        _ = harness.sent()
        #expect(harness.deliveries.count == 1)
    }

    @Test("A subscription that is refused when it is asked for is not kept")
    func refused() throws {
        let harness = try SessionHarness.ready()
        harness.session.consume(7, ConsumerSpec(id: 9, queue: "none", prefetch: 1, exclusive: false), now: harness.now)
        _ = harness.settle()
        guard case .failure(let error)? = harness.replies[7] else {
            Issue.record("no failure")
            return
        }
        #expect(error.isNotFound)
        #expect(harness.hasNoConsumers)
    }

    @Test("A queue that does not answer costs its consumer a channel, not the connection")
    func sickQueue() throws {
        var settings = SessionSettings()
        settings.heartbeat = .zero
        let harness = try SessionHarness.ready(settings: settings)
        harness.queues = ["q"]
        harness.session.consume(7, Self.spec, now: harness.now)
        _ = harness.sent()
        harness.receive(.method(5, .channelOpenOk), .method(5, .qosOk))
        harness.advance(.seconds(20))
        #expect(harness.sent().names == ["5 channelClose"])
        #expect(harness.replies[7] == .success(.done))
        // The old channel has not even answered its close when the next one is tried.
        harness.advance(.milliseconds(200))
        #expect(harness.settle().names == ["6 channelOpen", "6 qos", "6 consume"])
        harness.advance(.seconds(100))
        _ = harness.sent()
        #expect(harness.ended.isEmpty)
        harness.deliver(1, on: 6)
        _ = harness.sent()
        #expect(harness.deliveries.count == 1)
    }

    @Test("Cancelled, a consumer's channel stays for what is outstanding, then closes")
    func cancelLingers() throws {
        let harness = try SessionHarness.ready(consumers: [Self.spec], queues: ["q"])
        harness.deliver(1, on: 5)
        harness.session.cancel(3, 1, requeue: false, now: harness.now)
        #expect(harness.settle().names == ["5 cancel"])
        #expect(harness.replies[3] == .success(.done))
        harness.session.acknowledge(harness.deliveries.map(\.ticket), now: harness.now)
        #expect(
            harness.settle() == [
                .method(5, .ack(tag: 1, multiple: false)), .method(5, .channelClose(code: 200, text: "")),
            ])
        #expect(!harness.hasChannel(5))
    }

    @Test("Another prefetch subscribes anew on the same channel, whichever answer comes first")
    func prefetch() throws {
        let harness = try SessionHarness.ready(consumers: [Self.spec], queues: ["q"])
        harness.deliver(1, on: 5)
        harness.session.setPrefetch(50, 1, now: harness.now)
        #expect(
            harness.sent() == [
                .method(5, .cancel(tag: "c1.1", noWait: false)), .method(5, .qos(prefetch: 50)),
                .method(5, .consume(queue: "q", tag: "c1.2", exclusive: false)),
            ])
        harness.receive(.method(5, .qosOk), .method(5, .consumeOk(tag: "c1.2")), .method(5, .cancelOk(tag: "c1.1")))
        harness.session.acknowledge(harness.deliveries.map(\.ticket), now: harness.now)
        #expect(harness.sent() == [.method(5, .ack(tag: 1, multiple: false))])
        #expect(harness.ended.isEmpty)
    }

    @Test("What is asked for while a consumer subscribes waits for the confirmation")
    func askedWhileSubscribing() throws {
        let harness = try SessionHarness.ready(consumers: [Self.spec], queues: ["q"])
        harness.session.setPrefetch(50, 1, now: harness.now)
        harness.receive(.method(5, .cancelOk(tag: "c1.1")), .method(5, .qosOk))
        _ = harness.sent()
        harness.session.setPrefetch(60, 1, now: harness.now)
        harness.session.setPrefetch(70, 1, now: harness.now)
        #expect(harness.sent().isEmpty)
        harness.receive(.method(5, .consumeOk(tag: "c1.2")))
        #expect(
            harness.sent() == [
                .method(5, .cancel(tag: "c1.2", noWait: false)), .method(5, .qos(prefetch: 70)),
                .method(5, .consume(queue: "q", tag: "c1.3", exclusive: false)),
            ])
        harness.receive(.method(5, .cancelOk(tag: "c1.2")), .method(5, .qosOk))
        harness.session.cancel(7, 1, requeue: false, now: harness.now)
        harness.session.cancel(8, 1, requeue: false, now: harness.now)
        #expect(harness.sent().isEmpty)
        #expect(harness.replies[7] == nil)
        #expect(harness.replies[8] == .success(.done))
        harness.receive(.method(5, .consumeOk(tag: "c1.3")))
        #expect(harness.sent() == [.method(5, .cancel(tag: "c1.3", noWait: false))])
        harness.receive(.method(5, .cancelOk(tag: "c1.3")))
        #expect(harness.sent() == [.method(5, .channelClose(code: 200, text: ""))])
        harness.receive(.method(5, .channelCloseOk))
        _ = harness.sent()
        #expect(harness.replies[7] == .success(.done))
        #expect(harness.hasNoConsumers)
        #expect(harness.ended.isEmpty)
    }

    @Test(
        "A cancellation ends with a subscription that comes to nothing",
        arguments: ["closed", "ended", "silent", "lost"])
    func cancelledWhileSubscribing(fate: String) throws {
        let harness = try SessionHarness.ready(consumers: [Self.spec], queues: ["q"])
        harness.session.setPrefetch(50, 1, now: harness.now)
        harness.receive(.method(5, .cancelOk(tag: "c1.1")), .method(5, .qosOk))
        _ = harness.sent()
        harness.session.cancel(7, 1, requeue: false, now: harness.now)
        #expect(harness.sent().isEmpty)
        switch fate {
        case "closed": harness.receive(.method(5, .channelClose(code: 404, text: "NOT_FOUND")))
        case "ended": harness.receive(.method(5, .cancel(tag: "c1.2", noWait: true)))
        case "silent": harness.advance(SessionSettings().subscribeTimeout)
        default: harness.session.disconnected(AMQPError(.connectionLost, "the end"))
        }
        harness.settle()
        #expect(harness.replies[7] == .success(.done))
        #expect(harness.hasNoConsumers)
        #expect(!harness.hasChannel(5))
    }
}
