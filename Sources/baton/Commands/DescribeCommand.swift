import ArgumentParser
import JSONValue

struct DescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show an execution, a state machine or an activity.",
        discussion: "A bare name is looked for among the state machines first, then among their executions."
    )

    @Argument(help: "An ARN, a state machine's name, an execution's name, or MACHINE:EXECUTION.")
    var name: String

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let (arn, kind) = try await resolve(client)
        let answer =
            switch kind {
            case .stateMachine: try await client.call("DescribeStateMachine", ["stateMachineArn": .string(arn)])
            case .execution: try await client.call("DescribeExecution", ["executionArn": .string(arn)])
            case .activity: try await client.call("DescribeActivity", ["activityArn": .string(arn)])
            }
        if options.format.isJSON { return options.format.printJSON(answer) }
        show(answer)
    }

    private enum Kind { case stateMachine, execution, activity }

    private func resolve(_ client: BatonClient) async throws(CommandError) -> (String, Kind) {
        if name.hasPrefix("arn:") {
            if name.contains(":stateMachine:") { return (name, .stateMachine) }
            if name.contains(":activity:") { return (name, .activity) }
            return (try await client.executionARN(name), .execution)
        }
        if !name.contains(":") {
            let machines = try await client.listAll("ListStateMachines", items: "stateMachines")
            for machine in machines where machine["name"]?.stringValue == name {
                if let arn = machine["stateMachineArn"]?.stringValue { return (arn, .stateMachine) }
            }
        }
        return (try await client.executionARN(name), .execution)
    }

    private func show(_ answer: JSON) {
        let terminal = Terminal.standard
        let style = terminal.style
        let members = answer.objectValue ?? JSONObject()
        let width = members.keys.map(\.count).max() ?? 0
        for (key, value) in members {
            if value.objectValue != nil, key != "input", key != "output" {
                terminal.line("\(style.bold(key.padded(to: width)))  \(value.serialized())")
                continue
            }
            var text = value.stringValue ?? value.serialized()
            if key.hasSuffix("Date"), let instant = value.instant { text = LocalTime.dateAndTime(instant) }
            if key == "status" { text = style.status(text) }
            // Documents inside texts: shown as what they are.
            if ["input", "output", "definition"].contains(key), let inner = try? JSON(parsing: text) {
                let lines = inner.prettyPrinted().split(separator: "\n").joined(separator: "\n    ")
                text = inner.arrayValue == nil && inner.objectValue == nil ? inner.serialized() : "\n    " + lines
            }
            terminal.line("\(style.bold(key.padded(to: width)))  \(text)")
        }
    }
}
