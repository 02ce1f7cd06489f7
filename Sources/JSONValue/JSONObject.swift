/// The members of a JSON object, in the order in which they were written.
///
/// Lookup is a linear search up to 16 members, which is faster than hashing there, and uses an index above.
public struct JSONObject: Sendable {
    public typealias Member = (key: String, value: JSON)

    public private(set) var members: [Member]
    /// Place of each key in `members`; nil while the object is small.
    private var index: [UTF8Key: Int]?

    private static let largestWithoutIndex = 16

    public init() { members = [] }

    /// Of members with the same key the last wins, in the place of the first.
    public init(_ members: some Sequence<(String, JSON)>) {
        self.members = []
        for (key, value) in members { set(key, value) }
    }

    /// Members whose keys are known to be all different.
    package init(distinct members: [Member]) {
        self.members = members
        indexIfLarge()
    }

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }

    /// Setting `nil` removes the member.
    public subscript(key: String) -> JSON? {
        get { position(of: key).map { members[$0].value } }
        set {
            if let newValue {
                set(key, newValue)
            } else if let position = position(of: key) {
                members.remove(at: position)
                index = nil
                indexIfLarge()
            }
        }
    }

    public mutating func reserveCapacity(_ count: Int) { members.reserveCapacity(count) }

    /// Members of `other` replace members of the same key in place; the others follow in their order.
    public func merging(_ other: JSONObject) -> JSONObject {
        var result = self
        for member in other.members { result.set(member.key, member.value) }
        return result
    }

    /// Sets a member and answers whether its key was new.
    @discardableResult
    package mutating func set(_ key: String, _ value: JSON) -> Bool {
        if let position = position(of: key) {
            members[position].value = value
            return false
        }
        members.append((key, value))
        if index != nil {
            index?[UTF8Key(key)] = members.count - 1
        } else {
            indexIfLarge()
        }
        return true
    }

    /// The place of a key in `members`, which is looked for at another place first.
    @inline(__always)
    package func position(of key: String, near place: Int) -> Int? {
        if place < members.count, members[place].key.hasSameUTF8(as: key) { return place }
        return position(of: key)
    }

    /// Whether both are copies of one object, which none of them changed since. False says nothing.
    package func sharesStorage(with other: JSONObject) -> Bool {
        guard count == other.count, !isEmpty else { return false }
        return members.withUnsafeBufferPointer { mine in
            other.members.withUnsafeBufferPointer { mine.baseAddress == $0.baseAddress }
        }
    }

    private func position(of key: String) -> Int? {
        if let index { return index[UTF8Key(key)] }
        return members.withUnsafeBufferPointer { members in
            for position in members.indices where members[position].key.hasSameUTF8(as: key) { return position }
            return nil
        }
    }

    private mutating func indexIfLarge() {
        guard members.count > Self.largestWithoutIndex else { return }
        var index = [UTF8Key: Int](minimumCapacity: members.count * 2)
        for (position, member) in members.enumerated() { index[UTF8Key(member.key)] = position }
        self.index = index
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}

extension JSONObject: Hashable {
    /// Two objects are equal if they have the same members, in whatever order.
    public static func == (left: Self, right: Self) -> Bool {
        guard left.count == right.count else { return false }
        for member in left.members {
            guard let other = right[member.key], other == member.value else { return false }
        }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for member in members {
            var memberHasher = Hasher()
            memberHasher.combine(UTF8Key(member.key))
            memberHasher.combine(member.value)
            // A sum, because the order must not matter.
            sum &+= memberHasher.finalize()
        }
        hasher.combine(count)
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
