import JSONValue
import StatesLanguage

/// One run, whole: what is started, what the workers do, and what goes wrong. Everything else follows from it.
package struct Scenario: Sendable {
    struct Machine: Sendable {
        let definition: JSON
        let isExpress: Bool
        /// Checked and decoded; nil where it is not valid.
        let compiled: StateMachineDefinition?

        init(definition: JSON, isExpress: Bool = false) {
            self.definition = definition
            self.isExpress = isExpress
            compiled =
                StateMachineDefinition.validate(definition.serialized(), type: isExpress ? .express : .standard)
                .definition
        }
    }

    struct Start: Sendable, Hashable {
        var at: Double
        var machine: Int
        var name: String
        var overBroker: Bool
        /// Seconds after which somebody stops it.
        var stopAfter: Double?
        /// Seconds after which somebody redrives it, if it has failed.
        var redriveAfter: Double?
        /// The API's client sends its request twice at once.
        var isDoubled = false
    }

    package var seed: UInt64
    var machines: [Machine]
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
    /// Seconds ahead for which timers are in memory.
    var timerHorizon: Double
    /// Children of map runs that one transaction may start.
    var childrenPerBatch: Int

    /// Events that an execution's history may have: loops end there.
    static let mostEvents = 200
    static let account = "arn:aws:states:us-east-1:123456789012"

    static func machineARN(_ index: Int) -> String { "\(account):stateMachine:machine\(index)" }
}

extension Scenario: CustomStringConvertible {
    package var description: String {
        var lines = [
            "seed \(seed): \(transitionsPerStep) transitions a step, \(sliceSteps) steps a slice, "
                + "\(cachedExecutions) executions cached, \(unconfirmedTasks) tasks unconfirmed, timers of "
                + "\(timerHorizon) s in memory, \(childrenPerBatch) children a batch"
        ]
        for (index, machine) in machines.enumerated() {
            let kind = machine.isExpress ? " (EXPRESS)" : ""
            lines.append("machine \(index)\(kind): \(machine.definition.serialized())")
        }
        lines.append("input: \(input.serialized())")
        for start in starts {
            var line = "at \(start.at) s: \(start.name) of machine \(start.machine)"
            if start.overBroker { line += " over the broker" }
            if start.isDoubled { line += ", asked for twice" }
            if let seconds = start.stopAfter { line += ", stopped after \(seconds) s" }
            if let seconds = start.redriveAfter { line += ", redriven after \(seconds) s" }
            lines.append(line)
        }
        for fault in faults { lines.append("fault: \(fault)") }
        return lines.joined(separator: "\n")
    }
}
