import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import OrderedCollections
import Telemetry
import Testing

@testable import Orchestrator

/// Executions go when they have been over for long enough, by the clock and without polling.
@Suite struct RetentionTests {
    private let machine = #"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#
    private let waiting = #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000000,"End":true}}}"#

    private func harness(_ seconds: Double?) throws -> EngineHarness {
        var configuration = EngineConfiguration()
        configuration.retainClosed = seconds
        configuration.removalsPerBatch = 3
        let harness = try EngineHarness(configuration)
        harness.createMachine("m", machine)
        harness.createMachine("w", waiting)
        harness.process(.wake)
        return harness
    }

    private func count(_ harness: EngineHarness) throws -> Int {
        try (1...100).filter { try harness.core.writer.execution(key: $0) != nil }.count
    }

    @Test func `nothing goes unless it is asked for`() throws {
        let harness = try harness(nil)
        _ = try harness.start("m", name: "a")
        #expect(harness.nextDeadline == nil)
        harness.advance(seconds: 1e9)
        #expect(try count(harness) == 1)
    }

    @Test func `an execution goes when its time has come, and its name is free`() throws {
        let harness = try harness(3_600)
        #expect(harness.nextDeadline == nil)
        let end = harness.clock.now().adding(seconds: 3_600)
        _ = try harness.start("m", name: "a")
        _ = try harness.start("w", name: "open")
        #expect(harness.nextDeadline == end)
        harness.advance(seconds: 3_599)
        #expect(try count(harness) == 2)
        #expect(throws: (any Error).self) { try harness.start("m", name: "a").result.get() }
        harness.advance(seconds: 1)
        #expect(try count(harness) == 1)
        harness.resume()
        #expect(try harness.start("m", name: "a").result.get().arn.hasSuffix(":m:a"))
        #expect(harness.registry.render().contains("baton_executions_removed_total 1"))
    }

    @Test func `many go a few at a time, each batch at once after the other, with other work between`() throws {
        let harness = try harness(100)
        for number in 0..<10 { _ = try harness.start("m", name: "a\(number)") }
        harness.advance(seconds: 100)
        #expect(try count(harness) == 7)
        // What comes meanwhile is done in the same transaction.
        _ = try harness.start("w", name: "open")
        #expect(try count(harness) == 5)
        #expect(harness.nextDeadline == harness.clock.now())
        harness.resume()
        #expect(try count(harness) == 1)
    }

    @Test func `a trickle of endings is gathered`() throws {
        let harness = try harness(1_000)
        for number in 0..<5 {
            _ = try harness.start("m", name: "a\(number)")
            harness.clock.advance(seconds: 1)
        }
        harness.clock.advance(seconds: 996)
        var wakes = 0
        while let due = harness.nextDeadline, wakes < 20 {
            harness.clock.set(max(due, harness.clock.now()))
            harness.process(.wake)
            wakes += 1
        }
        #expect(try count(harness) == 0)
        #expect(wakes <= 5, "\(wakes)")
    }

    @Test func `a restart goes on with it`() throws {
        let harness = try harness(50)
        _ = try harness.start("m", name: "a")
        harness.clock.advance(seconds: 60)
        _ = try harness.crash()
        harness.resume()
        #expect(try count(harness) == 0)
        #expect(harness.nextDeadline == nil)
    }

    @Test func `a redriven execution stays`() throws {
        let harness = try harness(50)
        harness.createMachine("f", #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}"#)
        let started = try harness.start("f", name: "a").result
        harness.process(
            .stop(executionARN: try started.get().arn, StateFailure(error: nil, cause: nil)) { _ in })
        harness.clock.advance(seconds: 49)
        harness.process(.redrive(executionARN: try started.get().arn, clientToken: nil) { _ in })
        harness.advance(seconds: 10)
        harness.resume()
        #expect(try harness.execution(started).status == .running)
    }
}
