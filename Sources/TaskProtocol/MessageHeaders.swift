/// The headers of a message, of which there are few: found by going through them. Their order has no meaning.
package struct MessageHeaders: Sendable {
    package typealias Element = (key: HeaderName, value: HeaderValue)

    /// Other modules go through them rather than through the collection, which costs several times as much there.
    package private(set) var entries: [Element] = []

    package init() {}

    /// - Parameter capacity: how many headers there are likely to be.
    package init(capacity: Int) { entries.reserveCapacity(capacity) }

    package subscript(name: HeaderName) -> HeaderValue? {
        get {
            for entry in entries where entry.key == name { return entry.value }
            return nil
        }
        set {
            let index = entries.firstIndex { $0.key == name }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// Adds a header that is known not to be there.
    package mutating func append(_ name: HeaderName, _ value: HeaderValue) { entries.append((name, value)) }

    mutating func removeAll(where condition: (Element) -> Bool) { entries.removeAll(where: condition) }
}

extension MessageHeaders: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }
    package subscript(position: Int) -> Element { entries[position] }
}

extension MessageHeaders: Hashable {
    package static func == (one: MessageHeaders, other: MessageHeaders) -> Bool {
        one.count == other.count && one.entries.allSatisfy { other[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        // The same in any order.
        var sum = 0
        for entry in entries {
            var single = Hasher()
            single.combine(entry.key)
            single.combine(entry.value)
            sum &+= single.finalize()
        }
        hasher.combine(sum)
    }
}

extension MessageHeaders: ExpressibleByDictionaryLiteral, CustomStringConvertible {
    package init(dictionaryLiteral elements: (HeaderName, HeaderValue)...) {
        self.init(capacity: elements.count)
        for (name, value) in elements { self[name] = value }
    }

    package var description: String { "\(entries.map { "\($0.key): \($0.value)" })" }
}
