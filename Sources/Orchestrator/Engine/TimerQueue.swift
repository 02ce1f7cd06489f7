import HeapModule
import JSONValue

/// The timers of the near future, in memory; the store has them all.
package struct TimerQueue {
    package struct Entry {
        var due: Timestamp
        var purpose: String
        var interval: Double
        fileprivate var generation: UInt64
    }

    private struct Slot: Comparable {
        var due: Timestamp
        var generation: UInt64
        var key: TimerKey

        static func < (left: Self, right: Self) -> Bool {
            (left.due, left.generation) < (right.due, right.generation)
        }
        static func == (left: Self, right: Self) -> Bool { left.generation == right.generation }
    }

    // A cancelled or moved timer leaves its old slot behind; the generation tells it from the valid one.
    private var heap = Heap<Slot>()
    private var entries: [TimerKey: Entry] = [:]
    private var generation: UInt64 = 0

    var count: Int { entries.count }

    func contains(_ key: TimerKey) -> Bool { entries[key] != nil }

    mutating func arm(_ key: TimerKey, due: Timestamp, purpose: String, interval: Double) {
        generation += 1
        entries[key] = Entry(due: due, purpose: purpose, interval: interval, generation: generation)
        heap.insert(Slot(due: due, generation: generation, key: key))
        if heap.count > 64, heap.count > entries.count * 4 { compact() }
    }

    mutating func clear(_ key: TimerKey) { entries[key] = nil }

    /// Removes and returns timers that are due, the earliest first.
    mutating func popDue(at now: Timestamp, limit: Int) -> [(key: TimerKey, entry: Entry)] {
        var due: [(key: TimerKey, entry: Entry)] = []
        while due.count < limit, let next = popDue(at: now) { due.append(next) }
        return due
    }

    /// Removes and returns the earliest timer that is due.
    mutating func popDue(at now: Timestamp) -> (key: TimerKey, entry: Entry)? {
        while let slot = heap.min, slot.due <= now {
            heap.removeMin()
            if let entry = entries[slot.key], entry.generation == slot.generation {
                entries[slot.key] = nil
                return (slot.key, entry)
            }
        }
        return nil
    }

    /// When the earliest timer comes due.
    var nextDue: Timestamp? {
        mutating get {
            while let slot = heap.min {
                if entries[slot.key]?.generation == slot.generation { return slot.due }
                heap.removeMin()
            }
            return nil
        }
    }

    /// Forgets slots that were left behind, and keeps no more memory than what is left needs.
    mutating func compact() {
        entries = entries.filter { _ in true }
        heap = Heap(entries.map { Slot(due: $0.value.due, generation: $0.value.generation, key: $0.key) })
    }
}
