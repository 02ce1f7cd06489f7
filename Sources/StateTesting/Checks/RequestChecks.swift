import Interpreter
import JSONValue
import StatesLanguage

extension StateTestRequest {
    /// What can be told without looking at the definition.
    func checkCombination() throws(StateTestError) {
        guard let mock else {
            let fields = [
                ("Context", context != nil),
                ("RetrierRetryCount", configuration.retrierRetryCount != nil),
                ("ErrorCausedByState", configuration.errorCausedByState != nil),
                ("MapIterationFailureCount", configuration.mapIterationFailureCount != nil),
                ("MapItemReaderData", configuration.mapItemReaderData != nil),
            ]
            if let field = fields.first(where: \.1)?.0 {
                throw StateTestError(
                    .invalidRequest, "TestState does not support \(field) when a mock is not specified.")
            }
            return
        }
        switch (mock.result, mock.error) {
        case (.some, .some):
            throw StateTestError(
                .invalidRequest, "A test mock should have only one of the following fields: [result, errorOutput].")
        case (nil, nil):
            throw StateTestError(
                .invalidRequest, "A test mock should have one of the following fields: [result, errorOutput].")
        case (nil, let error?) where error.error == nil:
            throw StateTestError(.invalidRequest, "The errorOutput of a test mock should have the field 'error'.")
        default: break
        }
        if revealSecrets {
            throw StateTestError(.invalidRequest, "TestState does not support RevealSecrets when a mock is specified.")
        }
    }

    /// What kinds of states can be tested with a mock, and what without.
    func checkSupport(of subject: TestSubject) throws(StateTestError) {
        let type = subject.state.typeName
        switch (subject.state.kind, mock) {
        case (.map, nil), (.parallel, nil):
            throw StateTestError(
                .invalidDefinition,
                "TestState API does not support Map or Parallel states. Supported state types include: "
                    + "[Task, Wait, Pass, Succeed, Fail, Choice]")
        case (.task(let task), nil):
            guard roleARN != nil else {
                throw StateTestError(.invalidRequest, "RoleArn must be specified when testing a Task state")
            }
            try checkCallable(task.resource)
        case (.task, .some), (.map, .some), (.parallel, .some): try checkOrigin(of: subject)
        case (_, .some):
            throw StateTestError(.invalidRequest, "State type '\(type)' is not supported when a mock is specified")
        case (_, nil): break
        }
    }

    private func checkCallable(_ resource: TaskResource) throws(StateTestError) {
        if case .activity = resource.target {
            throw StateTestError(
                .invalidDefinition, "TestState API does not support Activity tasks when a mock is not specified.")
        }
        guard resource.pattern == .requestResponse else {
            throw StateTestError(
                .invalidDefinition,
                "TestState API does not support the '\(resource.pattern.suffix)' service integration pattern when a "
                    + "mock is not specified.")
        }
    }

    /// ErrorCausedByState has to be a state within the one under test.
    private func checkOrigin(of subject: TestSubject) throws(StateTestError) {
        guard let name = configuration.errorCausedByState, !subject.state.blocks.isEmpty else { return }
        var isKnown = false
        for block in subject.state.blocks {
            block.forEachState { if $0.name.utf8.elementsEqual(name.utf8) { isKnown = true } }
        }
        guard isKnown else {
            throw StateTestError(
                .invalidRequest,
                "The state in ErrorCausedByState is not a state within the \(subject.state.typeName) state")
        }
    }

    /// More iterations cannot fail than there are.
    func checkFailureCount(_ record: InspectionRecord) throws(StateTestError) {
        guard let failures = configuration.mapIterationFailureCount, let items = record.plan?.items,
            failures > items.count
        else { return }
        throw StateTestError(
            .invalidRequest,
            "MapIterationFailureCount (\(failures)) exceeds the number of items of the Map state (\(items.count))")
    }

    func parsedVariables() throws(StateTestError) -> JSONObject {
        guard let variables else { return JSONObject() }
        guard case .object(let object)? = try? JSON(parsing: variables) else {
            throw StateTestError(.invalidRequest, "Invalid Variables provided: must be a JSON object")
        }
        return object
    }
}
