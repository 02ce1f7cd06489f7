import StatesLanguage
import Testing

/// A finding in the form in which the tables of these tests write it: `CODE: message @ location line:column`.
func summary(_ finding: Diagnostic) -> String {
    let place = finding.line.map { line in " \(line):\(finding.column ?? 0)" } ?? ""
    let location = finding.location.isEmpty ? "-" : finding.location
    return "\(finding.code): \(finding.message) @ \(location)\(place)"
}

/// Findings of severity ERROR.
func errors(in text: String, type: StateMachineType = .standard) -> [String] {
    StateMachineDefinition.validate(text, type: type).diagnostics.filter { $0.severity == .error }.map(summary)
}

/// A machine of one state `A`, whose fields are given on line 2 of the text.
func machine(_ fields: String, others: String = "") -> String {
    """
    {"StartAt": "A", "States": {"A": {
    \(fields)
    }\(others)}}
    """
}

/// Fails the running test.
func wrong(_ message: String, at location: SourceLocation = #_sourceLocation) {
    Issue.record(Comment(rawValue: message), sourceLocation: location)
}
