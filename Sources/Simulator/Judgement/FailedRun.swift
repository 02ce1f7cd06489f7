/// A run that broke a promise, told so that somebody else sees it too.
package struct FailedRun: Sendable, CustomStringConvertible {
    package let seed: UInt64
    package let violations: [String]
    /// The smallest scenario that was found to break the same promise.
    package let smallest: Scenario
    package let smallestViolations: [String]

    /// Plays a seed; one that fails is made smaller.
    ///
    /// - Parameter pulse: Hears of every step.
    package static func play(seed: UInt64, pulse: Pulse? = nil) -> (verdict: Verdict, failure: FailedRun?) {
        let scenario = Scenario(seed: seed)
        let simulation = Simulation(scenario)
        simulation.pulse = pulse
        let verdict = simulation.run()
        guard !verdict.violations.isEmpty else { return (verdict, nil) }
        let smallest = Shrinker.shrink(scenario, pulse: pulse)
        return (
            verdict,
            FailedRun(
                seed: seed, violations: verdict.violations, smallest: smallest,
                smallestViolations: Simulation(smallest).run().violations)
        )
    }

    /// Plays the smallest scenario once more, step by step.
    package func tell(_ line: @escaping (String) -> Void) {
        let simulation = Simulation(smallest)
        simulation.trace = line
        _ = simulation.run()
    }

    /// The command that shows it again.
    package static func command(seed: UInt64) -> String { "make simulate SEED=\(seed)" }

    package var description: String {
        """
        seed \(seed) broke \(violations.count) promises:
        \(violations.prefix(5).joined(separator: "\n"))
        The smallest run that still breaks the first:
        \(smallest)
        \(smallestViolations.prefix(5).joined(separator: "\n"))
        seed \(seed); to see it again: \(Self.command(seed: seed))
        """
    }
}
