/// One finding about a definition.
package struct Diagnostic: Sendable, Hashable {
    package enum Severity: String, Sendable { case error = "ERROR", warning = "WARNING" }

    package var severity: Severity
    /// AWS's code: `SCHEMA_VALIDATION_FAILED`, `MISSING_TRANSITION_TARGET`, `INVALID_JSON_DESCRIPTION`, …
    package var code: String
    package var message: String
    /// Where, as AWS writes it: `/States/A/Catch[0]/Next`; `/` is the definition itself. Empty where AWS gives no
    /// location: it concerns the definition as a whole.
    package var location: String
    /// The same as a JSON Pointer (RFC 6901): `/States/A/Catch/0/Next`.
    package var pointer: String
    /// 1-based; nil where the definition was not given as text.
    package var line: Int?
    package var column: Int?

    package init(
        severity: Severity = .error, code: String, message: String, location: String, pointer: String = "",
        line: Int? = nil, column: Int? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.location = location
        self.pointer = pointer
        self.line = line
        self.column = column
    }
}

extension Diagnostic {
    /// The codes in use. All but ``notSupported`` are AWS's.
    package enum Code {
        package static let invalidJSON = "INVALID_JSON_DESCRIPTION"
        package static let missingDescription = "MISSING_DESCRIPTION"
        package static let schema = "SCHEMA_VALIDATION_FAILED"
        package static let missingTarget = "MISSING_TRANSITION_TARGET"
        package static let missingEndState = "MISSING_END_STATE"
        package static let duplicateStateName = "DUPLICATE_STATE_NAME"
        package static let invalidStateName = "INVALID_STATE_NAME"
        package static let invalidLabelName = "INVALID_LABEL_NAME"
        package static let duplicateLabelName = "DUPLICATE_LABEL_NAME"
        package static let invalidExpression = "INVALID_JSONATA_EXPRESSION"
        package static let unsupportedExpression = "UNSUPPORTED_JSONATA_EXPRESSION"
        package static let duplicateVariableName = "DUPLICATE_VARIABLE_NAME"
        package static let tooDeeplyNested = "TOO_DEEPLY_NESTED"
        /// Valid for AWS, but beyond what Baton can run.
        package static let notSupported = "NOT_SUPPORTED"

        package static let noDollar = "NO_DOLLAR"
        package static let passResultIsStatic = "PASS_RESULT_IS_STATIC"
        package static let unknownErrorName = "UNKNOWN_ERROR_NAME"
        package static let possiblyUndefinedVariable = "POSSIBLY_UNDEFINED_VARIABLE"
    }
}

/// A definition was refused; every problem found is listed.
package struct InvalidDefinition: Error, Sendable {
    package var diagnostics: [Diagnostic]
    package init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}

extension InvalidDefinition: CustomStringConvertible {
    /// The text of AWS's `InvalidDefinition` error, with every problem in one line.
    package var awsMessage: String {
        let findings = diagnostics.map { finding in
            // Without a location AWS prints Java's null.
            "\(finding.code): \(finding.message) at \(finding.location.isEmpty ? "null" : finding.location)"
        }
        return "Invalid State Machine Definition: '\(findings.joined(separator: ", "))'"
    }

    package var description: String { awsMessage }
}
