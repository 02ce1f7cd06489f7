import Synchronization

/// How many tasks of each source are past their lease, and what room that leaves.
final class ReleasedLeases: Sendable {
    private let capacities: [TaskSource: Int]
    private let released = Mutex<[TaskSource: Int]>([:])

    init(_ capacities: [TaskSource: Int]) { self.capacities = capacities }

    func change(_ source: TaskSource, by amount: Int, _ setCapacity: (Int, TaskSource) -> Void) {
        // Told under the lock, so that two changes arrive in their order; the transport only takes a note.
        released.withLock { released in
            released[source, default: 0] += amount
            setCapacity(max(0, capacities[source, default: 0] - released[source, default: 0]), source)
        }
    }
}
