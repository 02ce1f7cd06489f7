import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import OrderedCollections
import Testing

@testable import Orchestrator

/// Turns that have nothing to write.
@Suite struct IdleTurnTests {
    private static let full = StoreError(.diskFull, "There is no space left.")

    @Test func `what writes nothing begins no transaction`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let row = try #require(try engine.start("m", name: "n").effects.publish.values.first)
        let before = engine.store.statistics
        engine.process(.published([(row.key, .confirmed)]))
        engine.process(.wake)
        engine.process(.sent([]))
        // An answer to nothing is seen to as well, and so is a start that was seen to before.
        #expect(engine.process(engine.answer("1.1.1.x", .success(.null))).acknowledge.isEmpty)
        guard case .success = try engine.start("m", name: "n").result else {
            Issue.record("the same start again is no error")
            return
        }
        #expect(engine.store.statistics == before)
        // The confirmation is not forgotten.
        engine.advance(seconds: engine.configuration.confirmationDelay)
        #expect(engine.store.statistics.commits == before.commits + 1)
        #expect(try engine.core.writer.task(row.key)?.phase == .published)
    }

    @Test func `a confirmation is noted with the next thing that is written, if that is a reply`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", #"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#)
        let message = StartDelivery(
            stateMachine: "m", name: "n", input: "{}", reply: .init(queue: "q", correlationID: "c"), traceHeader: nil,
            delivery: BrokerDelivery(id: 1, epoch: 0))
        let sent = engine.process(.startMessage(message)).send.map(\.number)
        #expect(sent.count == 1)
        // In one batch with something that writes, and in this order as it waited for it.
        engine.process([.sent(sent), try engine.startEvent("m")])
        #expect(try engine.core.writer.outbox().isEmpty)
    }

    @Test func `whether a store that failed works again is tried even where nothing is to be written`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        engine.store.failNextCommit(Self.full)
        guard case .failure = try engine.start("m").result else {
            Issue.record("the failure was not told")
            return
        }
        #expect(engine.core.storeFailure != nil)
        engine.process(.wake)
        #expect(engine.core.storeFailure == nil)
    }

    private static let first = TaskKey(execution: 1, task: 1)

    @Test(arguments: [
        (EngineEvent.published([(first, .confirmed)]), true),
        (.published([(first, .confirmed), (first, .lost)]), false),
        (.published([(first, .unroutable)]), false),
        (.published(Array(repeating: (first, .confirmed), count: 16)), true),
        (.published(Array(repeating: (first, .confirmed), count: 17)), false),
        (.sent([1, 2]), true),
        (.sent(Array(1...17)), false),
        (.sendFailed([1]), false),
        (.wake, false),
        (.brokerLost, false),
    ]) func `only few confirmations wait for company`(event: EngineEvent, waits: Bool) {
        #expect(event.isGoodNews == waits)
    }

    @Test func `an invocation that ends with its delivery does not wait`() throws {
        let engine = try EngineHarness()
        func definition(_ kind: String) -> String {
            """
            {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
            "Parameters":{"FunctionName":"f","InvocationType":"\(kind)"},"End":true}}}
            """
        }
        engine.createMachine("event", definition("Event"))
        engine.createMachine("request", definition("RequestResponse"))
        #expect(try engine.start("request").effects.awaitsDelivery == false)
        #expect(try engine.start("event").effects.awaitsDelivery)
    }
}
