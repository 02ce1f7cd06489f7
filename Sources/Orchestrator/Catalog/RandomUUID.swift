import Interpreter
import Synchronization

/// Random UUIDs (RFC 9562, version 4) as text.
package enum RandomUUID {
    private static let random = Mutex(SystemRandomBuffer())

    package static func make() -> String {
        let (high, low) = random.withLock { random in (random.next(), random.next()) }
        return UUIDText.version4(high: high, low: low)
    }
}
