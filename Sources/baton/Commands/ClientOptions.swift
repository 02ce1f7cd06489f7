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

    @Option(
        help: ArgumentHelp(
            "Sign with the keys of this section of the credentials file (AWS_PROFILE; default: AWS_ACCESS_KEY_ID and "
                + "AWS_SECRET_ACCESS_KEY, else the section default).",
            valueName: "name"))
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "Trust servers whose certificates these have signed (PEM; AWS_CA_BUNDLE).", valueName: "file"),
        completion: .file())
    var ca: String?

    @OptionGroup
    var format: OutputOptions

    func client() throws(CommandError) -> BatonClient {
        BatonClient(
            endpoint: try Endpoint(endpoint ?? environmentValue("BATON_ENDPOINT") ?? Endpoint.standard),
            signer: try ClientCredentials.find(profile: profile, environment: environmentValue),
            authorities: ca ?? environmentValue("AWS_CA_BUNDLE"))
    }
}
