import Foundation
import Testing

/// The engine under faults. A fixed set of seeds keeps what was seen once; a fresh one looks further with every run.
///
/// `BATON_SEED=N` plays one seed and prints everything that happens; `BATON_SEEDS=N` plays so many fresh ones.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(.enabled(if: environment["BATON_SEED"] == nil)) func `nothing is lost, stuck or done twice`() {
        let count = Self.environment["BATON_SEEDS"].flatMap { UInt64($0) } ?? 150
        let fresh = UInt64.random(in: 1...UInt64(UInt32.max))
        print("simulation: seeds 1...\(count) and \(fresh)...\(fresh + count)")
        var sum = Verdict()
        for seed in Array(1...count) + Array(fresh...(fresh + count)) {
            let scenario = Scenario(seed: seed)
            let verdict = Simulation(scenario).run()
            sum.add(verdict)
            guard !verdict.violations.isEmpty else { continue }
            let smallest = Shrinker.shrink(scenario)
            let broken = verdict.violations.prefix(5).joined(separator: "\n")
            Issue.record("BATON_SEED=\(seed)\n\(broken)\nThe smallest that still fails:\n\(smallest)")
            return
        }
        print("simulation: \(sum)")
        // A world in which nothing ever goes wrong would prove nothing.
        #expect(sum.crashes > 0 && sum.computations > 0 && sum.foretold > 0 && sum.ends.count > 2)
        #expect(sum.virtualSeconds > 1_000)
    }

    @Test(.enabled(if: environment["BATON_SEED"] != nil)) func `one seed, told step by step`() throws {
        let seed = try #require(Self.environment["BATON_SEED"].flatMap { UInt64($0) })
        let scenario = Scenario(seed: seed)
        print(scenario)
        let simulation = Simulation(scenario)
        simulation.trace = { print($0) }
        #expect(simulation.run().violations == [])
    }

    @Test func `the same seed is the same run`() {
        let first = Simulation(Scenario(seed: 42)).run()
        #expect(first == Simulation(Scenario(seed: 42)).run())
        #expect(first != Simulation(Scenario(seed: 43)).run())
    }
}
