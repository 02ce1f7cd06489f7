import ArgumentParser
import JSONValue
import StatesLanguage

struct DeployCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Create a state machine from a definition, or update it.",
        discussion: "Activities that the definition names are created where they are missing."
    )

    @Argument(help: "The definition, in JSON (.asl.json) or YAML.", completion: .file())
    var file: String

    @Option(help: "The state machine's name (default: the file's name without its endings).")
    var name: String?

    @Flag(help: "Create an EXPRESS state machine; an existing one keeps its type.")
    var express = false

    @Option(help: "The role's ARN; Baton stores and returns it, and asks nobody.")
    var role = "arn:aws:iam::000000000000:role/baton"

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let terminal = Terminal.standard
        let definition = try DefinitionFile(path: file)
        let report = DiagnosticReport(
            path: file, source: definition.source,
            diagnostics: definition.diagnostics(type: express ? .express : .standard))
        if !report.diagnostics.isEmpty {
            for line in report.lines(terminal.style) { terminal.error(line) }
        }
        if report.hasErrors {
            throw CommandError(.failed, "\(file) is not a valid definition: mend what is listed above.")
        }
        let name = name ?? definition.suggestedName
        let (arn, isNew) = try await put(definition, name: name, client)
        let created = try await createActivities(definition, client)
        if options.format.isJSON {
            options.format.printJSON(
                .object([
                    "stateMachineArn": .string(arn), "created": .bool(isNew),
                    "createdActivities": .array(created.map(JSON.string)),
                ]))
            return
        }
        terminal.line("\(terminal.style.green(isNew ? "created" : "updated")) \(terminal.style.bold(name))  \(arn)")
        for activity in created { terminal.line("\(terminal.style.green("created")) activity \(activity)") }
    }

    private func put(
        _ definition: DefinitionFile, name: String, _ client: BatonClient
    ) async throws(CommandError) -> (arn: String, isNew: Bool) {
        let machines = try await client.listAll("ListStateMachines", items: "stateMachines")
        if let arn = machines.first(where: { $0["name"]?.stringValue == name })?["stateMachineArn"]?.stringValue {
            _ = try await client.call(
                "UpdateStateMachine", ["stateMachineArn": .string(arn), "definition": .string(definition.json)])
            return (arn, false)
        }
        let answer = try await client.call(
            "CreateStateMachine",
            [
                "name": .string(name), "definition": .string(definition.json), "roleArn": .string(role),
                "type": .string(express ? "EXPRESS" : "STANDARD"),
            ])
        return (answer["stateMachineArn"]?.stringValue ?? "", true)
    }

    /// CreateActivity is idempotent, but says nothing about whether it created: the list tells.
    private func createActivities(
        _ definition: DefinitionFile, _ client: BatonClient
    ) async throws(CommandError) -> [String] {
        let wanted = definition.activities()
        guard !wanted.isEmpty else { return [] }
        let existing = try await client.listAll("ListActivities", items: "activities")
        var created: [String] = []
        for activity in wanted where !existing.contains(where: { $0["activityArn"]?.stringValue == activity.arn }) {
            let answer = try await client.call("CreateActivity", ["name": .string(activity.name)])
            if let arn = answer["activityArn"]?.stringValue, arn != activity.arn {
                Terminal.standard.warn(
                    "The definition names \(activity.arn), but this server's activity is \(arn): tasks of the former "
                        + "will wait for ever. Use this server's region and account in the definition.")
            }
            created.append(activity.name)
        }
        return created
    }
}
