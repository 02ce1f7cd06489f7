import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import OrderedCollections
import Testing

@testable import Orchestrator

/// What the engine does when the broker has lost queues: nothing that was on them may be forgotten, wherever a crash
/// comes.
@Suite struct LostQueueTests {
    static let work = ScheduledTask.Target.activity(arn: "", name: "work")
    static let full = StoreError(.diskFull, "The disk is full.")

    /// An engine with one task that the broker confirmed.
    func engineWithTask(_ machine: String = EngineHarness.activityTask()) throws -> (EngineHarness, TaskRow) {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", machine)
        let row = try #require(try engine.start("m").effects.publish.values.first)
        engine.process(.published([(row.key, .confirmed)]))
        return (engine, row)
    }

    @Test func `a missing queue is created after the commit that says what it held, and then filled`() throws {
        let (engine, row) = try engineWithTask()
        let created = Box<Bool>()
        let missing = engine.process(
            .missing(MissingQueues(targets: [Self.work])) { created.value = true })
        #expect(created.value == true)
        #expect(missing.publish.isEmpty, "there is no queue yet")
        #expect(try engine.core.writer.task(row.key)?.phase == .pending)
        engine.process(.declared)
        #expect(engine.process(.wake).publish.keys.elements == [row.key])
    }

    @Test func `a crash between commit and creation forgets nothing`() throws {
        let (engine, row) = try engineWithTask()
        engine.process(.missing(MissingQueues(targets: [Self.work]), create: {}))
        #expect(try engine.crash().publish.keys.elements == [row.key])
    }

    @Test func `while the store cannot write, the queue is not created`() throws {
        let (engine, row) = try engineWithTask()
        let created = Box<Bool>()
        engine.store.failNextCommit(Self.full)
        engine.process(.missing(MissingQueues(targets: [Self.work])) { created.value = true })
        #expect(created.value == nil)
        engine.advance(seconds: engine.configuration.storeRetryDelay)
        #expect(created.value == true)
        #expect(try engine.core.writer.task(row.key)?.phase == .pending)
    }

    @Test func `a worker's notice is acknowledged after the commit`() throws {
        let (engine, row) = try engineWithTask()
        engine.store.failNextCommit(Self.full)
        let notice = EngineEvent.recreated([Self.work], BrokerDelivery(id: 9, epoch: 1))
        #expect(engine.process(notice).acknowledge.isEmpty)
        let again = engine.advance(seconds: engine.configuration.storeRetryDelay)
        #expect(again.acknowledge.map(\.id) == [9])
        #expect(again.publish.keys.contains(row.key))
    }

    /// A worker gives notice before it declares its queue, and may die before it does.
    @Test(arguments: [
        (EngineHarness.activityTask(), work), (EngineHarness.functionTask(), .function(name: "work")),
    ]) func `a notice may be of a queue that does not exist yet`(
        machine: String, target: ScheduledTask.Target
    ) throws {
        let (engine, row) = try engineWithTask(machine)
        #expect(engine.process(.recreated([target], BrokerDelivery(id: 9, epoch: 1))).acknowledge.map(\.id) == [9])
        #expect(try engine.core.writer.task(row.key)?.phase == .pending)
        #expect(engine.process(.wake).publish.keys.elements == [row.key])
        // Nobody declares it: the orchestrator does.
        #expect(engine.process(.published([(row.key, .unroutable)])).declare == [row.target])
        engine.process(.missing(MissingQueues(targets: [target]), create: {}))
        engine.process(.declared)
        #expect(engine.process(.wake).publish.keys.elements == [row.key])
        engine.process(.published([(row.key, .confirmed)]))
        engine.advance(seconds: engine.configuration.confirmationDelay)
        #expect(try engine.core.writer.task(row.key)?.phase == .published)
    }

    @Test func `a confirmation that comes after the loss of the queue proves nothing`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", EngineHarness.activityTask())
        let row = try #require(try engine.start("m").effects.publish.values.first)
        engine.process(.missing(MissingQueues(targets: [Self.work]), create: {}))
        // Not published twice while the outcome is unknown.
        #expect(engine.process(.declared).publish.isEmpty)
        #expect(engine.process(.published([(row.key, .confirmed)])).publish.keys.elements == [row.key])
        engine.process(.published([(row.key, .confirmed)]))
        #expect(try engine.core.writer.task(row.key)?.phase == .published)
    }

    @Test func `outcomes whose transaction failed are taken into account when it is tried again`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let row = try #require(try engine.start("m").effects.publish.values.first)
        engine.store.failNextCommit(Self.full)
        // By themselves outcomes write nothing.
        engine.process([.published([(row.key, .confirmed)]), try engine.startEvent("m")])
        let effects = engine.advance(seconds: engine.configuration.storeRetryDelay)
        #expect(effects.publish.isEmpty, "it is on its queue already")
        #expect(try engine.core.writer.task(row.key)?.phase == .published)
        #expect(engine.core.outbox.inFlight.isEmpty)
    }

    @Test func `a function that nobody called before is waited for after the broker lost everything`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.functionTask())
        engine.process(.missing(MissingQueues(targets: [], isWiped: true), create: {}))
        engine.process(.declared)
        let (started, effects) = try engine.start("m")
        let row = try #require(effects.publish.values.first)
        engine.process(.published([(row.key, .unroutable)]))
        #expect(try engine.execution(started).status == .running)
        #expect(engine.advance(seconds: 1).publish.keys.elements == [row.key])
        // Its worker is back.
        engine.process(.published([(row.key, .confirmed)]))
        #expect(engine.core.knownFunctions == ["work"])
    }

    @Test func `a function that does not exist is refused when the time of grace is over`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.functionTask())
        engine.process(.missing(MissingQueues(targets: [], isWiped: true), create: {}))
        let (started, effects) = try engine.start("m")
        let row = try #require(effects.publish.values.first)
        engine.process(.published([(row.key, .unroutable)]))
        #expect(engine.advance(seconds: engine.configuration.functionGrace).publish.keys.contains(row.key))
        engine.process(.published([(row.key, .unroutable)]))
        #expect(try engine.execution(started).error == "Lambda.ResourceNotFoundException")
    }

    @Test func `a function is known from its worker's first word`() throws {
        let engine = try EngineHarness()
        engine.process(.recreated([.function(name: "work")], nil))
        #expect(engine.core.knownFunctions == ["work"])
        _ = try engine.crash()
        #expect(engine.core.knownFunctions == ["work"])
    }
}
