import Interpreter
import JSONValue
import Orchestrator
import StatesLanguage

/// The call of a Task under test, as a machine of its own: nothing but the call, with everything about it evaluated
/// already. It runs as an Express execution, which leaves nothing behind.
struct PassingTask {
    private static let stateName = "Call"

    let machine: StateMachineRecord
    let input: String

    /// - Parameter prefix: `arn:aws:states:REGION:ACCOUNT`.
    init(_ call: InspectionRecord.Call, roleARN: String, prefix: String, at now: Timestamp) {
        let name = RandomUUID.make()
        let (state, input) = Self.state(call)
        let definition = JSON.object([
            "StartAt": .string(Self.stateName), "States": .object([Self.stateName: .object(state)]),
        ])
        let text = definition.serialized()
        self.input = input.serialized()
        machine = StateMachineRecord(
            arn: "\(prefix):stateMachine:\(name)", name: name, kind: .express, status: .active, createdAt: now,
            revision: StateMachineRevision(
                number: Self.number(of: text), id: name, definition: text, roleARN: roleARN, createdAt: now),
            settings: [:])
    }

    /// The parameters come in as input, each under a name that no path can misread: whatever looks like an expression
    /// in them is not evaluated again.
    private static func state(_ call: InspectionRecord.Call) -> (state: JSONObject, input: JSON) {
        var state: JSONObject = ["Type": "Task", "Resource": .string(call.resource.arn), "End": true]
        if let seconds = call.timeoutSeconds { state["TimeoutSeconds"] = .int(Int64(seconds)) }
        guard case .service = call.resource.target, case .object(let parameters) = call.parameters else {
            return (state, call.parameters)
        }
        var (template, input) = (JSONObject(), JSONObject())
        for (index, member) in parameters.members.enumerated() {
            template["\(member.key).$"] = .string("$.p\(index)")
            input["p\(index)"] = member.value
        }
        state["Parameters"] = .object(template)
        return (state, .object(input))
    }

    /// A number that no stored revision has. The same text has the same, so that it is compiled once.
    private static func number(of text: String) -> Int64 {
        var hasher = Hasher()
        hasher.combine(text)
        return Int64(hasher.finalize()) | Int64.min
    }

    /// What the call came to.
    static func answer(_ ended: EndedExecution) -> StateInspection.Answer {
        if ended.status == .succeeded, let output = ended.output, let value = try? JSON(parsing: output) {
            return .result(value)
        }
        guard ended.status == .failed else { return .timeout }
        var cause = ended.cause
        // Where in its own execution the call was is nothing to whoever tests the state.
        let place = "An error occurred while executing the state '\(stateName)' "
        if let text = cause, text.hasPrefix(place), let end = text.firstRange(of: "). ") {
            cause = String(text[end.upperBound...])
        }
        return .failure(StateFailure(error: ended.error, cause: cause))
    }
}
