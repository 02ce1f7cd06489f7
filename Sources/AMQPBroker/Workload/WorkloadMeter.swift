import Orchestrator
import Synchronization
import TaskProtocol

/// Measures how many tasks come to each queue, and how long workers have them: from what passes here anyway.
///
/// The service time is what the worker says it took, else the time from its `started` or first heartbeat to its answer,
/// else from the task's publication where nothing waited before it. All of it is forgotten with the process.
final class WorkloadMeter: Sendable {
    private struct Open {
        var queue: String
        var publishedAt: Double
        var startedAt: Double?
        /// Something waited when it came, so that the time since then says little.
        var hadToWait: Bool
    }

    private struct Queue {
        var arrivals = DecayingRate()
        var service = DecayingMean()
        var isBackedUp = false
    }

    private struct State {
        var open: [String: Open] = [:]
        /// When old entries were last looked for.
        var sweptAt = -Double.infinity
        var queues: [String: Queue] = [:]
    }

    private let state = Mutex(State())
    private let clock: @Sendable () -> Double
    /// Beyond so many open tasks the service time is taken from a part of them.
    private static let capacity = 20_000
    /// Entries whose answer came another way: over HTTP, or never.
    private static let forgottenAfter = 3_600.0
    /// Seconds between two searches for them.
    private static let sweepInterval = 60.0

    /// - Parameter clock: seconds since an arbitrary start.
    init(clock: @escaping @Sendable () -> Double) { self.clock = clock }

    /// Tasks are about to be published: an answer may be here before the broker's confirmation.
    func handedOver(_ tasks: some Sequence<(token: String, queue: String)>) {
        let now = clock()
        state.withLock { state in
            var last: (queue: String, isBackedUp: Bool)?
            for (token, queue) in tasks {
                if state.open.count >= Self.capacity {
                    if now - state.sweptAt >= Self.sweepInterval {
                        state.sweptAt = now
                        state.open = state.open.filter { now - $0.value.publishedAt < Self.forgottenAfter }
                    }
                    guard state.open.count < Self.capacity else { continue }
                }
                if last?.queue != queue { last = (queue, state.queues[queue]?.isBackedUp ?? false) }
                state.open[token] = Open(queue: queue, publishedAt: now, hadToWait: last?.isBackedUp ?? false)
            }
        }
    }

    /// The broker confirmed that they are in their queues.
    func published(to queues: some Sequence<String>) {
        let now = clock()
        state.withLock { state in
            // One after the other most go to the same queue.
            var last: String?
            var count = 0
            func note() {
                if let last { state.queues[last, default: Queue()].arrivals.note(count, at: now) }
            }
            for queue in queues {
                if queue != last {
                    note()
                    (last, count) = (queue, 0)
                }
                count += 1
            }
            note()
        }
    }

    /// - Parameter duration: what the worker says that it took, in seconds.
    /// - Returns: the task's queue, where it is known.
    @discardableResult
    func heard(_ kind: AnswerMessage.Kind, token: String, duration: Double? = nil) -> String? {
        let now = clock()
        return state.withLock { state in
            switch kind {
            case .started, .heartbeat:
                guard let open = state.open[token] else { return nil }
                if open.startedAt == nil { state.open[token]?.startedAt = now }
                return open.queue
            case .success, .failure:
                guard let open = state.open.removeValue(forKey: token) else { return nil }
                let measured =
                    duration ?? open.startedAt.map { now - $0 } ?? (open.hadToWait ? nil : now - open.publishedAt)
                if let measured { state.queues[open.queue]?.service.note(max(0, measured), at: now) }
                return open.queue
            }
        }
    }

    func forget(_ tokens: [String]) {
        state.withLock { state in for token in tokens { state.open[token] = nil } }
    }

    func looked(_ queue: String, waiting: Int) {
        state.withLock { $0.queues[queue]?.isBackedUp = waiting > 0 }
    }

    /// Nil for a queue to which nothing came.
    func workload(_ queue: String) -> QueueStatistics.Workload? {
        let now = clock()
        return state.withLock { state in
            state.queues[queue].map {
                QueueStatistics.Workload(
                    arrivalsPerSecond: $0.arrivals.value(at: now), serviceSeconds: $0.service.value)
            }
        }
    }
}

/// Events per second, of which older ones count for less: an exponentially weighted average.
struct DecayingRate: Sendable {
    /// After so many seconds an event counts for a third (1/e).
    static let memory = 60.0

    private var sum = 0.0
    private var at = 0.0
    private var since: Double?

    mutating func note(_ events: Int = 1, at now: Double) {
        sum = sum * Self.decay(now - at) + Double(events)
        at = now
        if since == nil { since = now }
    }

    /// In the first minute the average is taken over the time that there was.
    func value(at now: Double) -> Double {
        guard let since else { return 0 }
        let window = Self.memory * (1 - Self.decay(max(1, now - since)))
        return sum * Self.decay(now - at) / window
    }

    static func decay(_ seconds: Double) -> Double { exponential(-max(0, seconds) / memory) }
}

/// The mean of values of which older ones count for less.
struct DecayingMean: Sendable {
    private var sum = 0.0
    private var weight = 0.0
    private var at = 0.0

    mutating func note(_ value: Double, at now: Double) {
        let decay = DecayingRate.decay(now - at)
        sum = sum * decay + value
        weight = weight * decay + 1
        at = now
    }

    /// Nil before the first.
    var value: Double? { weight > 0 ? sum / weight : nil }
}
