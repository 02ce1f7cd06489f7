/// Makes a failing scenario smaller while it goes on failing.
enum Shrinker {
    static func shrink(_ scenario: Scenario, attempts: Int = 400) -> Scenario {
        var smallest = scenario
        var left = attempts
        func fails(_ candidate: Scenario) -> Bool {
            left -= 1
            return !Simulation(candidate).run().violations.isEmpty
        }
        var progressed = true
        while progressed, left > 0 {
            progressed = false
            for candidate in candidates(smallest) where left > 0 && fails(candidate) {
                smallest = candidate
                progressed = true
                break
            }
        }
        return smallest
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
