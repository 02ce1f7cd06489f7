import Logging
import Orchestrator
import Synchronization
import Telemetry

/// Notices tasks for which there is no worker: looks at a queue a moment after a task was published to it, and again as
/// long as something waits there.
///
/// A queue that is empty is not looked at, so that with nothing to do nothing is done. One that waits for its worker is
/// looked at ever more rarely, up to every half minute; an answer from it says at once that there is one.
final class QueueWatch: Sendable {
    typealias Look = @Sendable (_ queue: String) async -> (waiting: Int, consumers: Int)?

    private struct State {
        var watched: Set<String> = []
        var unserved: Set<String> = []
        /// Queues that are polled over HTTP, where nobody consumes between two polls; until when.
        var polled: [String: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())
    private let metrics: BrokerMetrics
    private let logger: Logger
    private let look: Look
    private let (started, start) = AsyncStream<String>.makeStream()

    private static let firstLook = Duration.seconds(1)
    private static let servedInterval = Duration.seconds(4)
    private static let unservedInterval = Duration.seconds(30)
    private static let pollMemory = Duration.seconds(120)

    init(metrics: BrokerMetrics, logger: Logger, look: @escaping Look) {
        self.metrics = metrics
        self.logger = logger
        self.look = look
    }

    func published(to queues: some Sequence<String>) {
        let added = state.withLock { state in queues.filter { state.watched.insert($0).inserted } }
        for queue in added { start.yield(queue) }
    }

    func polled(_ queue: String) {
        state.withLock { $0.polled[queue] = .now + Self.pollMemory }
    }

    /// Somebody took a task from it.
    func answered(_ queue: String) { if state.withLock({ $0.unserved.contains(queue) }) { isServed(queue) } }

    /// Until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await queue in started {
                group.addTask { await self.watch(queue) }
            }
            group.cancelAll()
        }
    }

    private func watch(_ queue: String) async {
        var interval = Self.firstLook
        while (try? await Task.sleep(for: interval)) != nil {
            // Without a connection there is nothing to see.
            guard let found = await look(queue) else {
                interval = min(interval * 2, Self.servedInterval)
                continue
            }
            note(queue, waiting: found.waiting, consumers: found.consumers)
            guard found.waiting > 0 else { break }
            interval = min(interval * 2, found.consumers > 0 ? Self.servedInterval : Self.unservedInterval)
        }
        state.withLock { _ = $0.watched.remove(queue) }
    }

    /// What anybody has seen of a queue.
    func note(_ queue: String, waiting: Int, consumers: Int) {
        metrics.note(queue, waiting: waiting, consumers: consumers)
        if waiting > 0, consumers == 0 {
            let isNews = state.withLock { state in
                if let until = state.polled[queue], until > .now { return false }
                return state.unserved.insert(queue).inserted
            }
            guard isNews else { return }
            metrics.unserved(queue).set(1)
            logger.warning(
                "no worker consumes this queue, and tasks wait in it",
                metadata: ["queue": "\(queue)", "waiting": "\(waiting)"])
        } else {
            isServed(queue)
        }
    }

    private func isServed(_ queue: String) {
        guard state.withLock({ $0.unserved.remove(queue) }) != nil else { return }
        metrics.unserved(queue).set(0)
        logger.notice("the queue is served again", metadata: ["queue": "\(queue)"])
    }
}
