/// Makes a failing scenario smaller while it goes on failing.
package enum Shrinker {
    /// - Parameters:
    ///   - attempts: Runs that it may take.
    ///   - steps: and steps of all of these.
    package static func shrink(
        _ scenario: Scenario, attempts: Int = 1_500, steps: Int = 3_000_000, pulse: Pulse? = nil
    ) -> Scenario {
        var smallest = scenario
        var left = attempts
        var stepsLeft = steps
        // Another promise broken is another story.
        let broken = kind(Simulation(scenario).run())
        func fails(_ candidate: Scenario) -> Bool {
            left -= 1
            let simulation = Simulation(candidate)
            simulation.pulse = pulse
            let verdict = simulation.run()
            stepsLeft -= verdict.happenings
            return kind(verdict) == broken
        }
        var progressed = true
        while progressed, left > 0, stepsLeft > 0 {
            progressed = false
            for candidate in candidates(smallest) where left > 0 && stepsLeft > 0 && fails(candidate) {
                smallest = candidate
                progressed = true
                break
            }
        }
        return smallest
    }

    /// What the first broken promise is about; nil where all were kept.
    private static func kind(_ verdict: Verdict) -> String? {
        verdict.violations.first.map { violation in
            let words = violation.split(separator: " ").filter { word in word.allSatisfy { $0.isLetter } }
            return words.prefix(6).joined(separator: " ")
        }
    }

    /// Each a little less than the scenario: without a fault, without a start, with a state less.
    private static func candidates(_ scenario: Scenario) -> [Scenario] {
        var all: [Scenario] = []
        for index in scenario.faults.indices {
            var candidate = scenario
            candidate.faults.remove(at: index)
            all.append(candidate)
        }
        if scenario.starts.count > 1 {
            for index in scenario.starts.indices {
                var candidate = scenario
                candidate.starts.remove(at: index)
                all.append(candidate)
            }
        }
        for index in scenario.starts.indices where scenario.starts[index].stopAfter != nil {
            var candidate = scenario
            candidate.starts[index].stopAfter = nil
            all.append(candidate)
        }
        for index in scenario.starts.indices where scenario.starts[index].redriveAfter != nil {
            var candidate = scenario
            candidate.starts[index].redriveAfter = nil
            all.append(candidate)
        }
        for index in scenario.starts.indices where scenario.starts[index].isDoubled {
            var candidate = scenario
            candidate.starts[index].isDoubled = false
            all.append(candidate)
        }
        for index in scenario.machines.indices {
            for machine in ProgramShrinker.smaller(scenario.machines[index]) {
                var candidate = scenario
                candidate.machines[index] = machine
                all.append(candidate)
            }
        }
        return all
    }
}
