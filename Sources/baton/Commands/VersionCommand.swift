import ArgumentParser
import JSONValue

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "List, publish and delete the versions of a state machine.",
        subcommands: [List.self, Publish.self, Delete.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the versions, newest first.")

        @Argument(help: "The state machine's name or ARN.") var machine: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let arn = try await client.stateMachineARN(machine)
            let versions = try await client.listAll(
                "ListStateMachineVersions", ["stateMachineArn": .string(arn)], items: "stateMachineVersions")
            if options.format.isJSON { return options.format.printJSON(.array(versions)) }
            guard !versions.isEmpty else {
                return Terminal.standard.line(
                    "\(machine) has no versions: 'baton version publish \(machine)' makes one.")
            }
            let style = Terminal.standard.style
            var table = Table("VERSION", "PUBLISHED", "ARN")
            for version in versions {
                let arn = version["stateMachineVersionArn"]?.stringValue ?? ""
                table.add(
                    (shortName(arn), style.bold),
                    (version["creationDate"]?.instant.map(LocalTime.dateAndTime) ?? "", nil), (arn, style.dim))
            }
            table.print()
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a state machine as it is now.",
            discussion: "One that was published already keeps its version.")

        @Argument(help: "The state machine's name or ARN.") var machine: String
        @Option(help: "What is new in it.") var description: String?
        @Option(help: "Publish only if this is still the machine's revision; INITIAL for one never updated.")
        var revision: String?
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            var body: JSONObject = ["stateMachineArn": .string(try await client.stateMachineARN(machine))]
            if let description { body["description"] = .string(description) }
            if let revision { body["revisionId"] = .string(revision) }
            let answer = try await client.call("PublishStateMachineVersion", body)
            if options.format.isJSON { return options.format.printJSON(answer) }
            Terminal.standard.line(answer["stateMachineVersionArn"]?.stringValue ?? "")
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a version that no alias leads to; its executions go on.")

        @Argument(help: "The version, as MACHINE:NUMBER or ARN.") var version: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let arn = try await client.qualifiedARN(version, what: "version", example: "order:3")
            let answer = try await client.call("DeleteStateMachineVersion", ["stateMachineVersionArn": .string(arn)])
            if options.format.isJSON { return options.format.printJSON(answer) }
            Terminal.standard.line("deleted \(Terminal.standard.style.bold(version))")
        }
    }
}
