import Testing

@testable import Orchestrator

@Suite struct CommitPaceTests {
    @Test(arguments: [
        // One execution alone, or a few, never wait.
        (1, 0, false), (255, 0, false), (255, 10_000, false),
        (256, 0, true), (5_000, 511, true),
        // Enough is there already.
        (256, 512, false), (5_000, 9_000, false),
    ]) func `only what follows a full turn waits for company`(handled: Int, waiting: Int, waits: Bool) {
        #expect(CommitPace.pauses(after: handled, waiting: waiting) == waits)
    }
}
