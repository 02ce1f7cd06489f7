import Foundation
import Simulator
import Testing

/// The engine under faults. A fixed set of seeds keeps what was seen once; a fresh one looks further with every run.
///
/// `BATON_SEED=N` plays one seed and prints everything that happens; `BATON_SEEDS=N` plays so many of each set.
/// `make simulate` plays far more in the same time.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(.enabled(if: environment["BATON_SEED"] == nil)) func `nothing is lost, stuck or done twice`() {
        let count = Self.environment["BATON_SEEDS"].flatMap { UInt64($0) } ?? 150
        let fresh = UInt64.random(in: 1...UInt64(UInt32.max))
        print("simulation: seeds 1...\(count) and \(fresh)...\(fresh + count)")
        var sum = Verdict()
        for seed in Array(1...count) + Self.regressions + Array(fresh...(fresh + count)) {
            let (verdict, failure) = FailedRun.play(seed: seed)
            sum.add(verdict)
            guard let failure else { continue }
            Issue.record("\(failure), or BATON_SEED=\(seed) swift test --filter SimulationTests")
            return
        }
        print("simulation: \(sum)")
        // A world in which nothing ever goes wrong would prove nothing.
        #expect(sum.crashes > 0 && sum.computations > 0 && sum.foretold > 0 && sum.ends.count > 2)
        #expect(sum.nested > 0 && sum.children > 0 && sum.expressExecutions > 0 && sum.redrives > 0)
        #expect(sum.virtualSeconds > 1_000 && sum.faults.count > 20)
    }

    /// Seeds that found something once, beyond the fixed set.
    private static let regressions: [UInt64] = [
        727, 950, 1_212, 2_238, 3_545, 3_890, 10_860, 11_293, 19_452, 4_332, 41_479, 77_837,
        102_417, 117_954, 125_841, 3_949_098_662,
    ]

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
