import JSONValue
import StatesLanguage

extension StateTestRequest {
    /// The given context object, if it has no other fields than AWS's has:
    /// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html.
    func parsedContext(for state: State) throws(StateTestError) -> JSON? {
        guard let context else { return nil }
        guard let value = try? JSON(parsing: context), case .object(let object) = value else {
            throw Self.invalidContext("must be a JSON object")
        }
        try ContextField.check(object, against: ContextField.all)
        if object["Task"] != nil && !Self.handsOnToken(state) {
            throw Self.invalidContext(
                "Context object contains 'Task' when state is not a Task state with a '.sync' or "
                    + "'.waitForTaskToken' service integration pattern")
        }
        return value
    }

    private static func handsOnToken(_ state: State) -> Bool {
        guard case .task(let task) = state.kind else { return false }
        return task.resource.pattern != .requestResponse
    }

    fileprivate static func invalidContext(_ reason: String) -> StateTestError {
        StateTestError(.invalidRequest, "Invalid Context object provided: \(reason)")
    }
}

/// What may stand under a key of the context object.
private indirect enum ContextField: Sendable {
    case text, number, anything
    case object([String: ContextField])

    static let all: [String: ContextField] = [
        "Execution": .object([
            "Id": .text, "Input": .anything, "Name": .text, "RoleArn": .text, "StartTime": .text,
            "RedriveCount": .number, "RedriveTime": .text,
        ]),
        "State": .object(["EnteredTime": .text, "Name": .text, "RetryCount": .number]),
        "StateMachine": .object(["Id": .text, "Name": .text]),
        "Task": .object(["Token": .text]),
        "Map": .object([
            "Item": .object(["Index": .number, "Value": .anything, "Key": .text, "Source": .text])
        ]),
    ]

    static func check(_ object: JSONObject, against fields: [String: ContextField]) throws(StateTestError) {
        for (key, value) in object {
            guard let field = fields[key] else {
                throw StateTestRequest.invalidContext("Field '\(key)' is not allowed")
            }
            switch (field, value) {
            case (.anything, _), (.text, .string), (.number, .int): break
            case (.text, _): throw StateTestRequest.invalidContext("Field '\(key)' must be a string")
            case (.number, _): throw StateTestRequest.invalidContext("Field '\(key)' must be a number")
            case (.object(let fields), .object(let object)): try check(object, against: fields)
            case (.object, _): throw StateTestRequest.invalidContext("Field '\(key)' must be an object")
            }
        }
    }
}
