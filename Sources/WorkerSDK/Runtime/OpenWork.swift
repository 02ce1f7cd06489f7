import Synchronization

/// How many tasks are here, and whether anybody waits for the last one.
final class OpenWork: Sendable {
    private let open = Atomic(0)
    private let waiting = Atomic(0)
    private let isAwaited = Atomic(false)

    var count: Int { open.load(ordering: .sequentiallyConsistent) }

    /// How many handlers are about to be started.
    var handlersWaiting: Int { waiting.load(ordering: .relaxed) }

    func begin(handlers: Int) {
        open.add(handlers, ordering: .sequentiallyConsistent)
        waiting.add(handlers, ordering: .relaxed)
    }

    /// Of a task that no handler sees.
    func begin() { open.add(1, ordering: .sequentiallyConsistent) }

    func handlerStarted() { waiting.subtract(1, ordering: .relaxed) }

    /// - Returns: whether to tell.
    func end(_ count: Int) -> Bool {
        // In this order, and the other way round where somebody begins to wait: one of the two sees the other.
        open.subtract(count, ordering: .sequentiallyConsistent)
        return isAwaited.load(ordering: .sequentiallyConsistent)
    }

    /// Before the caller looks at `count`.
    func tellEnds() { isAwaited.store(true, ordering: .sequentiallyConsistent) }
}
