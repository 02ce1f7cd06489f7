import ArgumentParser
import JSONValue

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stop", abstract: "Stop a running execution.")

    @Argument(help: "An ARN, MACHINE:EXECUTION, an execution's name, or a machine's name for its latest execution.")
    var execution: String

    @Option(help: "The error's name, for the history.")
    var error: String?

    @Option(help: "Why, for the history.")
    var cause: String?

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let arn = try await client.executionARN(execution)
        var body: JSONObject = ["executionArn": .string(arn)]
        if let error { body["error"] = .string(error) }
        if let cause { body["cause"] = .string(cause) }
        let answer = try await client.call("StopExecution", body)
        if options.format.isJSON { return options.format.printJSON(answer) }
        Terminal.standard.line("stopped \(Terminal.standard.style.bold(shortName(arn)))")
    }
}
