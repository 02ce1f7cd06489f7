import BatonTestKit
import JSONValue
import OrderedCollections
import Telemetry
import Testing

@testable import Orchestrator

/// Memory is given back once, when it is quiet after much has happened.
@Suite struct MemoryReleaseTests {
    private let start = Timestamp(microseconds: 1_735_689_600_000_000)

    private func at(_ seconds: Double) -> Timestamp { start.adding(seconds: seconds) }

    @Test func `little work leaves nothing to do`() {
        var memory = MemoryRelease()
        for second in 1..<MemoryRelease.work { #expect(memory.note(1, at: at(Double(second))) == false) }
        #expect(memory.due == nil)
        #expect(memory.note(1, at: at(Double(MemoryRelease.work))) == false)
        #expect(memory.due == at(Double(MemoryRelease.work) + MemoryRelease.moment))
    }

    @Test func `not under load, once when it ends, and then no more`() throws {
        var memory = MemoryRelease()
        for second in 0..<60 { #expect(memory.note(MemoryRelease.work, at: at(Double(second))) == false) }
        var releases: [Timestamp] = []
        while let due = memory.due {
            try #require(releases.isEmpty)
            if memory.note(1, at: due) { releases.append(due) }
        }
        let released = try #require(releases.first)
        #expect(released >= at(59 + MemoryRelease.moment))
        #expect(released <= at(59 + 2 * MemoryRelease.moment))
    }

    @Test func `a trickle is quiet`() {
        var memory = MemoryRelease()
        #expect(memory.note(MemoryRelease.work, at: at(0)) == false)
        #expect(memory.note(MemoryRelease.quiet, at: at(1)) == false)
        #expect(memory.note(0, at: at(MemoryRelease.moment)) == true)

        #expect(memory.note(MemoryRelease.work, at: at(10)) == false)
        #expect(memory.note(MemoryRelease.quiet + 1, at: at(11)) == false)
        #expect(memory.note(0, at: at(10 + MemoryRelease.moment)) == false)
        #expect(memory.note(0, at: at(10 + 2 * MemoryRelease.moment)) == true)
    }

    @Test func `executions that leave memory in portions add up`() throws {
        var configuration = EngineConfiguration()
        configuration.cachedExecutions = 100
        let engine = try EngineHarness(configuration)
        engine.createMachine("m", EngineHarness.activityTask())
        for _ in 0..<MemoryRelease.work / 2 + 60 { #expect(!(try engine.start("m").effects.releasesMemory)) }
        engine.process(.published(try engine.pending.map { ($0.key, .confirmed) }))
        #expect(engine.store.statistics.releases == 0)

        var effects: [Effects] = []
        while let due = engine.nextDeadline {
            try #require(effects.count < 10, "it does not come to rest")
            let wait = Double(due.microseconds - engine.clock.now().microseconds) / 1e6
            effects.append(engine.advance(seconds: max(0, wait)))
        }
        #expect(effects.filter(\.releasesMemory).count == 1)
        #expect(engine.store.statistics.releases == 1)
    }

    @Test func `what is open is still known afterwards`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask(#","TimeoutSeconds":600"#))
        var tokens: [String] = []
        for _ in 0..<MemoryRelease.work {
            tokens.append(try #require(try engine.start("m").effects.publish.values.first).token)
        }
        // Half of the tasks are with the broker, of the others nobody has said so yet.
        engine.process(.published(try engine.pending.prefix(MemoryRelease.work / 2).map { ($0.key, .confirmed) }))
        engine.process(tokens.prefix(10).map { engine.answer($0, .heartbeat(nil)) })
        let timers = engine.core.timers.count
        // The heartbeats and what the broker said are work, too: the first moments may not be quiet.
        let released = (0..<4).contains { _ in engine.advance(seconds: MemoryRelease.moment).releasesMemory }
        #expect(released)
        #expect(engine.core.outbox.inFlight.count == MemoryRelease.work / 2)
        #expect(engine.core.timers.count == timers)
        engine.process(tokens.prefix(100).map { engine.answer($0, .success(1)) })
        engine.advance(seconds: 600)
        let metrics = engine.registry.render()
        #expect(metrics.contains(#"baton_executions_finished_total{status="SUCCEEDED"} 100"#))
        #expect(metrics.contains(#"baton_executions_finished_total{status="FAILED"} 900"#))
    }
}
