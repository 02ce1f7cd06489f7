import ArgumentParser
import JSONValue
import NIOCore

struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start an execution.",
        discussion: """
            With --wait, the exit status is 0 if the execution succeeded and 1 if it did not.

            An Express execution lives in the server's memory and cannot be looked at afterwards: --wait starts it \
            synchronously, and its outcome comes with the answer.
            """
    )

    @Argument(help: "The state machine's name or ARN.")
    var machine: String

    @Option(name: [.short, .long], help: "The input: JSON, @FILE, or - for standard input.")
    var input = "{}"

    @Option(help: "The execution's name; starting twice under one name starts once (default: a UUID).")
    var name: String?

    @Flag(name: [.short, .long], help: "Follow it to its end, and print its output.")
    var wait = false

    @Flag(help: "As --wait, for Express state machines alone (StartSyncExecution).")
    var sync = false

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        var body: JSONObject = ["input": .string(try InputFile.json(input, option: "--input"))]
        let arn = try await client.stateMachineARN(machine)
        body["stateMachineArn"] = .string(arn)
        if let name { body["name"] = .string(name) }
        var isSynchronous = sync
        if wait, !sync { isSynchronous = try await isExpress(arn, client) }
        if isSynchronous {
            // Five minutes are the most that an Express execution gets.
            let ended = try await client.call("StartSyncExecution", body, timeout: .minutes(6))
            return try ExecutionWatch.conclude(ended, format: options.format)
        }
        let answer = try await client.call("StartExecution", body)
        let execution = answer["executionArn"]?.stringValue ?? ""
        if !wait {
            if options.format.isJSON { return options.format.printJSON(answer) }
            return Terminal.standard.line(execution)
        }
        let terminal = Terminal.standard
        if !options.format.isJSON {
            terminal.line("\(terminal.style.cyan("started")) \(terminal.style.bold(shortName(execution)))")
        }
        let ended = try await ExecutionWatch(client: client, executionARN: execution)
            .untilEnd(quiet: options.format.isJSON)
        try ExecutionWatch.conclude(ended, format: options.format)
    }

    private func isExpress(_ arn: String, _ client: BatonClient) async throws(CommandError) -> Bool {
        // Versions and aliases are of their machine's type, and an alias cannot be described as a machine.
        let machine = arn.split(separator: ":", omittingEmptySubsequences: false).prefix(7).joined(separator: ":")
        let description = try await client.call("DescribeStateMachine", ["stateMachineArn": .string(machine)])
        return description["type"]?.stringValue == "EXPRESS"
    }
}
