import JSONValue

/// `Assign`, and the names that it gives.
///
/// A block is a scope. Its states see the variables of the blocks around it, but give other names to their own, so
/// that nothing is hidden and nobody writes what is not theirs. What a block around it assigns only afterwards, as the
/// Catcher of a Parallel state does, is no variable yet, and its name is free.
extension DefinitionDecoder {
    /// Characters of a variable's name.
    static let maximumVariableName = 80

    /// - Parameters:
    ///   - place: The object's place within the state: `Catch[0]/`.
    ///   - fields: What expressions may use of `$states`.
    mutating func assign(
        _ object: SourceNode, _ language: QueryLanguage, at place: String = "", using fields: StatesFields = []
    ) -> Template? {
        guard let node = object["Assign"] else { return nil }
        guard node.isObject else {
            report("Expected value of type Object", at: node)
            return nil
        }
        for (key, member) in node.members { checkVariableName(Self.variableName(key, language), at: member) }
        return template(object, "Assign", language, at: place, using: fields)
    }

    private mutating func checkVariableName(_ name: String, at node: SourceNode) {
        guard Self.isVariableName(name) else {
            report(
                "'\(name)' is not a valid variable name: it must begin with a letter and hold nothing but letters, "
                    + "digits and underscores, at most \(Self.maximumVariableName) of them", at: node)
            return
        }
        if name == "states" { report("The variable name 'states' is reserved", at: node) }
        if variableScopes.dropLast().contains(where: { $0.contains(name) }) {
            report(
                "The variable name '\(name)' was already defined in a parent scope.", at: node,
                code: Code.duplicateVariableName)
        }
    }

    /// By the rules for identifiers in Unicode Standard Annex 31.
    private static func isVariableName(_ name: String) -> Bool {
        let scalars = name.unicodeScalars
        guard let first = scalars.first, first.properties.isIDStart, scalars.count <= maximumVariableName else {
            return false
        }
        return scalars.allSatisfy(\.properties.isIDContinue)
    }

    /// Notes a reference to a variable, and warns if nothing assigns it on any way to the state.
    mutating func checkVariable(_ name: String, at node: SourceNode) {
        if let state = statePath.last { variableReferences[state, default: []].insert(name) }
        guard !variableScopes.contains(where: { $0.contains(name) }) else { return }
        report(
            "Variable '\(name)' is possibly not defined.", at: node, code: Code.possiblyUndefinedVariable,
            severity: .warning)
    }

    /// What the states of a block may find assigned when they are entered.
    func assignmentFlow(of states: [(key: String, node: SourceNode)]) -> AssignmentFlow {
        AssignmentFlow(states: states) { object, state in
            let language = state["QueryLanguage"]?.value.stringValue.flatMap(QueryLanguage.init) ?? machineLanguage
            return Set((object["Assign"]?.members ?? []).map { Self.variableName($0.key, language) })
        }
    }

    private static func variableName(_ key: String, _ language: QueryLanguage) -> String {
        language == .jsonPath && key.hasSuffix(".$") ? String(key.dropLast(2)) : key
    }
}
