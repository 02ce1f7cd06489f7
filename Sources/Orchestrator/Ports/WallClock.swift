package import JSONValue
import Telemetry

/// Port: the time of day.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

package struct SystemClock: WallClock {
    package init() {}
    package func now() -> Timestamp { WallTime.now() }
}
