import Interpreter
import JSONValue
import Synchronization
import Telemetry

/// The time, as responses tell it: SDKs set their own clock by it when a signature was refused for its age.
final class DateHeader: Sendable {
    private let last = Mutex<(second: Int64, text: String)>((.min, ""))

    func now() -> String {
        let time = WallTime.now()
        let second = time.milliseconds / 1000
        return last.withLock { last in
            if last.second != second { last = (second, time.httpDate) }
            return last.text
        }
    }
}
