import JSONValue

/// What a state machine is created as; EXPRESS allows fewer kinds of tasks.
package enum StateMachineType: String, Sendable, CaseIterable {
    case standard = "STANDARD"
    case express = "EXPRESS"
}

extension StateMachineDefinition {
    /// Decodes and checks a definition in the Amazon States Language.
    ///
    /// - Parameter support: What may be in it, such as the release of JSONata.
    /// - Throws: ``InvalidDefinition`` with every error found, in the order of the text as far as possible. Warnings
    ///   never refuse a definition; ``validate(_:type:)`` tells them.
    package static func compile(
        _ text: String, type: StateMachineType = .standard, support: LanguageSupport = .current
    ) throws(InvalidDefinition) -> StateMachineDefinition {
        let (definition, diagnostics) = validate(text, type: type, support: support)
        guard let definition else {
            throw InvalidDefinition(diagnostics: diagnostics.filter { $0.severity == .error })
        }
        return definition
    }

    /// All findings about a definition, warnings included; the definition is nil exactly if one of them is an error.
    package static func validate(
        _ text: String, type: StateMachineType = .standard, support: LanguageSupport = .current
    ) -> (definition: StateMachineDefinition?, diagnostics: [Diagnostic]) {
        decode(text, type: type, support: support)
    }

    /// - Parameter isFragment: Whether the machine is made of one state, so that what it leads to is not there.
    static func decode(
        _ text: String, type: StateMachineType, support: LanguageSupport = .current, isFragment: Bool = false
    ) -> (definition: StateMachineDefinition?, diagnostics: [Diagnostic]) {
        guard text.utf8.contains(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
            let finding = Diagnostic(
                code: Diagnostic.Code.missingDescription, message: "The definition is empty", location: "", line: 1,
                column: 1)
            return (nil, [finding])
        }
        let source: PositionedJSON
        do throws(JSONError) {
            source = try PositionedJSON.parse(text)
        } catch {
            let place = error.position(in: text)
            let finding = Diagnostic(
                code: Diagnostic.Code.invalidJSON,
                message: "\(error.message) (line \(place.line), column \(place.column))", location: "",
                line: place.line, column: place.column)
            return (nil, [finding])
        }
        var decoder = DefinitionDecoder(source: source, type: type, support: support)
        decoder.isFragment = isFragment
        let definition = decoder.machine()
        let isValid = !decoder.diagnostics.contains { $0.severity == .error }
        return (isValid ? definition : nil, decoder.diagnostics)
    }
}
