import JSONValue
import Testing

@Suite struct JSONEqualityTests {
    @Test(
        arguments: [
            (1, 1.0, true), (1, 2.0, false), (0, .double(-0.0), true), (.int(.max), 9223372036854775807.0, false),
            ([1, ["a": 2.0]], [1.0, ["a": 2]], true), (["a": 1, "b": 2], ["b": 2, "a": 1], true),
            ([1, 2], [2, 1], false),
            ("1", 1, false), (.null, false, false),
            (.number("12345678901234567890"), .number("12345678901234567890"), true),
            (.number("100000000000000000000"), 1e20, true),
        ] as [(JSON, JSON, Bool)])
    func `equivalence of values`(left: JSON, right: JSON, expected: Bool) {
        #expect(left.isEquivalent(to: right) == expected)
        #expect(right.isEquivalent(to: left) == expected)
        #expect((EquivalentJSON(left) == EquivalentJSON(right)) == expected)
        if expected { #expect(EquivalentJSON(left).hashValue == EquivalentJSON(right).hashValue) }
    }

    @Test func `equality distinguishes the kinds of numbers`() {
        #expect(JSON.int(1) != JSON.double(1))
        #expect(JSON.array([1]) != JSON.array([1.0]))
        #expect(JSON.object(["a": 1, "b": 2]) == JSON.object(["b": 2, "a": 1]))
        #expect(Set<JSON>([1, 1.0, "1", ["a": 1, "b": 2], ["b": 2, "a": 1]]).count == 4)
    }
}
