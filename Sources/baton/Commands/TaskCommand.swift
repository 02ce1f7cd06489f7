import ArgumentParser
import JSONValue
import Telemetry

struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "List open tasks, and complete them by hand.",
        discussion: "A task is named by its token, or by --execution (and --state, where several are open).",
        subcommands: [List.self, Succeed.self, Fail.self, Heartbeat.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the open tasks, oldest first.")

        @Option(help: "Only those of this execution (ARN, name, or MACHINE:EXECUTION).")
        var execution: String?

        @Option(help: "Only those of this state.")
        var state: String?

        @Option(help: "At most so many.")
        var limit = 100

        @Flag(help: "Show the tokens as well.")
        var tokens = false

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let tasks = try await client.openTasks(execution: execution, state: state, limit: limit)
            if options.format.isJSON { return options.format.printJSON(.array(tasks)) }
            guard !tasks.isEmpty else { return Terminal.standard.line("There are no open tasks.") }
            let style = Terminal.standard.style
            let now = WallTime.now()
            var table = Table("EXECUTION", "STATE", "TARGET", "PHASE", "WORKER", "AGE")
            for task in tasks {
                let target = "\(task["kind"]?.stringValue ?? "") \(task["name"]?.stringValue ?? "")"
                let age = task["scheduledDate"]?.instant.map {
                    LocalTime.duration(seconds: now.seconds - $0.seconds)
                }
                table.add(
                    (shortName(task["executionArn"]?.stringValue ?? ""), nil),
                    (task["state"]?.stringValue ?? "", style.bold), (target, nil),
                    (task["phase"]?.stringValue ?? "", nil), (task["worker"]?.stringValue ?? "", style.dim),
                    (age ?? "", nil))
            }
            table.print()
            if tokens {
                for task in tasks {
                    Terminal.standard.line(
                        "\(task["state"]?.stringValue ?? ""): \(task["taskToken"]?.stringValue ?? "")")
                }
            }
        }
    }

    struct Succeed: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Complete a task with a result.")

        @OptionGroup var selector: TaskSelector

        @Option(name: [.short, .long], help: "The task's output: JSON, @FILE, or - for standard input.")
        var result = "{}"

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let output = try InputFile.json(result, option: "--result")
            let token = try await selector.token(client)
            try await answer(
                client, "SendTaskSuccess", ["taskToken": .string(token), "output": .string(output)], options,
                "succeeded")
        }
    }

    struct Fail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a task fail; Retry and Catch decide what follows.")

        @OptionGroup var selector: TaskSelector

        @Option(help: "The error's name.")
        var error: String?

        @Option(help: "Why.")
        var cause: String?

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            var body: JSONObject = ["taskToken": .string(try await selector.token(client))]
            if let error { body["error"] = .string(error) }
            if let cause { body["cause"] = .string(cause) }
            try await answer(client, "SendTaskFailure", body, options, "failed")
        }
    }

    struct Heartbeat: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep a task with a heartbeat time-out alive.")

        @OptionGroup var selector: TaskSelector
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            let token = try await selector.token(client)
            try await answer(client, "SendTaskHeartbeat", ["taskToken": .string(token)], options, "is alive")
        }
    }
}

private func answer(
    _ client: BatonClient, _ operation: String, _ body: JSONObject, _ options: ClientOptions, _ done: String
) async throws {
    let answer = try await client.call(operation, body)
    if options.format.isJSON { return options.format.printJSON(answer) }
    Terminal.standard.line("the task \(Terminal.standard.style.green(done))")
}

/// Which task is meant.
struct TaskSelector: ParsableArguments {
    @Argument(help: "The task's token.")
    var token: String?

    @Option(help: "Instead of a token: the execution that waits for the task.")
    var execution: String?

    @Option(help: "The state whose task is meant, where the execution has several.")
    var state: String?

    func validate() throws {
        if (token == nil) == (execution == nil) {
            throw ValidationError("Name the task: by its token, or by --execution (and --state).")
        }
    }

    func token(_ client: BatonClient) async throws(CommandError) -> String {
        if let token { return token }
        let tasks = try await client.openTasks(execution: execution, state: state, limit: 100)
        guard let task = tasks.first, let token = task["taskToken"]?.stringValue else {
            throw CommandError(.notFound, "That execution has no such open task: 'baton task list' shows all of them.")
        }
        guard tasks.count == 1 else {
            let states = tasks.compactMap { $0["state"]?.stringValue }.joined(separator: ", ")
            throw CommandError(.usage, "The execution has \(tasks.count) open tasks (\(states)): choose with --state.")
        }
        return token
    }
}

extension BatonClient {
    /// Open tasks, oldest first, of one execution or of all.
    func openTasks(execution: String?, state: String?, limit: Int) async throws(CommandError) -> [JSON] {
        var body = JSONObject()
        let arn: String? = if let execution { try await executionARN(execution) } else { nil }
        if let arn { body["executionArn"] = .string(arn) }
        let all = try await listAll(
            "ListTasks", body, items: "tasks", limit: arn == nil && state == nil ? limit : .max, service: .baton)
        let wanted = all.filter { task in
            (arn == nil || task["executionArn"]?.stringValue == arn)
                && (state == nil || task["state"]?.stringValue == state)
        }
        return Array(wanted.prefix(limit))
    }
}
