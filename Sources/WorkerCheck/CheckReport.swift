/// What became of one line.
package struct CheckResult: Sendable, Hashable {
    package enum Verdict: String, Sendable, Hashable, CaseIterable {
        case pass
        /// Allowed, and worth knowing.
        case note
        /// Against the protocol.
        case miss
        case notTried = "not tried"
    }

    package var line: CheckLine
    package var verdict: Verdict
    /// What happened, for a person.
    package var seen: String
    /// What to do about it, or what it would take to try it.
    package var advice: String?
    package var seconds: Double = 0

    static func pass(_ line: CheckLine, _ seen: String) -> CheckResult {
        CheckResult(line: line, verdict: .pass, seen: seen)
    }

    static func note(_ line: CheckLine, _ seen: String, _ advice: String) -> CheckResult {
        CheckResult(line: line, verdict: .note, seen: seen, advice: advice)
    }

    static func miss(_ line: CheckLine, _ seen: String, _ advice: String) -> CheckResult {
        CheckResult(line: line, verdict: .miss, seen: seen, advice: advice)
    }

    static func notTried(_ line: CheckLine, _ why: String) -> CheckResult {
        CheckResult(line: line, verdict: .notTried, seen: why)
    }
}

package struct CheckReport: Sendable, Hashable {
    package var results: [CheckResult] = []

    package var hasMisses: Bool { results.contains { $0.verdict == .miss } }
}

/// What keeps the kit from trying anything.
package struct CheckError: Error, Sendable, CustomStringConvertible {
    package var description: String
}
