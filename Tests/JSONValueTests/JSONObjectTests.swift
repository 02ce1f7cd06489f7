import JSONValue
import Testing

@Suite struct JSONObjectTests {
    @Test func `members keep their order and the last of a key wins`() {
        let object = JSONObject([("b", 1), ("a", 2), ("b", 3)])
        #expect(object.keys == ["b", "a"])
        #expect(object["b"] == 3)
    }

    @Test(arguments: [3, 16, 17, 40])
    func `lookup, replacement and removal work with and without an index`(count: Int) {
        var object = JSONObject((0..<count).map { ("k\($0)", .int(Int64($0))) })
        object["k1"] = nil
        object["k2"] = "two"
        object["new"] = true
        #expect(object["k1"] == nil)
        #expect(object["k0"] == 0)
        #expect(object["k2"] == "two")
        #expect(object["k\(count - 1)"] != nil)
        #expect(object.count == count)
        #expect(object.keys.last == "new")
    }

    @Test func `keys that are canonically equivalent are different keys`() {
        let object = JSONObject([("\u{E9}", 1), ("e\u{301}", 2)])
        #expect(object.count == 2)
        #expect(object["e\u{301}"] == 2)
        let other = JSONObject([("e\u{301}", 2), ("\u{E9}", 1)])
        #expect(object == other)
        #expect(object.hashValue == other.hashValue)
        #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
    }
}
