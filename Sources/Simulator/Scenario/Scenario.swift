import JSONValue

/// One run, whole: what is started, what the workers do, and what goes wrong. Everything else follows from it.
struct Scenario: Sendable {
    struct Start: Sendable, Hashable {
        var at: Double
        var machine: Int
        var name: String
        var overBroker: Bool
        /// Seconds after which somebody stops it.
        var stopAfter: Double?
    }

    var seed: UInt64
    var machines: [JSON]
    var input: JSON
    var starts: [Start]
    var faults: [Fault]
    /// Transitions after which a step pauses.
    var transitionsPerStep: Int
    /// Steps of evaluation that the engine's own thread takes for one transition.
    var sliceSteps: Int
    /// Live executions that the engine may keep in memory.
    var cachedExecutions: Int
    /// Tasks that may be with the broker unconfirmed.
    var unconfirmedTasks: Int
}

extension Scenario: CustomStringConvertible {
    var description: String {
        var lines = [
            "seed \(seed): \(transitionsPerStep) transitions a step, \(sliceSteps) steps a slice, \(cachedExecutions) cached"
        ]
        for (index, machine) in machines.enumerated() { lines.append("machine \(index): \(machine.serialized())") }
        for start in starts {
            let stop = start.stopAfter.map { ", stopped after \($0) s" } ?? ""
            lines.append(
                "at \(start.at) s: \(start.name) of machine \(start.machine)"
                    + "\(start.overBroker ? " over the broker" : "")\(stop)")
        }
        for fault in faults { lines.append("fault: \(fault)") }
        return lines.joined(separator: "\n")
    }
}
