import TestSupport
import Testing

@testable import AMQP

@Suite struct SessionTests {
    static let spec = ConsumerSpec(id: 1, queue: "q", prefetch: 5, exclusive: false)

    func message(_ key: String = "q", mandatory: Bool = false, size: Int = 1) -> OutboundMessage {
        OutboundMessage(routingKey: key, mandatory: mandatory, body: [UInt8](repeating: 7, count: size))
    }

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
}
