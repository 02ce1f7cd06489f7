import ArgumentParser
import JSONValue

struct AliasCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alias", abstract: "Names that lead to one or two versions of a state machine.",
        discussion: """
            A route is VERSION or VERSION=PERCENT: '3' sends everything to version 3, '3=90 4=10' every tenth start to \
            version 4. 'baton start MACHINE:ALIAS' starts through an alias.
            """,
        subcommands: [Create.self, List.self, Describe.self, Route.self, Update.self, Delete.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an alias.")

        @Argument(help: "The alias, as MACHINE:ALIAS.") var alias: String
        @Argument(help: "One or two routes, such as 3, or 3=90 4=10.") var routes: [String]
        @Option(help: "What it is for.") var description: String?
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let arn = try await client.qualifiedARN(alias, what: "alias", example: "order:live")
            var body: JSONObject = [
                "name": .string(shortName(arn)),
                "routingConfiguration": try AliasRoutes(parsing: routes).json(alias: arn),
            ]
            if let description { body["description"] = .string(description) }
            let answer = try await client.call("CreateStateMachineAlias", body)
            if options.format.isJSON { return options.format.printJSON(answer) }
            Terminal.standard.line(answer["stateMachineAliasArn"]?.stringValue ?? "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a state machine's aliases.")

        @Argument(help: "The state machine, or a version as MACHINE:NUMBER.") var machine: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let arn = try await client.stateMachineARN(machine)
            let listed = try await client.listAll(
                "ListStateMachineAliases", ["stateMachineArn": .string(arn)], items: "stateMachineAliases")
            var aliases: [JSON] = []
            for alias in listed {
                let name: JSONObject = ["stateMachineAliasArn": alias["stateMachineAliasArn"] ?? .null]
                aliases.append(try await client.call("DescribeStateMachineAlias", name))
            }
            if options.format.isJSON { return options.format.printJSON(.array(aliases)) }
            guard !aliases.isEmpty else {
                return Terminal.standard.line(
                    "\(machine) has no aliases: 'baton alias create MACHINE:ALIAS VERSION' makes one.")
            }
            let style = Terminal.standard.style
            var table = Table("ALIAS", "ROUTES", "UPDATED", "DESCRIPTION")
            for alias in aliases {
                table.add(
                    (alias["name"]?.stringValue ?? "", style.bold), (AliasRoutes(shown: alias).text, nil),
                    (alias["updateDate"]?.instant.map(LocalTime.dateAndTime) ?? "", nil),
                    (alias["description"]?.stringValue ?? "", style.dim))
            }
            table.print()
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show where an alias leads.")

        @Argument(help: "The alias, as MACHINE:ALIAS or ARN.") var alias: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let arn = try await client.qualifiedARN(alias, what: "alias", example: "order:live")
            let answer = try await client.call("DescribeStateMachineAlias", ["stateMachineAliasArn": .string(arn)])
            if options.format.isJSON { return options.format.printJSON(answer) }
            let style = Terminal.standard.style
            Terminal.standard.line("\(style.bold(alias))  \(AliasRoutes(shown: answer).text)")
            if let description = answer["description"]?.stringValue { Terminal.standard.line(description) }
        }
    }

    struct Route: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lead an alias elsewhere.")

        @Argument(help: "The alias, as MACHINE:ALIAS or ARN.") var alias: String
        @Argument(help: "One or two routes, such as 3, or 3=90 4=10.") var routes: [String]
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let arn = try await client.qualifiedARN(alias, what: "alias", example: "order:live")
            let routes = try AliasRoutes(parsing: routes)
            let answer = try await client.call(
                "UpdateStateMachineAlias",
                ["stateMachineAliasArn": .string(arn), "routingConfiguration": routes.json(alias: arn)])
            if options.format.isJSON { return options.format.printJSON(answer) }
            Terminal.standard.line("\(Terminal.standard.style.bold(alias)) leads to \(routes.text)")
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Change an alias's description.")

        @Argument(help: "The alias, as MACHINE:ALIAS or ARN.") var alias: String
        @Option(help: "What it is for.") var description: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let arn = try await client.qualifiedARN(alias, what: "alias", example: "order:live")
            let answer = try await client.call(
                "UpdateStateMachineAlias", ["stateMachineAliasArn": .string(arn), "description": .string(description)])
            if options.format.isJSON { return options.format.printJSON(answer) }
            Terminal.standard.line("updated \(Terminal.standard.style.bold(alias))")
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete an alias; the versions stay.")

        @Argument(help: "The alias, as MACHINE:ALIAS or ARN.") var alias: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let arn = try await client.qualifiedARN(alias, what: "alias", example: "order:live")
            let answer = try await client.call("DeleteStateMachineAlias", ["stateMachineAliasArn": .string(arn)])
            if options.format.isJSON { return options.format.printJSON(answer) }
            Terminal.standard.line("deleted \(Terminal.standard.style.bold(alias))")
        }
    }
}
