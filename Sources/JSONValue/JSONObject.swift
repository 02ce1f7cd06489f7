/// The members of a JSON object, in the order in which they were written.
///
/// Lookup is a linear search up to 16 members, which is faster than hashing there, and uses an index above.
public struct JSONObject: Sendable {
    public typealias Member = (key: String, value: JSON)

    // One reference in either case: values are copied far more often than they are looked into.
    @usableFromInline
    enum Storage: Sendable {
        case small([Member])
        case indexed(IndexedMembers)
    }

    @usableFromInline var storage: Storage

    static let largestWithoutIndex = 16

    public init() { storage = .small([]) }

    /// Of members with the same key the last wins, in the place of the first.
    public init(_ members: some Sequence<(String, JSON)>) {
        var builder = JSONObjectBuilder()
        for (key, value) in members { builder.set(key, value) }
        self.init(builder)
    }

    /// Members whose keys are known to be all different.
    package init(distinct members: [Member]) { self.init(JSONObjectBuilder(distinct: members)) }

    /// So few members with different keys that no index is needed.
    init(few members: [Member]) { storage = .small(members) }

    package init(_ builder: consuming JSONObjectBuilder) {
        storage = builder.index == nil ? .small(builder.members) : .indexed(IndexedMembers(builder))
    }

    @inlinable public var members: [Member] {
        switch storage {
        case .small(let members): members
        case .indexed(let indexed): indexed.members
        }
    }

    @inlinable public var count: Int { members.count }
    @inlinable public var isEmpty: Bool {
        // Those with an index are not.
        if case .small(let members) = storage { members.isEmpty } else { false }
    }
    public var keys: [String] { members.map(\.key) }

    /// Setting `nil` removes the member.
    public subscript(key: String) -> JSON? {
        get { position(of: key).map { members[$0].value } }
        set {
            if let newValue {
                set(key, newValue)
            } else if let position = position(of: key) {
                var members = members
                members.remove(at: position)
                self = JSONObject(distinct: members)
            }
        }
    }

    public mutating func reserveCapacity(_ count: Int) {
        guard case .small(var members) = storage else { return }
        storage = .small([])
        members.reserveCapacity(count)
        storage = .small(members)
    }

    /// Members of `other` replace members of the same key in place; the others follow in their order.
    public func merging(_ other: JSONObject) -> JSONObject {
        var result = self
        for member in other.members { result.set(member.key, member.value) }
        return result
    }

    /// Sets a member and answers whether its key was new.
    @discardableResult
    package mutating func set(_ key: String, _ value: JSON) -> Bool {
        // The storage is taken out while it changes, so that it has one owner and is not copied.
        switch storage {
        case .small(let members):
            storage = .small([])
            var builder = JSONObjectBuilder(small: members)
            let isNew = builder.set(key, value)
            self = JSONObject(builder)
            return isNew
        case .indexed(var indexed):
            storage = .small([])
            if !isKnownUniquelyReferenced(&indexed) { indexed = IndexedMembers(indexed.builder) }
            let isNew = indexed.builder.set(key, value)
            storage = .indexed(indexed)
            return isNew
        }
    }

    /// The place of a key in `members`, which is looked for at another place first.
    @inline(__always)
    package func position(of key: String, near place: Int) -> Int? {
        let members = members
        if place < members.count, members[place].key.hasSameUTF8(as: key) { return place }
        return position(of: key)
    }

    /// Whether both are copies of one object, which none of them changed since. False says nothing.
    @inlinable
    package func sharesStorage(with other: JSONObject) -> Bool {
        unsafeBitCast(storage, to: UInt.self) == unsafeBitCast(other.storage, to: UInt.self) && !isEmpty
    }

    private func position(of key: String) -> Int? {
        switch storage {
        case .small(let members): members.position(of: key)
        case .indexed(let indexed): indexed.builder.index?[UTF8Key(key)]
        }
    }
}

extension UnsafeBufferPointer<JSONObject.Member> {
    func position(of key: String) -> Int? {
        let count = key.utf8.count
        for position in indices where self[position].key.utf8.count == count {
            if self[position].key.hasSameBytes(as: key) { return position }
        }
        return nil
    }
}

extension [JSONObject.Member] {
    fileprivate func position(of key: String) -> Int? { withUnsafeBufferPointer { $0.position(of: key) } }
}

/// An object as it is put together.
package struct JSONObjectBuilder: Sendable {
    package private(set) var members: [JSONObject.Member] = []
    /// Place of each key in `members`; nil while the object is small.
    fileprivate private(set) var index: [UTF8Key: Int]?

    package init() {}

    fileprivate init(small members: [JSONObject.Member]) { self.members = members }

    init(distinct members: [JSONObject.Member]) {
        self.members = members
        indexIfLarge()
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

    package func has(_ key: String) -> Bool { position(of: key) != nil }

    private func position(of key: String) -> Int? {
        if let index { return index[UTF8Key(key)] }
        return members.position(of: key)
    }

    private mutating func indexIfLarge() {
        guard members.count > JSONObject.largestWithoutIndex else { return }
        var index = [UTF8Key: Int](minimumCapacity: members.count * 2)
        for (position, member) in members.enumerated() { index[UTF8Key(member.key)] = position }
        self.index = index
    }
}

/// The members of a large object.
// Proof: it changes only while it has one owner, so nobody else can be reading it.
@usableFromInline
final class IndexedMembers: @unchecked Sendable {
    fileprivate(set) var builder: JSONObjectBuilder

    fileprivate init(_ builder: JSONObjectBuilder) { self.builder = builder }

    @usableFromInline var members: [JSONObject.Member] { builder.members }
}

extension JSON {
    /// Whether both are copies of one object, which none of them changed since. False says nothing.
    @inlinable
    package func sharesStorage(with other: JSON) -> Bool {
        guard case .object(let mine) = self, case .object(let theirs) = other else { return false }
        return mine.sharesStorage(with: theirs)
    }

    @inlinable
    package func sharesStorage(with other: JSONObject) -> Bool {
        guard case .object(let mine) = self else { return false }
        return mine.sharesStorage(with: other)
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
