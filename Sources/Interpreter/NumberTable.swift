/// Values by number, in the order of their numbers: a dictionary for numbers that are handed out one after the other.
///
/// There are few values at a time, and new ones nearly always go to the end, so that a sorted array is faster than
/// hashing.
struct NumberTable<Value: Sendable>: Sendable {
    typealias Entry = (key: Int, value: Value)

    private(set) var entries: [Entry] = []

    subscript(key: Int) -> Value? {
        let place = place(of: key)
        return isAt(place, key) ? entries[place].value : nil
    }

    mutating func set(_ key: Int, to value: consuming Value) {
        let place = place(of: key)
        if place == entries.count {
            entries.append((key, value))
        } else if entries[place].key == key {
            entries[place].value = value
        } else {
            entries.insert((key, value), at: place)
        }
    }

    func has(_ key: Int) -> Bool { isAt(place(of: key), key) }

    /// Changes a value in its place, if there is one.
    mutating func update(_ key: Int, _ body: (inout Value) -> Void) {
        let place = place(of: key)
        if isAt(place, key) { body(&entries[place].value) }
    }

    mutating func remove(_ key: Int) -> Value? {
        let place = place(of: key)
        guard isAt(place, key) else { return nil }
        return place == entries.count - 1 ? entries.removeLast().value : entries.remove(at: place).value
    }

    mutating func removeAll(where isGone: (Value) -> Bool) { entries.removeAll { isGone($0.value) } }

    private func isAt(_ place: Int, _ key: Int) -> Bool { place < entries.count && entries[place].key == key }

    /// Where a key is, or would be.
    private func place(of key: Int) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension NumberTable: Equatable where Value: Equatable {
    static func == (left: Self, right: Self) -> Bool { left.entries.elementsEqual(right.entries, by: ==) }
}
