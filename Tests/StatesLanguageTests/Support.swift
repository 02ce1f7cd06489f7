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

/// SplitMix64: repeatable random numbers.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
