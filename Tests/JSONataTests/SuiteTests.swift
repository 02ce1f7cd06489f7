import Foundation
import JSONValue
import JSONata
import Testing

@Suite("The official test suite", .enabled(if: Conformance.folder != nil, "No conformance data next to the checkout"))
struct SuiteTests {
    @Test("Every case passes", arguments: [CompatibilityLevel.v22, .v206])
    func everyCase(level: CompatibilityLevel) async throws {
        let cases = try Conformance.suite().filter { level == .v22 || $0.since == nil }
        #expect(!cases.isEmpty)
        // Recursion in the cases is deep; a thread of their own has the stack for it.
        let failures = await onLargeStack {
            cases.compactMap { suiteCase in
                suiteCase.failure(at: level).map { "\(suiteCase.id): \(suiteCase.expression)\n    \($0)" }
            }
        }
        print("JSONata suite, level \(level): \(cases.count - failures.count) of \(cases.count) cases pass")
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }
}

/// Runs work on a thread with a stack of 64 MiB.
func onLargeStack<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: work()) }
        thread.stackSize = 64 << 20
        thread.start()
    }
}
