import JSONValue
import StatesLanguage

/// Findings as a compiler prints them: `file:line:column: error CODE message`, the line, and a caret below it.
struct DiagnosticReport {
    let path: String
    let source: String
    let diagnostics: [Diagnostic]

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    func lines(_ style: Style) -> [String] {
        let sourceLines = source.split(separator: "\n", omittingEmptySubsequences: false)
        return diagnostics.flatMap { finding -> [String] in
            var place = path
            if let line = finding.line { place += ":\(line):\(finding.column ?? 1)" }
            let severity = finding.severity == .error ? style.red("error") : style.yellow("warning")
            let location = finding.location.isEmpty || finding.location == "/" ? "" : " (\(finding.location))"
            var lines = ["\(style.bold(place + ":")) \(severity) \(finding.code) \(finding.message)\(location)"]
            guard let line = finding.line, sourceLines.indices.contains(line - 1) else { return lines }
            let text = sourceLines[line - 1].filter { $0 != "\r" }
            let column = min(max(1, finding.column ?? 1), text.count + 1)
            // A line of minified JSON is of no use as a whole.
            let start = max(0, column - 61)
            let shown = text.dropFirst(start).prefix(100).map { $0 == "\t" ? " " : $0 }
            lines.append("    " + String(shown))
            lines.append("    " + String(repeating: " ", count: column - 1 - start) + style.green("^"))
            return lines
        }
    }

    var json: JSON {
        .array(
            diagnostics.map { finding in
                .object([
                    "severity": .string(finding.severity.rawValue), "code": .string(finding.code),
                    "message": .string(finding.message), "location": .string(finding.location),
                    "pointer": .string(finding.pointer), "line": finding.line.map { .int(Int64($0)) } ?? .null,
                    "column": finding.column.map { .int(Int64($0)) } ?? .null,
                ])
            })
    }
}
