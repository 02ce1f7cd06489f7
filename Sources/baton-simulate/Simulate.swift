import ArgumentParser
import Foundation
import Simulator

/// Plays simulations of the engine under faults, many seeds or one.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baton-simulate",
        abstract: "Plays the engine in a world of doubles under virtual time, and lets things go wrong.")

    @Option(help: "How many seeds to play.")
    var seeds: UInt64 = 10_000

    @Option(help: "The first of them; without it, one that nobody has seen.")
    var first: UInt64?

    @Option(help: "Threads; one for each processor where it is not given.")
    var jobs: Int?

    @Option(help: "Play this seed alone, and tell everything that happens.")
    var seed: UInt64?

    @Option(help: "Seconds of real time after which a run is called slow, and a single step of one stuck.")
    var patience = 120.0

    func run() throws {
        try Self.hashDeterministically()
        if let seed { return try tell(seed) }
        let first = first ?? UInt64.random(in: 1_000_000...UInt64(UInt32.max))
        let count = max(1, seeds)
        let threads = max(1, jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        print("seeds \(first)...\(first + count - 1) on \(threads) threads")
        let field = Field(first: first, count: count)
        for _ in 0..<threads { field.addThread() }
        let clock = ContinuousClock()
        let began = clock.now
        field.watch(patience: patience) { verdict, played in
            print(Self.progress(verdict, played, clock.now - began))
            // Into a file, too, at once.
            fflush(nil)
        }
        let (verdict, failures, hung) = field.result
        print(verdict)
        print(Self.progress(verdict, Int(count), clock.now - began))
        for failure in failures { print("\n\(failure)") }
        if !hung.isEmpty { print("never came back from a step: \(hung.map(String.init).joined(separator: ", "))") }
        guard failures.isEmpty, hung.isEmpty else {
            fflush(nil)
            // Threads that hang cannot be ended otherwise.
            _exit(1)
        }
    }

    private func tell(_ seed: UInt64) throws {
        let scenario = Scenario(seed: seed)
        print(scenario)
        let simulation = Simulation(scenario)
        simulation.trace = { print($0) }
        let verdict = simulation.run()
        print(verdict)
        guard !verdict.violations.isEmpty, let failure = FailedRun.play(seed: seed).failure else { return }
        print("\nThe smallest run that still breaks the promise, step by step:")
        failure.tell { print($0) }
        print("\n\(failure)")
        throw ExitCode.failure
    }

    private static func progress(_ verdict: Verdict, _ played: Int, _ time: Duration) -> String {
        let real = max(Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18, 0.001)
        let rate = String(format: "%.1f", Double(played) / real)
        return
            "\(played) seeds in \(Int(real)) s: \(rate) seeds/s, \(Int(verdict.virtualSeconds / real)) times as fast as"
            + " real time, \(verdict.executions) executions, \(verdict.faults.values.reduce(0, +)) faults"
    }

    /// The order of sets and dictionaries is part of a run. Swift makes it chance, unless it is told not to before the
    /// process begins.
    private static func hashDeterministically() throws {
        let variable = "SWIFT_DETERMINISTIC_HASHING"
        guard getenv(variable) == nil else { return }
        setenv(variable, "1", 1)
        let arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        execv(CommandLine.arguments[0].contains("/") ? CommandLine.arguments[0] : "/proc/self/exe", arguments)
        throw ValidationError("The program could not start itself again: set \(variable)=1.")
    }
}
