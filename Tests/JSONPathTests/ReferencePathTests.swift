import JSONPath
import JSONValue
import Testing

@Suite struct ReferencePathTests {
    @Test(
        arguments: [
            ("$", ["a": 1], 7, 7), ("$.b", ["a": 1], 7, ["a": 1, "b": 7]),
            ("$.a", ["a": 1, "b": 2], 7, ["a": 7, "b": 2]),
            ("$.b.c.d", ["a": 1], 7, ["a": 1, "b": ["c": ["d": 7]]]), ("$['b']['x y']", [:], 7, ["b": ["x y": 7]]),
            ("$.l[1]", ["l": [1, 2]], 7, ["l": [1, 7]]), ("$.l[-1].k", ["l": [1, [:]]], 7, ["l": [1, ["k": 7]]]),
            ("$[0]", [1], nil, [nil]), ("$.a.b", ["a": ["c": 1]], ["x": 1], ["a": ["c": 1, "b": ["x": 1]]]),
        ] as [(String, JSON, JSON, JSON)])
    func `setting a value`(path: String, document: JSON, value: JSON, expected: JSON) throws {
        let result = try ReferencePath(path).setting(value, in: document)
        #expect(result == expected)
        #expect(result.serialized() == expected.serialized())
    }

    @Test(
        arguments: [
            ("$.a", "text"), ("$.a.b", ["a": 1]), ("$.a.b", ["a": nil]), ("$[0]", ["a": 1]), ("$[1]", [1]),
            ("$.a[0]", ["a": [:]]),
            ("$.l[0]", [:]), ("$.a", [1]),
        ] as [(String, JSON)])
    func `places that cannot be reached`(path: String, document: JSON) throws {
        let path = try ReferencePath(path)
        #expect { _ = try path.setting(7, in: document) } throws: { ($0 as? PathError)?.code == .notFound }
    }

    @Test(arguments: [
        "$$", "$$.a", "$v", "$v.a", "$.*", "$..a", "$[0,1]", "$[0:1]", "$[?(@.a)]", "$.a.length()", "a", "",
    ])
    func `paths that name no single place of the document`(path: String) {
        #expect { _ = try ReferencePath(path) } throws: { ($0 as? PathError)?.code == .invalid }
    }
}
