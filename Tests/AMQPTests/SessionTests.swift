import TestSupport
import Testing

@testable import AMQP

@Suite struct SessionTests {
    private func message(_ key: String = "q", mandatory: Bool = false, size: Int = 1) -> OutboundMessage {
        OutboundMessage(routingKey: key, mandatory: mandatory, body: [UInt8](repeating: 7, count: size))
    }

    // MARK: Start

    @Test("Recovery asks before it declares, and readiness comes last")
    func recovery() throws {
        let topology = Topology(
            exchanges: [.init("x", kind: .topic)], queues: [.quorum("old"), .quorum("new")],
            bindings: [.init(queue: "new", exchange: "x", routingKey: "k")])
        let spec = ConsumerSpec(id: 1, queue: "old", prefetch: 5, exclusive: false)
        let harness = try SessionHarness(topology: topology, consumers: [spec], queues: ["old"])
        let sent = harness.settle()
        #expect(
            sent.names == [
                "1 channelOpen", "1 confirmSelect", "2 channelOpen", "2 exchangeDeclare",  //
                "3 channelOpen", "3 queueDeclare", "2 queueDeclare",  //
                "3 queueDeclare", "3 channelCloseOk", "2 queueDeclare",  //
                "2 queueBind", "5 channelOpen", "5 qos", "5 consume",
            ])
        #expect(harness.created == [["new"]])
        let order = harness.effects.map { effect in
            switch effect {
            case .topologyRecovered: "recovered"
            case .ready: "ready"
            default: "\(effect)"
            }
        }
        #expect(order == ["recovered", "ready"])
    }

    @Test("What is missing is told first, and created when the answer is there")
    func missingQueues() throws {
        var settings = SessionSettings()
        settings.tellsWhatIsMissing = true
        let topology = Topology(
            exchanges: [.init("x", kind: .topic)], queues: [.quorum("old"), .quorum("new"), .quorum("newer")],
            bindings: [.init(queue: "new", exchange: "x", routingKey: "k")])
        let harness = try SessionHarness(settings: settings, topology: topology, queues: ["old"])
        #expect(!harness.settle().names.contains("2 queueBind"))
        #expect(harness.queues == ["old"])
        #expect(harness.missing.map(\.queues) == [["new", "newer"]])
        #expect(!harness.isReady)
        let gate = try #require(harness.missing.first?.gate)
        harness.session.open(gate: gate + 1, now: harness.now)
        #expect(harness.settle().isEmpty)
        // However long the answer takes, nobody is to blame.
        harness.session.open(gate: gate, now: harness.now)
        #expect(harness.settle().names == ["2 queueDeclare", "2 queueDeclare", "2 queueBind"])
        #expect(harness.isReady)
        #expect(harness.created == [["new", "newer"]])
        harness.session.open(gate: gate, now: harness.now)
        #expect(harness.settle().isEmpty)

        harness.session.declare(7, Topology(queues: [.quorum("old"), .quorum("newest")]), now: harness.now)
        _ = harness.settle()
        #expect(harness.replies[7] == nil)
        let second = try #require(harness.missing.last)
        #expect(second.queues == ["newest"])
        harness.session.open(gate: second.gate, now: harness.now)
        _ = harness.settle()
        guard case .success(.declared(let declared))? = harness.replies[7] else {
            Issue.record("\(harness.replies)")
            return
        }
        #expect(declared.map(\.name) == ["old", "newest"])
        #expect(declared.map(\.createdAnew) == [false, true])
    }

    @Test("A refused queue does not keep the rest from being declared, and is tried again")
    func refusedTopology() throws {
        let topology = Topology(queues: [.quorum("a"), .quorum("b")])
        let harness = try SessionHarness(topology: topology, queues: ["a", "b"])
        _ = harness.sent()
        harness.receive(.method(1, .channelOpenOk), .method(1, .confirmSelectOk), .method(3, .channelOpenOk))
        harness.receive(.method(3, .queueDeclareOk(name: "a", messages: 0, consumers: 0)))
        _ = harness.sent()
        harness.receive(.method(2, .channelOpenOk))
        harness.receive(.method(2, .channelClose(code: 406, text: "PRECONDITION_FAILED")))
        let rest = harness.settle()
        #expect(rest.names == ["2 channelCloseOk", "3 queueDeclare", "2 channelOpen", "2 queueDeclare"])
        #expect(harness.effects.contains { if case .ready = $0 { true } else { false } })
        harness.advance(.seconds(20))
        #expect(harness.settle().names.contains("2 queueDeclare"))
        #expect(harness.ended.isEmpty)
    }

    @Test(
        "What may only be used and not declared is taken as it is, where the client says so; what is missing stays an error"
    )
    func foreignTopology() throws {
        var topology = Topology(exchanges: [.init("e", kind: .direct)], queues: [.quorum("a"), .quorum("b")])
        for queue in ["a", "b"] { topology.add(Topology.Binding(queue: queue, exchange: "e", routingKey: queue)) }
        var settings = SessionSettings()
        for accepts in [false, true] {
            settings.acceptsForeignTopology = accepts
            let harness = try SessionHarness.ready(settings: settings, queues: ["a"])
            harness.refusesDeclarations = true
            var known = topology
            known.remove(queue: "b")
            harness.session.declare(1, known, now: harness.now)
            harness.settle()
            switch harness.replies[1] {
            case .success(.declared(let queues)):
                #expect(accepts)
                #expect(queues.map(\.name) == ["a"] && queues.allSatisfy { !$0.createdAnew })
            case .failure(let error):
                #expect(!accepts && error.isAccessRefused)
            default: Issue.record("\(harness.replies)")
            }
            harness.session.declare(2, topology, now: harness.now)
            harness.settle()
            guard case .failure(let error) = harness.replies[2] else {
                Issue.record("a queue that nobody has declared was taken for declared")
                continue
            }
            #expect(error.isAccessRefused)
        }
    }

    @Test("A connection that ends amid recovery tells of the queues that it created: the next one finds them")
    func endAmidRecovery() throws {
        let topology = Topology(queues: [.quorum("a"), .quorum("b")])
        let harness = try SessionHarness(topology: topology)
        _ = harness.sent()
        harness.receive(.method(1, .channelOpenOk), .method(1, .confirmSelectOk), .method(3, .channelOpenOk))
        harness.receive(.method(3, .channelClose(code: 404, text: "NOT_FOUND")))
        _ = harness.sent()
        harness.receive(.method(2, .channelOpenOk))
        harness.receive(.method(2, .queueDeclareOk(name: "a", messages: 0, consumers: 0)))
        _ = harness.sent()
        #expect(harness.created == [])
        harness.session.end(AMQPError(.connectionLost, "cut"))
        _ = harness.sent()
        #expect(harness.created == [["a"]])
        #expect(harness.ended.count == 1)
    }

    // MARK: Publishing

    @Test("The window bounds what is unconfirmed; confirms open it again")
    func window() throws {
        var settings = SessionSettings()
        settings.windowMessages = 3
        let harness = try SessionHarness.ready(settings: settings)
        harness.session.publish(1, (0..<5).map { _ in message() })
        #expect(harness.sent().names == Array(repeating: "1 publish", count: 3))
        harness.receive(.method(1, .ack(tag: 2, multiple: true)))
        #expect(harness.sent().names == Array(repeating: "1 publish", count: 2))
        harness.receive(.method(1, .nack(tag: 4, multiple: false, requeue: false)))
        harness.receive(.method(1, .ack(tag: 5, multiple: false)))
        #expect(harness.settled.isEmpty)
        harness.receive(.method(1, .ack(tag: 3, multiple: false)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.confirmed, .confirmed, .confirmed, .rejected, .confirmed]])
    }

    @Test("The window in bytes lets one larger message through alone")
    func windowBytes() throws {
        var settings = SessionSettings()
        settings.windowBytes = 100
        let harness = try SessionHarness.ready(settings: settings)
        harness.session.publish(1, [message(size: 60), message(size: 60), message(size: 500), message(size: 1)])
        #expect(harness.sent().names.count == 1)
        harness.receive(.method(1, .ack(tag: 1, multiple: false)))
        #expect(harness.sent().names.count == 1)
        harness.receive(.method(1, .ack(tag: 2, multiple: false)))
        #expect(harness.sent().names.count == 1)
        harness.receive(.method(1, .ack(tag: 3, multiple: false)))
        #expect(harness.sent().names.count == 1)
    }

    @Test("A returned message is told from its neighbours by its id")
    func returned() throws {
        let harness = try SessionHarness.ready()
        var messages = (0..<3).map { _ in message("gone", mandatory: true) }
        for index in 0..<3 { messages[index].properties.messageID = "m\(index)" }
        harness.session.publish(1, messages)
        _ = harness.sent()
        harness.receive(
            .method(1, .returned(code: 312, text: "NO_ROUTE", exchange: "", routingKey: "gone")),
            .header(1, bodySize: 1, messages[1].properties), .body(1, [7]), .method(1, .ack(tag: 3, multiple: true)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.confirmed, .returned(code: 312, text: "NO_ROUTE"), .confirmed]])
    }

    @Test("While blocked nothing is published, and nobody is given up")
    func blocked() throws {
        let harness = try SessionHarness.ready()
        harness.session.publish(1, [message()])
        _ = harness.sent()
        harness.receive(.method(0, .connectionBlocked(reason: "low on memory")))
        harness.session.publish(2, [message()])
        #expect(harness.sent().isEmpty)
        for _ in 0..<20 {
            harness.advance(.seconds(10))
            harness.receive(.heartbeat)
            #expect(harness.sent().names.isEmpty)
        }
        harness.receive(.method(0, .connectionUnblocked))
        #expect(harness.sent().names == ["1 publish"])
        harness.advance(.seconds(1))
        harness.receive(.method(1, .ack(tag: 2, multiple: true)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.confirmed], 2: [.confirmed]])
    }

    @Test("A message that is never confirmed is given up, and does not fill the window for ever")
    func unconfirmed() throws {
        var settings = SessionSettings()
        settings.windowMessages = 1
        settings.heartbeat = .zero
        let harness = try SessionHarness.ready(settings: settings)
        harness.session.publish(1, [message(), message()])
        #expect(harness.sent().names == ["1 publish"])
        #expect(harness.nextDeadline == harness.now + .seconds(60))
        harness.advance(.seconds(60))
        #expect(harness.sent().names == ["1 publish"])
        harness.receive(.method(1, .ack(tag: 1, multiple: false)))
        harness.receive(.method(1, .ack(tag: 2, multiple: false)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.lost, .confirmed]])
    }

    @Test("When the channel fails, what was sent is lost and what waits follows on the next")
    func publishChannelFails() throws {
        var settings = SessionSettings()
        settings.windowMessages = 2
        let topology = Topology(exchanges: [.init("x", kind: .direct)])
        let harness = try SessionHarness.ready(settings: settings, topology: topology)
        harness.session.publish(1, (0..<3).map { _ in message() })
        _ = harness.sent()
        harness.receive(.method(1, .channelClose(code: 404, text: "NOT_FOUND - no exchange 'x'")))
        let sent = harness.settle()
        #expect(
            sent.names == [
                "1 channelCloseOk", "2 exchangeDeclare", "1 channelOpen", "1 confirmSelect", "1 publish",
            ])
        harness.receive(.method(1, .ack(tag: 1, multiple: false)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.lost, .lost, .confirmed]])
    }

    // MARK: Consuming

    private static let spec = ConsumerSpec(id: 1, queue: "q", prefetch: 5, exclusive: false)

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

    // MARK: Requests

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

    // MARK: Heartbeats and the end

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
