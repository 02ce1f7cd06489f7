import Foundation
import Testing

/// Plays the executions that were recorded from AWS against the interpreter alone, with a virtual clock and functions
/// that behave as described, and compares how they end and their whole history.
@Suite struct RecordedHistoryTests {
    /// How many of the visible recordings there are to play, and how many agree; may only grow.
    private static let atLeast = (cases: 210, output: 210, types: 210, full: 210)

    @Test(.enabled(if: RecordedCase.folder != nil, "There are no recordings; BATON_CONFORMANCE names their folder."))
    func `executions run as AWS recorded them`() throws {
        let cases = try RecordedCase.load().filter(\.isPlayable)
        let filter = ProcessInfo.processInfo.environment["BATON_CASES"]
        var counts = (cases: 0, output: 0, types: 0, full: 0)
        var report = ""
        for recorded in cases where filter.map({ recorded.id.contains($0) }) ?? true {
            let verdict = CasePlayer.play(recorded)
            counts.cases += 1
            let output = verdict.output.isEmpty
            let types = output && verdict.types.isEmpty
            let full = types && verdict.full.isEmpty
            counts.output += output ? 1 : 0
            counts.types += types ? 1 : 0
            counts.full += full ? 1 : 0
            if !full {
                report += "\(recorded.id): \(full ? "FULL" : types ? "TYPES" : output ? "OUTPUT" : "none")\n"
                for difference in Array((verdict.output + verdict.types + verdict.full).prefix(4)) {
                    report += "    \(difference)\n"
                }
            }
            #expect(verdict.problems == [], "\(recorded.id)")
        }
        print(
            "\(report)recorded executions: \(counts.cases), OUTPUT \(counts.output), TYPES \(counts.types), "
                + "FULL \(counts.full)")
        if filter == nil {
            #expect(counts.cases >= Self.atLeast.cases)
            #expect(counts.output >= Self.atLeast.output)
            #expect(counts.types >= Self.atLeast.types)
            #expect(counts.full >= Self.atLeast.full)
        }
    }
}
