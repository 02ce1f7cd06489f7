import ArgumentParser
import JSONValue
import JSONata

extension EvaluationRequest.Language: ExpressibleByArgument {}

extension EvaluationRequest.Level: ExpressibleByArgument {}

struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluate an expression: JSONata, JSONPath or an intrinsic function.",
        discussion: """
            Needs no server. Prints the result as JSON. Exit status 1 means that the expression is wrong or failed; \
            nothing, which JSONata tells from null, prints nothing and is no failure.
            """
    )

    @Argument(help: "The expression, without {% %}.")
    var expression: String?

    @Option(help: "jsonata, jsonpath or intrinsic.")
    var language = EvaluationRequest.Language.jsonata

    @Option(
        name: [.short, .long],
        help: "The document: JSON, a file's name, or - for standard input. Without it there is none.")
    var input: String?

    @Option(
        help: ArgumentHelp(
            "A variable; the name $$ is the context object of paths. May be repeated.", valueName: "name=json"))
    var bind: [String] = []

    @Option(help: "The release of JSONata: 2.2, or 2.0.6, which is the default with --states.")
    var level: EvaluationRequest.Level?

    @Flag(help: "JSONata as in a state: with $partition, $range, $hash, $uuid and $parse, without $eval.")
    var states = false

    @Option(help: ArgumentHelp("How long JSONata may take.", valueName: "ms"))
    var timeLimit = EvaluationRequest.defaultTimeLimit

    @Option(help: ArgumentHelp("How deep JSONata may nest calls (default: as the stack allows).", valueName: "levels"))
    var depth: Int?

    @Flag(help: "Read a request per line from standard input, and write an answer per line.")
    var batch = false

    @Option(
        help: ArgumentHelp("Measure the cases of a benchmark: its folder, or its cases.json.", valueName: "file"),
        completion: .file())
    var bench: String?

    @OptionGroup var format: OutputOptions

    func validate() throws {
        let uses = (expression == nil ? 0 : 1) + (batch ? 1 : 0) + (bench == nil ? 0 : 1)
        guard uses == 1 else { throw ValidationError("Give an expression, or --batch, or --bench.") }
        guard timeLimit > 0, depth ?? 1 > 0 else { throw ValidationError("--time-limit and --depth are positive.") }
    }

    func run() throws {
        if batch { return try LargeStack.run { () throws(CommandError) in BatchEvaluation.run() } }
        if let bench {
            let report = try LargeStack.run { () throws(CommandError) in try EvaluationBenchmark(path: bench).run() }
            if format.isJSON { format.printJSON(report.json) } else { report.print() }
            if !report.isCorrect { throw ExitCode(ExitStatus.failed.rawValue) }
            return
        }
        let request = try request()
        // Deep values are written, and released, where the stack is as large as they need.
        let isAnswered = try LargeStack.run { () throws(CommandError) in show(request.answer(), request.expression) }
        if !isAnswered { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func request() throws(CommandError) -> EvaluationRequest {
        var request = EvaluationRequest(expression ?? "")
        request.language = language
        request.dialect = states ? .statesLanguage : .jsonata
        request.level = level ?? (states ? .v206 : .v22)
        request.timeLimit = timeLimit
        if let depth { request.depth = depth }
        if let input { request.input = try document(input) }
        for binding in bind {
            guard let equals = binding.firstIndex(of: "="), equals > binding.startIndex else {
                throw CommandError(.usage, "--bind '\(binding)' is not NAME=JSON.")
            }
            var name = String(binding[..<equals])
            // With its $ or without.
            if name.count > 1, name.hasPrefix("$") { name.removeFirst() }
            let text = String(binding[binding.index(after: equals)...])
            guard let value = try? JSON(parsing: text) else {
                throw CommandError(
                    .usage, "--bind \(name): \(text) is not JSON. A text has its quotes: --bind '\(name)=\"text\"'.")
            }
            request.bindings[name] = value
        }
        return request
    }

    /// What is JSON is the document; anything else names it.
    private func document(_ argument: String) throws(CommandError) -> JSON {
        if argument != "-", !argument.hasPrefix("@"), let value = try? JSON(parsing: argument) { return value }
        let path = argument.hasPrefix("@") ? String(argument.dropFirst()) : argument
        // A text that is meant to be JSON is told what is wrong with it.
        let looksLikeJSON = argument.first.map { "{[\"".contains($0) } ?? true
        let text = looksLikeJSON ? argument : try InputFile.text(path)
        do throws(JSONError) {
            return try JSON(parsing: text)
        } catch {
            let place = error.position(in: text)
            throw CommandError(
                .usage,
                "\(looksLikeJSON ? "--input" : path) is not JSON: \(error.message) at line \(place.line), column "
                    + "\(place.column).")
        }
    }

    private func show(_ answer: EvaluationAnswer, _ expression: String) -> Bool {
        let terminal = Terminal.standard
        switch answer {
        case .value(let value):
            terminal.line(
                terminal.isInteractive && !format.isJSON ? value.prettyPrinted() : value.serialized())
        case .nothing:
            terminal.error("The result is nothing (undefined).")
        case .function:
            terminal.error("The result is a function: call it to see what it gives.")
        case .problem(let problem):
            if format.isJSON {
                terminal.error(JSON.object(["error": problem.json]).serialized())
            } else {
                terminal.fail("\(problem.code): \(problem.message)")
                for line in problem.excerpt(of: expression, terminal.errorStyle) { terminal.error(line) }
            }
            return false
        }
        return true
    }
}
