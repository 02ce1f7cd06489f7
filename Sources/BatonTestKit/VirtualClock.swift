package import JSONValue
import Orchestrator
import Synchronization

/// A clock that stands still until a test moves it.
package final class VirtualClock: WallClock {
    private let time: Mutex<Timestamp>

    /// 2025-01-01T00:00:00Z unless told otherwise.
    package init(_ start: Timestamp = Timestamp(milliseconds: 1_735_689_600_000)) { time = Mutex(start) }

    package func now() -> Timestamp { time.withLock { $0 } }

    /// Returns the new time. Clocks may also be set back, with a negative number.
    @discardableResult
    package func advance(seconds: Double) -> Timestamp {
        time.withLock { time in
            time = time.adding(seconds: seconds)
            return time
        }
    }

    package func set(_ now: Timestamp) { time.withLock { $0 = now } }
}
