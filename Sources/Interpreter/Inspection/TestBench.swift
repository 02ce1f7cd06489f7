import JSONValue
import StatesLanguage

/// What stands in for the world around a state that is tested by itself. An execution that has one calls nobody: it
/// stops where the state would, and goes on with what it is told.
final class TestBench: Sendable {
    /// The context object, if it was given; it is handed out as it is.
    let context: JSON?
    let roleARN: String?
    /// How often the retrier was used that a failure is for.
    let retries: Int
    /// What a Map's ItemReader would read.
    let readerItems: [JSON]?

    init(context: JSON?, roleARN: String?, retries: Int, readerItems: [JSON]?) {
        self.context = context
        self.roleARN = roleARN
        self.retries = retries
        self.readerItems = readerItems
    }

    /// `$$`. Without one that was given it is made up as AWS does for a test, with fewer members than that of a real
    /// execution.
    func context(of execution: Execution, token: String?, item: (index: Int, value: JSON)?) -> JSON {
        var context = context?.objectValue ?? made(for: execution, token: token)
        if let item { context["Map"] = ["Item": ["Index": .int(Int64(item.index)), "Value": item.value]] }
        return .object(context)
    }

    private func made(for execution: Execution, token: String?) -> JSONObject {
        let identity = execution.identity
        var state: JSONObject = ["Name": .string(StateMachineDefinition.fragmentName)]
        if let scope = execution.scopes.first, let current = scope.state {
            state["EnteredTime"] = .string(scope.enteredAt.rfc3339)
            switch current.kind {
            case .task, .parallel, .map: state["RetryCount"] = .int(Int64(retries))
            default: break
            }
        }
        var context: JSONObject = [
            "Execution": [
                "Id": .string(identity.arn), "Input": execution.input, "Name": .string(identity.name),
                "RoleArn": roleARN.map(JSON.string) ?? .null, "StartTime": .string(identity.startedAt.rfc3339),
            ],
            "StateMachine": ["Id": .string(identity.stateMachineARN), "Name": .string(identity.stateMachineName)],
        ]
        context["State"] = .object(state)
        if let token { context["Task"] = ["Token": .string(token)] }
        return context
    }
}
