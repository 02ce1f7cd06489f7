import StatesLanguage

/// The state under test.
struct TestSubject {
    let state: State

    init(of request: StateTestRequest) throws(StateTestError) {
        let definition: StateMachineDefinition
        do throws(InvalidDefinition) {
            definition =
                request.stateName == nil
                ? try .compileForTest(state: request.definition) : try .compileForTest(machine: request.definition)
        } catch {
            throw StateTestError(.invalidDefinition, error.awsMessage)
        }
        guard let state = definition.state(named: request.stateName ?? StateMachineDefinition.fragmentName) else {
            throw StateTestError(.invalidRequest, "State not found in definition")
        }
        self.state = state
    }
}
