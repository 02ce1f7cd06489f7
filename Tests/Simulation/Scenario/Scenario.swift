package import JSONValue

/// One run, whole: what is started, what the workers do, and what goes wrong. Everything else follows from it.
package struct Scenario: Sendable {
    package struct Start: Sendable, Hashable {
        package var at: Double
        package var machine: Int
        package var name: String
        package var overBroker: Bool
        /// Seconds after which somebody stops it.
        package var stopAfter: Double?
    }

    package var seed: UInt64
    package var machines: [JSON]
    package var input: JSON
    package var starts: [Start]
    package var faults: [Fault]
    /// Transitions after which a step pauses.
    package var transitionsPerStep: Int
    /// Steps of evaluation that the engine's own thread takes for one transition.
    package var sliceSteps: Int
    /// Live executions that the engine may keep in memory.
    package var cachedExecutions: Int
    /// Tasks that may be with the broker unconfirmed.
    package var unconfirmedTasks: Int
}

extension Scenario: CustomStringConvertible {
    package var description: String {
        var lines = ["seed \(seed): \(transitionsPerStep) transitions a step, \(sliceSteps) steps a slice, \(cachedExecutions) cached"]
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
