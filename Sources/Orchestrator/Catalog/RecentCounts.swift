import Synchronization

/// Counting reads every open row: with a million of them, a tenth of a second. However often somebody asks, no more than
/// a twentieth of a reader's time goes into it.
final class RecentCounts: Sendable {
    private let last = Mutex<(counts: StoreCounts, until: ContinuousClock.Instant)?>(nil)

    func value(of store: some ExecutionStore) async throws(StoreError) -> StoreCounts {
        let began = ContinuousClock.now
        if let last = last.withLock({ $0 }), began < last.until { return last.counts }
        let counts = try await store.counts()
        let end = ContinuousClock.now
        // What takes no time need not be kept: it would only be old.
        let keeps = end - began > .milliseconds(5)
        last.withLock { $0 = keeps ? (counts, end + (end - began) * 20) : nil }
        return counts
    }
}
