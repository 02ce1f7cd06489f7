import ArgumentParser
import JSONValue

struct ActivityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activity", abstract: "List, create and delete activities: the names that workers serve.",
        subcommands: [List.self, Create.self, Delete.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the activities.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let activities = try await options.client().listAll("ListActivities", items: "activities")
            if options.format.isJSON { return options.format.printJSON(.array(activities)) }
            guard !activities.isEmpty else {
                return Terminal.standard.line(
                    "There are no activities: 'baton activity create NAME' makes one, and 'baton deploy' those that a "
                        + "definition names.")
            }
            let style = Terminal.standard.style
            var table = Table("NAME", "CREATED", "ARN")
            for activity in activities {
                table.add(
                    (activity["name"]?.stringValue ?? "", style.bold),
                    (activity["creationDate"]?.instant.map(LocalTime.dateAndTime) ?? "", nil),
                    (activity["activityArn"]?.stringValue ?? "", style.dim))
            }
            table.print()
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an activity, and its queue with it.")

        @Argument(help: "Its name.") var name: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let answer = try await options.client().call("CreateActivity", ["name": .string(name)])
            if options.format.isJSON { return options.format.printJSON(answer) }
            Terminal.standard.line(answer["activityArn"]?.stringValue ?? "")
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete an activity, with its queue and what waits in it.")

        @Argument(help: "Its name or ARN.") var name: String
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let arn = try await client.activityARN(name)
            let answer = try await client.call("DeleteActivity", ["activityArn": .string(arn)])
            if options.format.isJSON { return options.format.printJSON(answer) }
            Terminal.standard.line("deleted \(Terminal.standard.style.bold(shortName(arn)))")
        }
    }
}
