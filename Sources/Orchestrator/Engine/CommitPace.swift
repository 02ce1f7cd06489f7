import Dispatch

/// How long a turn waits for more events to share its commit.
///
/// A commit costs a flush of the disk however much is in it, and what it sends costs the broker less in large portions.
/// Somebody who waits for one execution must not notice, so only a turn that follows a full one waits.
enum CommitPace {
    /// Events in a turn that speak of a load under which nobody notices the pause.
    static let full = 64
    /// Events that are enough for a commit of their own.
    static let enough = 512
    static let pause = DispatchTimeInterval.milliseconds(8)

    /// - Parameters:
    ///   - handled: events in the turn that has ended.
    ///   - waiting: events for the next one.
    /// - Returns: nil where the next turn begins at once.
    static func pause(after handled: Int, waiting: Int) -> DispatchTimeInterval? {
        handled >= full && waiting < enough ? pause : nil
    }
}
