import ArgumentParser
import Interpreter
import JSONValue
import Orchestrator
import StateTesting
import StatesLanguage
import Telemetry

extension StateTestReport.Level: ExpressibleByArgument {
    init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}

extension StateTestRequest.Validation: ExpressibleByArgument {
    init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}

struct TestStateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test-state",
        abstract: "Run one state of a definition, with mocks for what it calls.",
        discussion: """
            Needs no server: nothing is called and nothing is waited for. It is what TestState does, and shows each \
            step of the data on its way. Exit status 1 means that the state failed, or would be tried again.
            """
    )

    @Argument(help: "A state machine or a single state, in JSON or YAML; - reads standard input.", completion: .file())
    var file: String

    @Option(help: "The state, wherever it is in the machine (default: the one that the machine begins with).")
    var state: String?

    @Option(name: [.short, .long], help: "The state's input: JSON, @FILE, or - (default: {}).")
    var input: String?

    @Option(help: "The result of what a Task, Parallel or Map state does: JSON, @FILE, or -.")
    var mock: String?

    @Option(help: "The error that it ends with instead.")
    var mockError: String?

    @Option(help: "The cause of that error.")
    var mockCause: String?

    @Option(help: "How closely --mock has to be what the service answers: strict, present or none.")
    var validation = StateTestRequest.Validation.strict

    @Option(help: "The variables that the state sees: a JSON object, or @FILE.")
    var variables: String?

    @Option(help: "The context object, instead of one that is made up: JSON, or @FILE. Needs a mock.")
    var context: String?

    @Option(help: ArgumentHelp("How often the state was tried again before.", valueName: "count"))
    var retries: Int?

    @Option(help: ArgumentHelp("How many iterations of a Map failed.", valueName: "count"))
    var failedIterations: Int?

    @Option(help: "The state within a Map or Parallel that the error comes from.")
    var errorCausedBy: String?

    @Option(help: ArgumentHelp("What a Map's ItemReader reads.", valueName: "file"), completion: .file())
    var readerData: String?

    @Option(name: .customLong("inspection-level"), help: "info, debug or trace.")
    var level = StateTestReport.Level.debug

    @OptionGroup var format: OutputOptions

    func validate() throws {
        guard mockCause == nil || mockError != nil else { throw ValidationError("--mock-cause needs --mock-error.") }
    }

    func run() throws {
        let request = try request()
        let hasSucceeded = try LargeStack.run { () throws(CommandError) in try test(request) }
        if !hasSucceeded { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func request() throws(CommandError) -> StateTestRequest {
        let text = try DefinitionFile(path: file).json
        var request = StateTestRequest(definition: text, stateName: state)
        if state == nil, let machine = try? JSON(parsing: text), machine["States"] != nil {
            request.stateName = machine["StartAt"]?.stringValue
        }
        if let text = try input.map(option("--input")) ?? nil, let value = try? JSON(parsing: text) {
            request.input = value
            request.inputText = text
        }
        request.variables = try variables.map(option("--variables")) ?? nil
        request.context = try context.map(option("--context")) ?? nil
        if mock != nil || mockError != nil {
            request.mock = StateTestRequest.Mock(
                result: try mock.map(option("--mock")) ?? nil,
                error: mockError.map { StateTestRequest.MockedError(error: $0, cause: mockCause) },
                validation: validation)
        } else {
            // Without one a Task would be refused before it could show what it calls.
            request.roleARN = "arn:aws:iam::000000000000:role/test"
        }
        request.configuration.retrierRetryCount = retries
        request.configuration.mapIterationFailureCount = failedIterations
        request.configuration.errorCausedByState = errorCausedBy
        if let readerData { request.configuration.mapItemReaderData = try InputFile.text(readerData) }
        return request
    }

    private func option(_ name: String) -> (String) throws(CommandError) -> String {
        { argument throws(CommandError) in try InputFile.json(argument, option: name) }
    }

    private func test(_ request: StateTestRequest) throws(CommandError) -> Bool {
        let now = WallTime.now()
        var random = SystemRandomNumberGenerator()
        var test: StateTest
        do throws(StateTestError) {
            let identity = ExecutionIdentity.ofTest(
                prefix: "arn:aws:states:us-east-1:000000000000", machine: RandomUUID.make(), name: RandomUUID.make(),
                at: now)
            test = try StateTest(request, identity: identity, at: now, using: &random)
        } catch {
            throw CommandError(.failed, error.message)
        }
        var remark: String?
        switch test.need {
        case .nothing: break
        case .time(let due):
            remark = "The state would wait until \(due.rfc3339)."
            test.timePassed(at: due, using: &random)
        case .call(let call):
            let parameters = call.parameters.serialized()
            throw CommandError(
                .failed,
                "The state would call \(call.resource.arn) with \(parameters): say what comes of it, with --mock JSON "
                    + "or --mock-error NAME.")
        }
        let report = test.report
        if format.isJSON {
            format.printJSON(report.json(level: level))
        } else {
            let shown = StateTestView(report: report, level: level, name: request.stateName ?? "the state")
            for line in shown.lines(Terminal.standard.style) { Terminal.standard.line(line) }
            if let remark { Terminal.standard.line(remark) }
        }
        return report.status == .succeeded || report.status == .caught
    }
}
