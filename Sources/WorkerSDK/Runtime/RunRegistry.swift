import Synchronization

/// What happens to a task while it is worked on.
enum TaskEvent<Ticket: Sendable>: Sendable {
    case handlerReturned(TaskAnswer)
    case timer
    case heartbeatSent
    /// The workflow does not wait any more.
    case cancel
    /// The worker has no more time.
    case stop
    /// The broker has delivered the same attempt again.
    case copy(Ticket)
}

/// The tasks that are being worked on, by token.
final class RunRegistry<Ticket: Sendable>: Sendable {
    typealias Feed = AsyncStream<TaskEvent<Ticket>>.Continuation

    private let runs = Mutex<[String: Feed]>([:])

    /// - Returns: false where that task is being worked on already; its run has got the ticket.
    func start(_ token: String, _ feed: Feed, ticket: Ticket) -> Bool {
        runs.withLock { runs in
            if let running = runs[token], case .enqueued = running.yield(.copy(ticket)) { return false }
            runs[token] = feed
            return true
        }
    }

    /// From now on another copy of the task starts anew.
    func end(_ token: String, _ feed: Feed) {
        runs.withLock { runs in
            runs[token] = nil
            // Under the lock, so that no copy gets in between.
            feed.finish()
        }
    }

    /// - Returns: whether the task is here.
    @discardableResult
    func cancel(_ token: String) -> Bool {
        runs.withLock { $0[token] }?.yield(.cancel) != nil
    }

    func stopAll() {
        for feed in runs.withLock({ Array($0.values) }) { feed.yield(.stop) }
    }

    var count: Int { runs.withLock { $0.count } }
}
