import Synchronization

/// The routing keys that nobody had bound a queue to a moment ago. Messages that would go nowhere are not even written:
/// under load they would be a sixth of all that the broker has to handle.
///
/// Who binds a queue is heard of with the first message after `silence`, so at most that much is missed.
final class UnheardKeys: Sendable {
    /// How long a key is taken for unheard after a message to it came back.
    static let silence = Duration.milliseconds(100)
    /// Remembered at most; beyond it everybody is asked again.
    static let limit = 1_000

    private let until = Mutex<[String: ContinuousClock.Instant]>([:])

    func isUnheard(_ key: String, at now: ContinuousClock.Instant) -> Bool {
        until.withLock { until in
            guard let end = until[key] else { return false }
            if now < end { return true }
            until[key] = nil
            return false
        }
    }

    /// Messages to these keys came back.
    func cameBack(_ keys: some Sequence<String>, at now: ContinuousClock.Instant) {
        until.withLock { until in
            for key in keys {
                if until.count >= Self.limit { until = [:] }
                until[key] = now + Self.silence
            }
        }
    }
}
