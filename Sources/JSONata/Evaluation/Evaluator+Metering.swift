internal import JSONValue

// Work on values whose size nobody knows beforehand. A value that shares its parts may be small in memory and huge to
// whoever walks through it, so every walk counts its steps.

extension Evaluator {
    /// What JSONata takes for true.
    @inline(__always)
    func isTrue(_ value: Value) throws(JSONataError) -> Bool {
        if case .bool(let value) = value { return value }
        return try boolean(value) ?? false
    }

    /// Not the empty, not zero, not null, not a function; an array if one of its items is. Nil for nothing.
    func boolean(_ value: Value) throws(JSONataError) -> Bool? {
        guard let items = value.items else { return value.scalarBoolean }
        for index in 0..<items.count {
            try spend()
            if try boolean(items[index]) == true { return true }
        }
        return false
    }

    /// Deep equality without conversion; the order of members does not matter, functions equal themselves only.
    func isEqual(_ left: Value, _ right: Value) throws(JSONataError) -> Bool {
        if let result = left.isScalarEqual(to: right) { return result }
        try spend()
        if let first = left.items {
            guard let second = right.items, first.count == second.count else { return false }
            for index in 0..<first.count {
                try spend()
                guard try isEqual(first[index], second[index]) else { return false }
            }
            return true
        }
        guard let first = Members(left), let second = Members(right), first.count == second.count else { return false }
        for index in 0..<first.count {
            try spend()
            let value = right.member(first.keys[index])
            guard !value.isUndefined || first.values[index].isUndefined, try isEqual(value, first.values[index]) else {
                return false
            }
        }
        return true
    }

    /// Counts the steps that a walk through a value takes which cannot count them itself.
    func spend(walking value: Value) throws(JSONataError) {
        guard let children = value.items ?? Members(value)?.values else { return }
        try spend(children.count + 1)
        for index in 0..<children.count { try spend(walking: children[index]) }
    }

    /// For loops that do little each time.
    @inline(__always)
    func pace(_ index: Int) throws(JSONataError) {
        if index & 0x3FF == 0x3FF { try spend(0x400) }
    }

    /// So many numbers, each made of its place.
    func numbers(_ count: Int, _ number: (Int) -> Double) throws(JSONataError) -> [Value] {
        try allocate(elements: count)
        var values: [Value] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            try pace(index)
            values.append(.number(number(index)))
        }
        return values
    }

    /// For work that copies or looks at so many bytes.
    @inline(__always)
    func spend(bytes: Int) throws(JSONataError) {
        if bytes > 256 { try spend(bytes >> 6) }
    }

    /// Where a text occurs first, by its bytes.
    func firstRange(
        of part: String, in text: String, from start: String.Index? = nil
    ) throws(JSONataError) -> Range<String.Index>? {
        try spend(bytes: part.utf8.count)
        let finder = TextFinder(part)
        var search = TextFinder.Search.unfinished(
            position: start.map { text.utf8.distance(from: text.startIndex, to: $0) } ?? 0)
        while case .unfinished(let position) = search {
            search = finder.search(text, from: position)
            if case .unfinished = search { try spend(0x400) }
        }
        guard case .found(let position) = search else { return nil }
        let lower = text.utf8.index(text.startIndex, offsetBy: position)
        return lower..<text.utf8.index(lower, offsetBy: part.utf8.count)
    }

    /// Converts a text in portions.
    func converted(_ text: String, _ convert: (Substring) -> String) throws(JSONataError) -> String {
        try allocate(text.utf8.count)
        let portion = 16_384
        guard text.utf8.count > portion else { return convert(text[...]) }
        var result = ""
        var rest = text[...]
        while !rest.isEmpty {
            try spend(0x400)
            let end =
                rest.unicodeScalars.index(
                    rest.startIndex, offsetBy: portion, limitedBy: rest.endIndex) ?? rest.endIndex
            result += convert(rest[..<end])
            rest = rest[end...]
        }
        return result
    }
}

/// Looks for a text in another one, a limited number of comparisons at a time.
struct TextFinder {
    enum Search {
        case found(Int)
        case absent
        case unfinished(position: Int)
    }

    private static let portion = 65_536

    private let needle: [UInt8]

    init(_ needle: String) { self.needle = Array(needle.utf8) }

    func search(_ text: String, from start: Int) -> Search {
        text.utf8.withContiguousStorageIfAvailable { search($0, from: start) }
            ?? Array(text.utf8).withUnsafeBufferPointer { search($0, from: start) }
    }

    private func search(_ haystack: UnsafeBufferPointer<UInt8>, from start: Int) -> Search {
        guard let first = needle.first else { return .found(start) }
        guard haystack.count >= needle.count else { return .absent }
        var position = start
        var work = 0
        while position <= haystack.count - needle.count {
            if haystack[position] == first {
                var index = 1
                while index < needle.count, haystack[position + index] == needle[index] { index += 1 }
                if index == needle.count { return .found(position) }
                work += index
            }
            position += 1
            work += 1
            if work > Self.portion { return .unfinished(position: position) }
        }
        return .absent
    }
}
