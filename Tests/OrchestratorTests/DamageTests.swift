import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import OrderedCollections
import Telemetry
import Testing

@testable import Orchestrator

/// A store that turns out to be damaged: the engine stops, and says so.
@Suite struct DamageTests {
    private let damage = StoreError(.corrupt, "page 7 is not what it should be")

    @Test func `after damage nothing is accepted, nothing is tried again, and readiness says why`() throws {
        let harness = try EngineHarness()
        harness.createMachine("m", EngineHarness.activityTask())
        harness.createActivity("work")
        let (started, effects) = try harness.start("m", name: "a")
        let token = try #require(effects.publish.values.first?.token)

        harness.store.failOperation(after: 0, damage)
        let refused = try harness.start("m", name: "b").result
        guard case .failure(let error) = refused else {
            Issue.record("the start was taken")
            return
        }
        #expect(error.code == .serviceUnavailable && error.message.contains("page 7"))
        #expect(harness.core.storeFailure?.code == .corrupt)
        #expect(harness.nextDeadline == nil)
        #expect(harness.core.damage != nil)

        // The store would work again; nobody tries.
        let before = harness.store.statistics
        let answered = harness.process(harness.answer(token, .success(1)), .brokerReady)
        #expect(answered.acknowledge.isEmpty && answered.giveBack.isEmpty && answered.publish.isEmpty)
        guard case .failure = try harness.start("m", name: "c").result else {
            Issue.record("the start was taken")
            return
        }
        harness.advance(seconds: 1e6)
        #expect(harness.store.statistics == before)
        #expect(try harness.execution(started).status == .running)

        // A restart, on a store that was put right.
        _ = try harness.crash()
        harness.process(harness.answer(token, .success(1)))
        #expect(try harness.execution(started).status == .succeeded)
    }

    @Test func `a full disk is no damage`() throws {
        let harness = try EngineHarness()
        harness.createMachine("m", EngineHarness.activityTask())
        harness.store.failNextCommit(StoreError(.diskFull, "full"))
        _ = try harness.start("m", name: "a")
        #expect(harness.core.damage == nil)
        #expect(throws: Never.self) { try harness.start("m", name: "a").result.get() }
    }
}
