import Synchronization

/// Counts the steps of a run for whoever watches from another thread: a run that takes long goes on, one that hangs in a
/// single step does not.
package final class Pulse: Sendable {
    private let beats = Atomic<Int>(0)

    package init() {}

    package var count: Int { beats.load(ordering: .relaxed) }

    func beat() { beats.add(1, ordering: .relaxed) }
}
