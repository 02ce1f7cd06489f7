import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import OrderedCollections
import Testing

@testable import Orchestrator

@Suite struct EngineTimerTests {
    static let wait = #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":30,"End":true}}}"#

    @Test(arguments: [false, true])
    func `a Wait state ends when its time has come, also after a crash`(crash: Bool) throws {
        let engine = try EngineHarness()
        engine.createMachine("m", Self.wait)
        let started = try engine.start("m").result
        engine.advance(seconds: 29)
        if crash { _ = try engine.crash() }
        #expect(try engine.execution(started).status == .running)
        let deadline = try #require(engine.nextDeadline)
        #expect(deadline == engine.clock.now().adding(seconds: 1))
        engine.advance(seconds: 1)
        #expect(try engine.execution(started).status == .succeeded)
        #expect(try engine.core.writer.timers(dueBy: Timestamp(microseconds: .max)).isEmpty)
    }

    @Test func `a timer of the far future is loaded when it comes near`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":864000,"End":true}}}"#)
        let started = try engine.start("m").result
        #expect(engine.core.timers.count == 0)
        var turns = 0
        while try engine.execution(started).status == .running, turns < 10 {
            let deadline = try #require(engine.nextDeadline)
            engine.clock.set(deadline)
            engine.process(.wake)
            turns += 1
        }
        #expect(try engine.execution(started).status == .succeeded)
        #expect(turns <= 3)
    }

    @Test func `heartbeats keep a task alive, and silence ends it`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask(#","HeartbeatSeconds":10,"TimeoutSeconds":600"#))
        let (started, effects) = try engine.start("m")
        let token = try #require(effects.publish.values.first).token
        // The first beat stands for the start.
        for _ in 0..<5 {
            engine.process(engine.answer(token, .heartbeat(nil)))
            engine.advance(seconds: 9)
        }
        #expect(try engine.execution(started).status == .running)
        #expect(try engine.history(started).filter { $0 == "ActivityStarted" }.count == 1)
        engine.advance(seconds: 2)
        let record = try engine.execution(started)
        #expect(record.status == .failed)
        #expect(record.error == "States.Timeout" || record.error == "States.HeartbeatTimeout")
    }

    @Test func `workers get a whole heartbeat interval after a restart`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask(#","HeartbeatSeconds":10,"TimeoutSeconds":600"#))
        let (started, effects) = try engine.start("m")
        let token = try #require(effects.publish.values.first).token
        engine.process(engine.answer(token, .started))
        engine.clock.advance(seconds: 100)
        _ = try engine.crash()
        engine.advance(seconds: 9)
        #expect(try engine.execution(started).status == .running)
        engine.advance(seconds: 2)
        #expect(try engine.execution(started).status == .failed)
    }

    @Test func `a task that outlived its lease is handed out again when its heartbeats end`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", EngineHarness.activityTask())
        let row = try #require(try engine.start("m").effects.publish.values.first)
        engine.process(.published([(row.key, .confirmed)]))
        engine.process(engine.answer(row.token, .heartbeat(nil)))
        engine.advance(seconds: 500)
        engine.process(engine.answer(row.token, .heartbeat(nil)))
        #expect(engine.advance(seconds: 500).publish.isEmpty)
        let silent = engine.advance(seconds: 101)
        #expect(Set(silent.publish.keys).union(engine.process(.wake).publish.keys) == [row.key])
    }

    @Test func `an execution that only paused goes on by itself, also after a crash`() throws {
        var configuration = EngineConfiguration()
        configuration.limits.transitionsPerStep = 10
        let engine = try EngineHarness(configuration)
        let states = (0..<100).map { #""S\#($0)":{"Type":"Pass","Next":"S\#($0 + 1)"}"# }.joined(separator: ",")
        engine.createMachine("m", #"{"StartAt":"S0","States":{\#(states),"S100":{"Type":"Succeed"}}}"#)
        let started = try engine.start("m").result
        #expect(try engine.execution(started).status == .running)
        var turns = 0
        while try engine.execution(started).status == .running, turns < 50 {
            if turns % 3 == 2 { _ = try engine.crash() }
            engine.process(.wake)
            turns += 1
        }
        #expect(try engine.execution(started).status == .succeeded)
        #expect(turns > 5)
    }
}

extension EngineTimerTests {
    @Test(arguments: [false, true])
    func `after a long time many overdue timers are read in portions, the earliest first`(sameInstant: Bool) throws {
        var configuration = EngineConfiguration()
        configuration.timersPerRead = 10
        configuration.timersPerBatch = 5
        let engine = try EngineHarness(configuration)
        engine.createMachine(
            "m", #"{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$","End":true}}}"#)
        let started = try (1...100).map { try engine.start("m", input: sameInstant ? "7" : "\($0)").result }
        engine.clock.advance(seconds: 86_400)
        _ = try engine.crash()
        #expect(engine.core.timers.count <= 20)
        var batches = 0
        while let due = engine.nextDeadline, due <= engine.clock.now(), batches < 1_000 {
            let ended = try started.map { try engine.execution($0).status == .succeeded }
            // The earliest first: what has ended is a beginning of them all.
            #expect(ended == ended.sorted { $0 && !$1 })
            engine.process(.wake)
            #expect(engine.core.timers.count <= 20)
            batches += 1
        }
        #expect(try started.allSatisfy { try engine.execution($0).status == .succeeded })
        #expect(batches >= 15)
    }
}

extension EngineTimerTests {
    /// What is due together is read together, in portions: of executions with several timers, of ones that end by another
    /// timer of the same instant, and of one that cannot be read. The first attempt may not be kept.
    @Test(arguments: [nil, StoreError(.diskFull, "full")])
    func `executions that have forgotten themselves wake together`(failure: StoreError?) throws {
        var configuration = EngineConfiguration()
        // Nothing is in memory when the time comes.
        configuration.cachedExecutions = 1
        let engine = try EngineHarness(configuration)
        let wait = #"{"Type":"Wait","Timestamp":"2030-01-01T00:00:00Z","End":true}"#
        engine.createMachine("one", #"{"StartAt":"W","States":{"W":\#(wait)}}"#)
        let branches = (1...2).map { #"{"StartAt":"W\#($0)","States":{"W\#($0)":\#(wait)}}"# }.joined(separator: ",")
        engine.createMachine(
            "two", #"{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[\#(branches)],"End":true}}}"#)
        let due = try #require(Timestamp(rfc3339: "2030-01-01T00:00:00Z"))
        engine.clock.set(due.adding(seconds: -100))
        engine.createMachine(
            "late", #"{"TimeoutSeconds":100,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":100,"End":true}}}"#)
        let machines = (0..<200).map { ["one", "two", "late"][$0 % 3] }
        let started = try machines.map { try engine.start($0).result }
        let broken = try engine.execution(started[0]).identity.key
        let garbage = JournalRow(
            execution: broken, sequence: 9, historyIDs: nil, time: engine.clock.now(), events: Array("no".utf8))
        engine.process(.transact(Transaction(body: { _ in ([.appendJournal(garbage)], {}) }, failed: { _ in })))
        _ = try engine.crash()
        engine.clock.set(due)
        if let failure {
            engine.store.failNextCommit(failure)
            engine.process(.wake)
            #expect(engine.core.storeFailure != nil)
            #expect(try started.allSatisfy { try engine.execution($0).status == .running })
            engine.advance(seconds: 2)
        }
        engine.resume()
        #expect(engine.core.prefetched.isEmpty)
        for (machine, start) in zip(machines, started) {
            let record = try engine.execution(start)
            guard record.identity.key != broken else {
                #expect(record.status == .running)
                continue
            }
            #expect(machine == "late" ? record.status != .running : record.status == .succeeded, "\(machine)")
            #expect(try engine.history(start).filter { $0.hasPrefix("Execution") }.count == 2)
        }
        #expect(try engine.core.writer.timers(dueBy: Timestamp(microseconds: .max)).map(\.key.execution) == [broken])
    }
}

@Suite struct TimerPaceTests {
    @Test func `a batch fires as many timers as its time allows`() {
        var pace = TimerPace(most: 1_000)
        pace.fired = 1_000
        pace.adjust(to: .milliseconds(250))
        #expect(pace.allowance == 100)
        // One that was not full says nothing.
        pace.fired = 3
        pace.adjust(to: .seconds(1))
        #expect(pace.allowance == 100)
        pace.fired = 100
        pace.adjust(to: .milliseconds(1))
        #expect(pace.allowance == 200)
        pace.fired = 200
        pace.adjust(to: .seconds(100))
        #expect(pace.allowance == 16)
        for _ in 0..<10 {
            pace.fired = pace.allowance
            pace.adjust(to: .zero)
        }
        #expect(pace.allowance == 1_000)
    }

    @Test func `where the configuration allows few, it stays at these`() {
        var pace = TimerPace(most: 2)
        pace.fired = 2
        pace.adjust(to: .seconds(1))
        #expect(pace.allowance == 2)
    }
}
