import Foundation
import Interpreter
import JSONValue
import StatesLanguage
import TestSupport
import Testing

/// Plays made-up programs with made-up answers; the world checks after every step that rebuilding the execution from
/// its journal, and reading its checkpoint, gives the live execution.
@Suite struct RandomProgramTests {
    @Test(arguments: 0..<4)
    func `rebuilt is live after every step`(_ part: Int) throws {
        let environment = ProcessInfo.processInfo.environment
        // Those of the first part are always the same: what they reach is checked.
        let chosen = part == 0 ? 1 : UInt64.random(in: 0..<1_000_000_000)
        let base = environment["BATON_SEED"].flatMap { UInt64($0) } ?? chosen
        let rounds = environment["BATON_ROUNDS"].flatMap { Int($0) } ?? 60
        var ends: [String: Int] = [:]
        var failedEvaluations = 0
        var assignments = 0
        for round in 0..<rounds {
            let seed = base + UInt64(part * rounds + round)
            let (world, definition) = try play(seed: seed)
            ends[world.execution.status.rawValue, default: 0] += 1
            failedEvaluations += world.types.contains("EvaluationFailed") ? 1 : 0
            assignments += world.history.contains { $0["stateExitedEventDetails"]?["assignedVariables"] != nil } ? 1 : 0
            #expect(world.problems.isEmpty, "BATON_SEED=\(seed) BATON_ROUNDS=1: \(definition.serialized())")
            if !world.problems.isEmpty { return }
        }
        print(
            "random programs, seed \(base), part \(part): \(ends), \(failedEvaluations) with failed evaluations, "
                + "\(assignments) with assignments")
        if part == 0, base == chosen, rounds >= 60 {
            #expect(ends.count > 1 && failedEvaluations > 0 && assignments > 0)
        }
    }

    private func play(seed: UInt64) throws -> (World, JSON) {
        var generator = ProgramGenerator(random: SeededGenerator(fixed: seed))
        var text = generator.machine()
        // A block may have states that nothing leads to, which is refused.
        var definition = StateMachineDefinition.validate(text.serialized()).definition
        while definition == nil {
            text = generator.machine()
            definition = StateMachineDefinition.validate(text.serialized()).definition
        }
        guard let definition else { throw CancellationError() }
        var limits = InterpreterLimits()
        limits.events = 200
        limits.transitionsPerStep = Int.random(in: 1...12, using: &generator.random)
        let input: JSON = ["items": [1, 2, "three", [4]], "seconds": 2]
        var world = World(definition, input: input, limits: limits, seed: seed) { name, input, random in
            guard name == "f" else { return nil }
            let seconds = Double.random(in: 0...8, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: return .failure("E1", "{\"a\": 1}", after: seconds)
            case 1: return .failure("E2", nil, after: seconds)
            case 2: return .failure(nil, nil, after: seconds)
            case 3: return .success(input, after: 60)
            default: return .success(input, after: seconds)
            }
        }
        var random = SeededGenerator(fixed: seed ^ 0xABCD)
        for _ in 0..<400 where world.execution.status == .running && world.problems.isEmpty {
            act(&world, &random)
        }
        if world.execution.status == .running { world.handle(.stop(StateFailure(error: "Stop", cause: nil))) }
        world.handle(.resume)
        // A failed execution is taken up again, where there is room for more events.
        for _ in 0..<2 where world.problems.isEmpty && world.types.count < 190 && world.redrive() {
            for _ in 0..<200 where world.execution.status == .running && world.problems.isEmpty {
                act(&world, &random)
            }
            if world.execution.status == .running { world.handle(.stop(StateFailure(error: "Stop", cause: nil))) }
        }
        return (world, text)
    }

    /// Something happens: mostly what is due, now and then what a worker or a person does, or what is long stale.
    private func act(_ world: inout World, _ random: inout SeededGenerator) {
        let task =
            world.scheduled.isEmpty
            ? 1 : world.scheduled[Int.random(in: 0..<world.scheduled.count, using: &random)].task
        switch Int.random(in: 0..<20, using: &random) {
        case 0: world.handle(.taskStarted(task: task, worker: "w", at: world.now))
        case 1: world.handle(.taskSucceeded(task: task, output: ["done": true], worker: "w"))
        case 2: world.handle(.taskFailed(task: task, failure: StateFailure(error: "E2", cause: "c"), worker: "w"))
        case 3: world.handle(.taskReturned(task: task, output: [1], worker: nil))
        case 4: world.handle(.timerFired(Int.random(in: 100...200, using: &random)))
        case 5: world.handle(.resume)
        case 6 where Int.random(in: 0..<20, using: &random) == 0:
            world.handle(.stop(StateFailure(error: "Stop", cause: "enough")))
        default:
            if !world.next() { world.handle(.taskSucceeded(task: task, output: "late", worker: nil)) }
        }
    }
}
