import SQLiteStore

/// What a check found, for people.
struct CheckView {
    let report: DatabaseReport

    func print(to terminal: Terminal) {
        let style = terminal.style
        terminal.line(
            "\(report.database): schema \(report.schema), \(byteCount(report.bytes)), log \(byteCount(report.logBytes)), "
                + "free \(byteCount(report.freeBytes))")
        if !report.counts.isEmpty {
            terminal.line(report.counts.map { "\($0.name): \($0.count)" }.joined(separator: " · "))
        }
        terminal.line()
        var table = Table("", "CHECK", "")
        for check in DatabaseReport.Check.allCases {
            let (verdict, text) = describe(check)
            let paint: Table.Paint? = verdict == "FAIL" ? { style.red($0) } : nil
            table.add((verdict, paint), (check.rawValue, nil), (text, nil))
        }
        table.print(to: terminal)
        for check in DatabaseReport.Check.allCases {
            let findings = report.findings.filter { $0.check == check }
            guard !findings.isEmpty else { continue }
            terminal.line()
            terminal.line(style.bold("\(check.rawValue):"))
            for finding in findings { terminal.line("  \(finding.subject): \(finding.problem)") }
            let count = report.numbers[check] ?? 0
            if count > findings.count { terminal.line("  and \(count - findings.count) more") }
            terminal.line("  → \(check.advice)")
        }
        terminal.line()
        terminal.line(
            report.isSound
                ? "Sound. \(report.folded) executions were folded, \(report.steps) steps."
                : style.red("Not sound: \(report.numbers.values.reduce(0, +)) findings."))
    }

    private func describe(_ check: DatabaseReport.Check) -> (String, String) {
        if let count = report.numbers[check] { return ("FAIL", "\(count) findings; it should be: \(check.promise)") }
        if let reason = report.omitted[check] { return ("-", reason) }
        guard report.isReadable || check == .file else { return ("-", "the file has to be sound for this") }
        return ("ok", check.promise)
    }
}
