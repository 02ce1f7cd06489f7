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

    @Flag(help: "Publish it as a version.")
    var publish = false

    @Option(help: "What is new in the version; publishes it.")
    var description: String?

    @Option(help: "Lead this alias to the version, and create it where it is missing; publishes it.")
    var alias: String?

    @OptionGroup var options: ClientOptions

    private var publishes: Bool { publish || description != nil || alias != nil }

    func run() async throws {
        let client = try options.client()
        let terminal = Terminal.standard
        let definition = try DefinitionFile(path: file)
        let report = DiagnosticReport(
            path: file, source: definition.source,
            // Which release of JSONata there is, the server knows.
            diagnostics: definition.diagnostics(type: express ? .express : .standard, support: .newest))
        if !report.diagnostics.isEmpty {
            for line in report.lines(terminal.style) { terminal.error(line) }
        }
        if report.hasErrors {
            throw CommandError(.failed, "\(file) is not a valid definition: mend what is listed above.")
        }
        let name = name ?? definition.suggestedName
        let (arn, isNew, version) = try await put(definition, name: name, client)
        if let alias, let version { try await lead(alias, of: arn, to: version, client) }
        let created = try await createActivities(definition, client)
        if options.format.isJSON {
            options.format.printJSON(
                .object([
                    "stateMachineArn": .string(arn), "created": .bool(isNew),
                    "createdActivities": .array(created.map(JSON.string)),
                    "stateMachineVersionArn": version.map(JSON.string) ?? .null,
                ]))
            return
        }
        terminal.line("\(terminal.style.green(isNew ? "created" : "updated")) \(terminal.style.bold(name))  \(arn)")
        if let version { terminal.line("\(terminal.style.green("published")) version \(shortName(version))") }
        if let alias, let version { terminal.line("\(alias) leads to version \(shortName(version))") }
        for activity in created { terminal.line("\(terminal.style.green("created")) activity \(activity)") }
    }

    private func put(
        _ definition: DefinitionFile, name: String, _ client: BatonClient
    ) async throws(CommandError) -> (arn: String, isNew: Bool, version: String?) {
        var publication = JSONObject()
        if publishes { publication["publish"] = true }
        if let description { publication["versionDescription"] = .string(description) }
        let machines = try await client.listAll("ListStateMachines", items: "stateMachines")
        if let arn = machines.first(where: { $0["name"]?.stringValue == name })?["stateMachineArn"]?.stringValue {
            publication["stateMachineArn"] = .string(arn)
            publication["definition"] = .string(definition.json)
            let answer = try await client.call("UpdateStateMachine", publication)
            return (arn, false, answer["stateMachineVersionArn"]?.stringValue)
        }
        publication["name"] = .string(name)
        publication["definition"] = .string(definition.json)
        publication["roleArn"] = .string(role)
        publication["type"] = .string(express ? "EXPRESS" : "STANDARD")
        let answer = try await client.call("CreateStateMachine", publication)
        return (answer["stateMachineArn"]?.stringValue ?? "", true, answer["stateMachineVersionArn"]?.stringValue)
    }

    private func lead(
        _ alias: String, of machine: String, to version: String, _ client: BatonClient
    ) async throws(CommandError) {
        let routes: JSON = [["stateMachineVersionArn": .string(version), "weight": 100]]
        do {
            _ = try await client.call(
                "UpdateStateMachineAlias",
                ["stateMachineAliasArn": .string("\(machine):\(alias)"), "routingConfiguration": routes])
        } catch {
            guard error.status == .notFound else { throw error }
            _ = try await client.call(
                "CreateStateMachineAlias", ["name": .string(alias), "routingConfiguration": routes])
        }
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
