extension JSON: Hashable {
    /// Same value and same kind of number: `1` and `1.0` differ. See ``isEquivalent(to:)`` for equality of values.
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.double(let left), .double(let right)): left == right
        case (.number(let left), .number(let right)): left.hasSameUTF8(as: right)
        case (.string(let left), .string(let right)): left.hasSameUTF8(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0 as UInt8)
        case .bool(let value):
            hasher.combine(1 as UInt8)
            hasher.combine(value)
        case .int(let value):
            hasher.combine(2 as UInt8)
            hasher.combine(value)
        case .double(let value):
            hasher.combine(3 as UInt8)
            hasher.combine(value)
        case .number(let literal):
            hasher.combine(4 as UInt8)
            hasher.combine(UTF8Key(literal))
        case .string(let value):
            hasher.combine(5 as UInt8)
            hasher.combine(UTF8Key(value))
        case .array(let elements):
            hasher.combine(6 as UInt8)
            hasher.combine(elements)
        case .object(let object):
            hasher.combine(7 as UInt8)
            hasher.combine(object)
        }
    }
}

extension JSON {
    public var isNumber: Bool {
        switch self {
        case .int, .double, .number: true
        default: false
        }
    }

    /// Deep equality of values: like `==`, but numbers of equal value are equal whatever their notation, at any depth.
    public func isEquivalent(to other: JSON) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isEquivalent(to: $1) }
        case (.object(let left), .object(let right)):
            guard left.count == right.count else { return false }
            return left.members.allSatisfy { member in
                right[member.key].map { member.value.isEquivalent(to: $0) } ?? false
            }
        case (.int(let left), .double(let right)), (.double(let right), .int(let left)):
            // Through Int64, because near 2^63 different integers have the same double.
            return Int64(exactly: right) == left
        case (.number(let left), .number(let right)):
            return left.hasSameUTF8(as: right)
        case (.number, .int), (.int, .number):
            // A literal is kept only for a number outside of 64 bits.
            return false
        case (.number, .double), (.double, .number):
            return doubleValue == other.doubleValue
        default:
            return self == other
        }
    }

    /// Whether arrays and objects are nested more than `limit` deep. Visits no more than that many levels.
    public func isNested(deeperThan limit: Int) -> Bool {
        switch self {
        case .array(let elements):
            limit <= 0 || elements.contains { $0.isNested(deeperThan: limit - 1) }
        case .object(let object):
            limit <= 0 || object.members.contains { $0.value.isNested(deeperThan: limit - 1) }
        default:
            false
        }
    }
}
