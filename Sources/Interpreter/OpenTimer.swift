package import JSONValue

/// A timer that an execution waits for.
package struct OpenTimer: Sendable, Hashable {
    package var timer: Int
    package var due: Timestamp
    package var purpose: TimerPurpose
    /// The task that it watches.
    package var task: Int?

    package init(timer: Int, due: Timestamp, purpose: TimerPurpose, task: Int?) {
        self.timer = timer
        self.due = due
        self.purpose = purpose
        self.task = task
    }
}
