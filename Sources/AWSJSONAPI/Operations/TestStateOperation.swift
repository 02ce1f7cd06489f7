import Interpreter
import JSONValue
import Orchestrator
import StateTesting
import StatesLanguage

/// TestState: one state by itself, with mocks or for real. What it checks and shows is `StateTesting`'s; here is what
/// that may not do: read the clock, wait, and have a Task's call made.
extension OperationTable {
    var testStateOperations: [String: Operation] {
        [
            "TestState": Operation(
                members: [
                    .required("definition", .definition), .optional("roleArn", .arn), .optional("input", .payload),
                    .optional("inspectionLevel", .values(StateTestReport.Level.allCases.map(\.rawValue))),
                    .optional("revealSecrets", .boolean), .optional("variables", .payload),
                    .optional("stateName", .string(1...80, sensitive: true)), .optional("mock", .mock),
                    .optional("context", .payload), .optional("stateConfiguration", .testStateConfiguration),
                ], handle: testState)
        ]
    }

    @Sendable private func testState(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let level = fields.string("inspectionLevel").flatMap(StateTestReport.Level.init) ?? .info
        let owner = catalog.identity
        let prefix = "arn:\(owner.partition):states:\(owner.region):\(owner.account)"
        let now = tokens.clock()
        let request = try request(fields)
        var random = SystemRandomNumberGenerator()
        var test: StateTest
        do throws(StateTestError) {
            test = try StateTest(
                request,
                identity: .ofTest(
                    prefix: prefix, machine: RandomUUID.make(), name: RandomUUID.make(), at: now), at: now,
                using: &random)
        } catch {
            throw ServiceError(error)
        }
        switch test.need {
        case .nothing: break
        case .time(let due): try await wait(for: &test, until: due, from: now, call)
        case .call(let wanted):
            let task = PassingTask(
                wanted, roleARN: request.roleARN ?? "", prefix: prefix, at: now)
            let ended = try await engine.runOnce(task.machine, input: task.input)
            let answer = PassingTask.answer(ended)
            test.answer(answer, at: tokens.clock(), using: &random)
        }
        return Reply(test.report.json(level: level))
    }

    /// A test takes no longer than five minutes, as with AWS.
    private func wait(
        for test: inout StateTest, until due: Timestamp, from start: Timestamp, _ call: Call
    ) async throws(ServiceError) {
        let limit: Int64 = 300_000
        let wanted = due.milliseconds - start.milliseconds
        guard await polls.pause(for: .milliseconds(min(wanted, limit)), hangUp: call.hangUp) else {
            throw ServiceError(.serviceUnavailable, "The server shuts down")
        }
        var random = SystemRandomNumberGenerator()
        if wanted > limit {
            test.timeOut()
        } else {
            test.timePassed(at: tokens.clock(), using: &random)
        }
    }

    private func request(_ fields: Fields) throws(ServiceError) -> StateTestRequest {
        if let role = fields.string("roleArn"), !role.hasPrefix("arn:") {
            throw StatesARN.invalid("Invalid ARN prefix: \(role)")
        }
        var request = StateTestRequest(definition: fields.required("definition"), stateName: fields.string("stateName"))
        request.inputText = fields.string("input")
        if let text = request.inputText {
            do throws(JSONError) {
                request.input = try JSON(parsing: text)
            } catch {
                throw ServiceError(.invalidExecutionInput, InvalidInput.message(for: text, error))
            }
        }
        request.variables = fields.string("variables")
        request.context = fields.string("context")
        request.roleARN = fields.string("roleArn")
        request.revealSecrets = fields.boolean("revealSecrets") ?? false
        if let mock = fields.fields("mock") {
            request.mock = StateTestRequest.Mock(
                result: mock.string("result"),
                error: mock.fields("errorOutput").map { output in
                    StateTestRequest.MockedError(error: output.string("error"), cause: output.string("cause"))
                },
                validation: mock.string("fieldValidationMode").flatMap(StateTestRequest.Validation.init) ?? .strict)
        }
        if let configuration = fields.fields("stateConfiguration") {
            request.configuration.retrierRetryCount = configuration.integer("retrierRetryCount")
            request.configuration.errorCausedByState = configuration.string("errorCausedByState")
            request.configuration.mapIterationFailureCount = configuration.integer("mapIterationFailureCount")
            request.configuration.mapItemReaderData = configuration.string("mapItemReaderData")
        }
        return request
    }
}

extension Shape {
    fileprivate static let mock = Shape.structure([
        .optional("result", payload),
        .optional("errorOutput", .structure([.optional("error", errorName), .optional("cause", cause)])),
        .optional("fieldValidationMode", .values(StateTestRequest.Validation.allCases.map(\.rawValue))),
    ])

    fileprivate static let testStateConfiguration = Shape.structure([
        .optional("retrierRetryCount", .integer(0...Int64(Int32.max))),
        .optional("errorCausedByState", .string(1...80, sensitive: true)),
        .optional("mapIterationFailureCount", .integer(0...Int64(Int32.max))),
        .optional("mapItemReaderData", payload),
    ])
}

extension ServiceError {
    fileprivate init(_ error: StateTestError) {
        switch error.code {
        case .invalidRequest: self.init(.validation, error.message)
        case .invalidDefinition: self.init(.invalidDefinition, error.message)
        }
    }
}
