import JSONValue

/// Definitions of which one state is to be tested, with stand-ins for what it calls: they may ask for more than Baton
/// can run by itself.
extension StateMachineDefinition {
    /// The name of a state that was given without a machine around it.
    package static let fragmentName = "StateName"

    /// A machine made of a state that was given by itself. What the state leads to need not be there.
    package static func compileForTest(state text: String) throws(InvalidDefinition) -> StateMachineDefinition {
        // Whatever is wrong with the text is found before something is put around it.
        do throws(JSONError) {
            _ = try JSON(parsing: text)
        } catch {
            return try required(decode(text, type: .standard))
        }
        let machine = #"{"StartAt":"\#(fragmentName)","States":{"\#(fragmentName)":\#(text)}}"#
        return try required(decode(machine, type: .standard, isFragment: true))
    }

    package static func compileForTest(machine text: String) throws(InvalidDefinition) -> StateMachineDefinition {
        try required(decode(text, type: .standard))
    }

    private static func required(
        _ decoded: (definition: StateMachineDefinition?, diagnostics: [Diagnostic])
    ) throws(InvalidDefinition) -> StateMachineDefinition {
        guard let definition = decoded.definition else {
            throw InvalidDefinition(diagnostics: decoded.diagnostics.filter { $0.severity == .error })
        }
        return definition
    }

    /// The state of this name, wherever it is: names are one scope.
    package func state(named name: String) -> State? {
        var found: State?
        states.forEachState { state in
            if state.name.utf8.elementsEqual(name.utf8) { found = state }
        }
        return found
    }
}
