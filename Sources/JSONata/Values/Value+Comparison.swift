internal import JSONValue

extension Value {
    /// What JSONata takes for true, of anything but an array.
    var scalarBoolean: Bool? {
        switch self {
        case .undefined, .tailCall: nil
        case .null, .function, .array, .jsonArray: false
        case .bool(let value): value
        case .number(let value): value != 0
        case .integer: true
        case .string(let value): !value.isEmpty
        case .object(let object): object.count > 0
        case .jsonObject(let object): !object.isEmpty
        case .tuples(let stream): !stream.tuples.isEmpty
        }
    }

    /// Nil for two arrays and for two objects, which have to be looked into.
    func isScalarEqual(to other: Value) -> Bool? {
        switch (self, other) {
        case (.undefined, .undefined), (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.string(let left), .string(let right)): return left.hasSameUTF8(as: right)
        case (.number(let left), .number(let right)): return left == right
        case (.integer(let left), .integer(let right)): return left == right
        case (.function(let left), .function(let right)): return left === right
        default: break
        }
        if let left = doubleValue, let right = other.doubleValue { return left == right }
        return isArray && other.isArray || isObject && other.isObject ? nil : false
    }

    /// Deep equality that counts no steps; for values that have been walked through before.
    func isEqual(to other: Value) -> Bool {
        if let result = isScalarEqual(to: other) { return result }
        if let left = items {
            guard let right = other.items, left.count == right.count else { return false }
            for index in 0..<left.count where !left[index].isEqual(to: right[index]) { return false }
            return true
        }
        guard let left = Members(self), let right = Members(other), left.count == right.count else { return false }
        for index in 0..<left.count {
            let value = other.member(left.keys[index])
            guard !value.isUndefined || left.values[index].isUndefined, value.isEqual(to: left.values[index]) else {
                return false
            }
        }
        return true
    }

    /// JavaScript's `===`: arrays and objects are identical only to themselves.
    func isIdentical(to other: Value) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)): return left === right
        case (.object(let left), .object(let right)): return left === right
        case (.jsonArray(let left), .jsonArray(let right)): return left.sharesStorage(with: right)
        case (.jsonObject(let left), .jsonObject(let right)): return left.members.sharesStorage(with: right.members)
        default: return isScalarEqual(to: other) ?? false
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .undefined, .tailCall, .tuples: hasher.combine(0)
        case .null: hasher.combine(1)
        case .bool(let value): hasher.combine(value)
        case .number, .integer: hasher.combine(doubleValue ?? 0)
        case .string(let value): hasher.combine(UTF8Key(value))
        case .function(let value): hasher.combine(ObjectIdentifier(value))
        case .array, .jsonArray:
            let items = asItems
            hasher.combine(items.count)
            for index in 0..<items.count { items[index].hash(into: &hasher) }
        case .object, .jsonObject:
            guard let members = Members(self) else { return }
            var sum = members.count
            for index in 0..<members.count {
                var memberHasher = Hasher()
                memberHasher.combine(UTF8Key(members.keys[index]))
                members.values[index].hash(into: &memberHasher)
                // A sum, because the order must not matter.
                sum &+= memberHasher.finalize()
            }
            hasher.combine(sum)
        }
    }
}

/// A value as a member of a set, by deep equality.
struct DistinctValue: Hashable {
    let value: Value
    static func == (left: Self, right: Self) -> Bool { left.value.isEqual(to: right.value) }
    func hash(into hasher: inout Hasher) { value.hash(into: &hasher) }
}

extension String {
    /// Order by UTF-16 code units, that of JavaScript, without transcoding.
    func isOrderedBefore(_ other: String) -> Bool {
        var left = self.utf8.makeIterator()
        var right = other.utf8.makeIterator()
        while true {
            guard let second = right.next() else { return false }
            guard let first = left.next() else { return true }
            if first == second { continue }
            // Bytes have the order of code points. Units of surrogate pairs (lead bytes from 0xF0) come before
            // U+E000...U+FFFF (lead bytes 0xEE and 0xEF).
            if first >= 0xEE, second >= 0xEE, (first >= 0xF0) != (second >= 0xF0) { return first >= 0xF0 }
            return first < second
        }
    }
}

extension Array {
    /// Whether both are copies of one array. Nothing can be said of empty ones.
    fileprivate func sharesStorage(with other: [Element]) -> Bool {
        guard !isEmpty, count == other.count else { return false }
        return withUnsafeBufferPointer { left in
            other.withUnsafeBufferPointer { left.baseAddress == $0.baseAddress }
        }
    }
}
