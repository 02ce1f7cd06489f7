/// A value that equals another if ``JSON/isEquivalent(to:)`` says so, for sets of values.
package struct EquivalentJSON: Hashable, Sendable {
    package let value: JSON

    package init(_ value: JSON) { self.value = value }

    package static func == (left: Self, right: Self) -> Bool { left.value.isEquivalent(to: right.value) }

    package func hash(into hasher: inout Hasher) { Self.hash(value, into: &hasher) }

    private static func hash(_ value: JSON, into hasher: inout Hasher) {
        switch value {
        case .int, .double, .number:
            // Equal numbers have the same nearest double, whatever their notation.
            hasher.combine(value.doubleValue ?? 0)
        case .array(let elements):
            hasher.combine(elements.count)
            for element in elements { hash(element, into: &hasher) }
        case .object(let object):
            var sum = 0
            for member in object.members {
                var memberHasher = Hasher()
                memberHasher.combine(UTF8Key(member.key))
                hash(member.value, into: &memberHasher)
                sum &+= memberHasher.finalize()
            }
            hasher.combine(sum)
        default:
            hasher.combine(value)
        }
    }
}
