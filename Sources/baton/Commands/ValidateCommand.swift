import ArgumentParser
import JSONValue
import StatesLanguage

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check definitions, without a server.",
        discussion: "Prints every finding with its place. Exit status 1 means that a definition is invalid."
    )

    @Argument(help: "Definitions in JSON (.asl.json) or YAML; - reads standard input.", completion: .file())
    var files: [String]

    @Flag(help: "Check what EXPRESS state machines may contain.")
    var express = false

    @Option(help: "The release of JSONata: 2.0.6, as on AWS, or 2.2 (default: BATON_JSONATA_LEVEL, else 2.0.6).")
    var jsonataLevel: EvaluationRequest.Level?

    enum Format: String, ExpressibleByArgument, CaseIterable, Sendable {
        case text, json, sarif
    }

    @Option(name: [.short, .long], help: "text for people, json for scripts, sarif (2.1.0) for code scanning.")
    var output: Format = .text

    func run() async throws {
        var failed = false
        var results: [JSON] = []
        var reports: [DiagnosticReport] = []
        let terminal = Terminal.standard
        let configured = environmentValue("BATON_JSONATA_LEVEL").flatMap(EvaluationRequest.Level.init(rawValue:))
        let level = jsonataLevel ?? configured ?? .v206
        for path in files {
            let file = try DefinitionFile(path: path)
            let report = DiagnosticReport(
                path: path, source: file.source,
                diagnostics: file.diagnostics(
                    type: express ? .express : .standard, support: .current.at(level.compatibility)))
            failed = failed || report.hasErrors
            reports.append(report)
            if output == .sarif { continue }
            if output == .json {
                results.append(
                    .object([
                        "file": .string(path), "valid": .bool(!report.hasErrors), "diagnostics": report.json,
                    ]))
                continue
            }
            for line in report.lines(terminal.style) { terminal.line(line) }
            if !report.hasErrors { terminal.line("\(path): \(terminal.style.green("valid"))") }
        }
        switch output {
        case .text: break
        case .json: terminal.line(JSON.array(results).prettyPrinted())
        case .sarif: terminal.line(SARIFLog(reports: reports).json.prettyPrinted())
        }
        if failed { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}
