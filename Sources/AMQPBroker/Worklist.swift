import Synchronization

/// Rare asynchronous chores, one after the other, in the order in which they came: declaring and deleting queues.
final class Worklist: Sendable {
    typealias Chore = @Sendable () async -> Void

    private let chores = Mutex<[Chore]>([])
    private let signal = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    func add(_ chore: @escaping Chore) {
        chores.withLock { $0.append(chore) }
        signal.continuation.yield()
    }

    /// Until cancelled.
    func run() async {
        for await _ in signal.stream {
            while let chore = chores.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { await chore() }
        }
    }
}
