import Synchronization

/// The routing keys that nobody had bound a queue to a moment ago. Messages that would go nowhere are not even written:
/// under load they would be a sixth of all that the broker has to handle, and come back besides.
///
/// Such a key is asked after by one message at a time. What comes for it meanwhile waits, and shares the fate of the one
/// that asks. So who binds a queue is heard of with the first message after `silence`, and what may be missed is in that
/// first moment.
final class UnheardKeys<Message: Sendable>: Sendable {
    private enum Key {
        /// A message came back. → asking
        case silent(until: ContinuousClock.Instant)
        /// A message was sent to ask; these wait for what becomes of it. → silent, (forgotten)
        case asking(waiting: [Message], bytes: Int)

        var isAsking: Bool { if case .asking = self { true } else { false } }
    }

    /// How long a key is taken for unheard after a message to it came back.
    static var silence: Duration { .milliseconds(100) }
    /// Remembered at most; beyond it everybody is asked again.
    static var limit: Int { 1_000 }
    /// What waits for one key, at most; the next one is sent. Under load the answer takes some tenths of a second, since
    /// the one that asks stands behind all that is being published.
    static var waitingMessages: Int { 10_000 }
    static var waitingBytes: Int { 8 << 20 }

    private let keys = Mutex<[String: Key]>([:])

    /// - Parameter bytes: about what the message takes up while it waits.
    /// - Returns: whether the message is to be sent now. Then one of the three below has to follow.
    func admit(_ message: Message, bytes: Int, to key: String, at now: ContinuousClock.Instant) -> Bool {
        keys.withLock { keys in
            switch keys[key] {
            case nil: return true
            case .silent(let until):
                if now < until { return false }
                keys[key] = .asking(waiting: [], bytes: 0)
                return true
            case .asking(var waiting, let waitingBytes):
                guard waiting.count < Self.waitingMessages, waitingBytes + bytes <= Self.waitingBytes else {
                    return true
                }
                // Out of the table while it grows, so that it is not copied.
                keys[key] = nil
                waiting.append(message)
                keys[key] = .asking(waiting: waiting, bytes: waitingBytes + bytes)
                return false
            }
        }
    }

    /// Messages to these keys came back, and so would those that wait for them.
    func cameBack(_ names: some Sequence<String>, at now: ContinuousClock.Instant) {
        keys.withLock { keys in
            for name in names {
                if keys.count >= Self.limit { keys = keys.filter { $0.value.isAsking } }
                keys[name] = .silent(until: now + Self.silence)
            }
        }
    }

    /// Messages to these keys were taken.
    /// - Returns: those that waited for them, which are to be sent too.
    func wereTaken(_ names: some Sequence<String>) -> [Message] {
        keys.withLock { keys in
            if keys.isEmpty { return [] }
            return names.flatMap { name -> [Message] in
                guard case .asking(let waiting, _) = keys[name] else { return [] }
                keys[name] = nil
                return waiting
            }
        }
    }

    /// Messages to these keys were lost with the connection, and so are those that wait for them.
    func wereLost(_ names: some Sequence<String>) {
        keys.withLock { keys in
            for name in names where keys[name]?.isAsking == true { keys[name] = nil }
        }
    }
}
