import JSONValue
import StateTesting

/// What came of a state's test, for people: how it ended, and below that its data, step by step.
struct StateTestView {
    let report: StateTestReport
    let level: StateTestReport.Level
    let name: String

    /// Data that fits stays on the line of its name.
    private static let width = 80

    func lines(_ style: Style) -> [String] {
        var head = "\(style.bold(name)): \(status(style))"
        if let next = report.nextState { head += " → \(style.bold(next))" }
        var lines = [head]
        if let error = report.error {
            lines.append("  \(style.red(error))\(report.cause.map { ": \($0)" } ?? "")")
        } else if let cause = report.cause {
            lines.append("  \(cause)")
        }
        var rows: [(name: String, value: JSON)] = []
        if level != .info {
            rows = report.inspection.map { observation in
                switch observation.value {
                case .data(let value), .figure(let value): (observation.name, value)
                }
            }
        }
        if let output = report.output { rows.append(("output", output)) }
        let indent = (rows.map(\.name.count).max() ?? 0) + 2
        for row in rows { lines += show(row.value, of: row.name, indent: indent, style) }
        return lines
    }

    private func show(_ value: JSON, of name: String, indent: Int, _ style: Style) -> [String] {
        let label = "  " + style.dim(name) + String(repeating: " ", count: indent - name.count)
        let flat = value.serialized()
        guard flat.count > Self.width else { return [label + flat] }
        let margin = String(repeating: " ", count: indent + 2)
        let block = value.prettyPrinted().split(separator: "\n", omittingEmptySubsequences: false)
        return block.enumerated().map { ($0.offset == 0 ? label : margin) + $0.element }
    }

    private func status(_ style: Style) -> String {
        switch report.status {
        case .succeeded: style.green(report.status.rawValue)
        case .failed: style.red(report.status.rawValue)
        case .retriable, .caught: style.yellow(report.status.rawValue)
        }
    }
}
