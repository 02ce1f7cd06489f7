import ArgumentParser
import JSONValue

struct RedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive", abstract: "Take a failed, stopped or timed-out execution up again where it stopped.")

    @Argument(help: "An ARN, MACHINE:EXECUTION, an execution's name, or a machine's name for its latest execution.")
    var execution: String

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let arn = try await client.executionARN(execution)
        let answer = try await client.call("RedriveExecution", ["executionArn": .string(arn)])
        if options.format.isJSON { return options.format.printJSON(answer) }
        Terminal.standard.line("redriven \(Terminal.standard.style.bold(shortName(arn)))")
    }
}
