import JSONPath
import JSONValue
import TestSupport
import Testing

@Suite struct PathTests {
    private let scope = PathScope(
        document: ["a": [["n": 1], ["n": 2]], "s": "text", "null": nil],
        context: ["Execution": ["Id": "x-1"]],
        variables: ["list": [10, 20], "größe": ["cm": 180], "x": nil])

    @Test(
        arguments: [
            ("$", .document), ("$.a", .document), ("$['a']", .document), ("$$", .context),
            ("$$.Execution.Id", .context),
            ("$list[0]", .variable("list")), ("$größe.cm", .variable("größe")), ("$x", .variable("x")),
        ] as [(String, Path.Root)])
    func `roots`(text: String, root: Path.Root) throws {
        #expect(try Path(text).root == root)
        #expect(try Path(text).text == text)
    }

    @Test(
        arguments: [
            ("$.a[1].n", 2), ("$.a[*].n", [1, 2]), ("$$.Execution.Id", "x-1"), ("$list[-1]", 20), ("$größe.cm", 180),
            ("$x", nil), ("$.null", nil), ("$list", [10, 20]), ("$.a[?(@.n > 1)].n", [2]),
            ("$$", ["Execution": ["Id": "x-1"]]),
            ("$.missing[*].x", []), ("$list[?(@ > $[0])]", [20]), ("$$..Id", ["x-1"]),
        ] as [(String, JSON)])
    func `values in a scope`(text: String, expected: JSON) throws {
        #expect(try Path(text).evaluate(in: scope) == expected)
    }

    @Test(arguments: ["$.b", "$.a.n", "$.a[2]", "$$.State", "$unknown", "$list[2]", "$x.y", "$.s[0]"])
    func `definite paths to nothing throw`(text: String) throws {
        let path = try Path(text)
        #expect { _ = try path.evaluate(in: scope) } throws: { ($0 as? PathError)?.code == .notFound }
    }

    @Test(arguments: [
        "", "a", ".a", "@.a", " $.a", "$a-b", "$.", "$..", "$...a", "$.a..", "$[", "$[]", "$['a", "$['a'", "$[a]",
        "$.a b",
        "$$$", "$$a", "$1", "$[?(@.a]", "$[?(@.a == )]", "$[?(@.a == 'x)]", "$[?(@.a =~ /(/)]", "$.f()", "$.length(",
        "$[99999999999]", "$[1:99999999999]", "$[?()]", "$[?(@.a &&)]", "$[?(|| @.a)]",
    ])
    func `texts that are no paths are refused`(text: String) {
        #expect { _ = try Path(text) } throws: { ($0 as? PathError)?.code == .invalid }
    }

    @Test(arguments: [
        ("$", true), ("$.a.b[0]['c']", true), ("$$.a", true), ("$v.a", true), ("$[-1]", true), ("$.*", false),
        ("$..a", false), ("$[0,1]", false), ("$[1:]", false), ("$[?(@.a)]", false), ("$.a.length()", false),
        ("$['a','b']", false),
    ])
    func `reference paths`(text: String, expected: Bool) throws {
        #expect(try Path(text).isReferencePath == expected)
    }

    @Test func `keys compare by their bytes`() throws {
        let document = JSON.object(JSONObject([("\u{E9}", 1), ("e\u{301}", 2)]))
        #expect(try Path("$.\u{E9}").evaluate(on: document) == 1)
        #expect(try Path("$['e\u{301}']").evaluate(on: document) == 2)
        #expect(try Path("$.\u{E9}") != Path("$.e\u{301}"))
    }

    @Test(
        arguments: [
            ("$[?(@.p == 10)]", [0, 1, 2]), ("$[?(@.p == '10')]", [0, 1, 2]), ("$[?(@.p == 10.0)]", [0, 1]),
            ("$[?(@.p > 9.5)]", [0, 1, 3, 4]), ("$[?(@.p == 12345678901234567891)]", [3]),
            ("$[?(@.p < 12345678901234567891.5 && @.p > 12345678901234567890.5)]", [3]), ("$[?(@.p == 0.1)]", [5]),
            ("$[?(@.p <= 0.10000000000000001)]", [5]), ("$[?(@.p in ['10', 0.1])]", [0, 1, 2, 5]),
            ("$[?(@.p =~ /1\\d+/)]", [0, 2, 3]), ("$[?(@.p =~ /.*E.*/)]", [4]),
        ] as [(String, [Int])])
    func `numbers in filters`(text: String, expected: [Int]) throws {
        let values: [JSON] = [10, 10.0, "10", .number("12345678901234567891"), 1e300, 0.1]
        let document = JSON.array(values.map { ["p": $0] })
        let expected = expected.map { JSON.object(["p": values[$0]]) }
        #expect(try Path(text).evaluate(on: document) == .array(expected))
    }

    @Test func `evaluations are bounded`() throws {
        var nested: JSON = [1, 2, 3, 4, 5, 6]
        for _ in 0..<6 { nested = .array(Array(repeating: nested, count: 6)) }
        #expect { _ = try Path("$..*..*..*..*..*").evaluate(on: nested) } throws: {
            ($0 as? PathError)?.code == .exception
        }
        let text = JSON.string(String(repeating: "a", count: 40) + "b")
        #expect { _ = try Path("$[?(@ =~ /(a*)*c/)]").evaluate(on: [text]) } throws: {
            ($0 as? PathError)?.code == .exception
        }
        #expect(throws: PathError.self) { try Path("$[?" + String(repeating: "(", count: 100_000)) }
        let parentheses = String(repeating: "(", count: 500) + "@.a" + String(repeating: ")", count: 500)
        #expect(throws: PathError.self) { try Path("$[?\(parentheses)]") }
        let filters = String(repeating: "[?(@.a", count: 500) + String(repeating: ")]", count: 500)
        #expect(throws: PathError.self) { try Path("$\(filters)") }
    }

    @Test(arguments: [21, 22, 23, 24] as [UInt64])
    func `no text makes the compiler or the evaluation fail otherwise than by an error`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "$", ".", "..", "a", "n", "[", "]", "'", "\"", "*", "0", "-1", ":", ",", "?", "(", ")", "@", "==", " ",
            "&&",
            "||", "!", "=~", "/a.*/i", "in", "size", "length()", "[0]", "['a']", "[?(@.a)]", "\\", "é", "sum()", "1e5",
            "[?(@.n > 1)]", "keys()", "true", "null", "{", "}", "[1:2]", "append(1)", "concat('a',$.s)",
        ]
        var compiled = 0
        for _ in 0..<4_000 {
            let text =
                "$"
                + (0..<Int.random(in: 1...9, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
                .joined()
            guard let path = try? Path(text) else { continue }
            compiled += 1
            _ = try? path.evaluate(in: scope)
            _ = try? path.evaluate(on: .random(depth: 3, using: &random))
        }
        #expect(compiled > 50)
    }
}
