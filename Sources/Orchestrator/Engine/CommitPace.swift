import Dispatch

/// Whether a turn waits for more events to share its commit.
///
/// A commit costs a flush of the disk however much is in it, and what it sends costs the broker less in large portions.
/// Somebody who waits for one execution must not notice, so only a turn that follows a full one waits, and only while
/// everything comes from the broker: who calls over HTTP waits for the answer, and calls no more until it is there.
enum CommitPace {
    /// Messages in a turn that speak of a load under which nobody notices the pause.
    static let full = 256
    /// Events that are enough for a commit of their own.
    static let enough = 512
    static let pause = DispatchTimeInterval.milliseconds(8)

    /// So many confirmations, or events that hold some, wait for an event that leads to something.
    static let few = 16
    /// How long they wait for it.
    static let patience = DispatchTimeInterval.milliseconds(20)

    /// - Parameters:
    ///   - handled: events from the broker in the turn that has ended.
    ///   - waiting: events for the next one.
    static func pauses(after handled: Int, waiting: Int) -> Bool { handled >= full && waiting < enough }
}
