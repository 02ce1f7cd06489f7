import ArgumentParser
import JSONValue

enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text, json
}

/// How to write what a command found out.
struct OutputOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "text for people, json for scripts.")
    var output: OutputFormat = .text

    var isJSON: Bool { output == .json }

    func printJSON(_ value: JSON) { Terminal.standard.line(value.prettyPrinted()) }
}

/// Where the server is. Every command that talks to one takes these.
struct ClientOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The server's address (BATON_ENDPOINT; default: \(Endpoint.standard)).", valueName: "url"))
    var endpoint: String?

    @OptionGroup
    var format: OutputOptions

    func client() throws(CommandError) -> BatonClient {
        BatonClient(endpoint: try Endpoint(endpoint ?? environmentValue("BATON_ENDPOINT") ?? Endpoint.standard))
    }
}
