import Intrinsics
import JSONPath
import JSONValue
import TestSupport
import Testing

@Suite struct IntrinsicCallTests {
    private let scope = PathScope(
        document: [
            "name": "Ada", "list": [1, 2, 3, 2, 1.0], "object": ["a": ["x": 1], "b": 2], "n": nil,
            "big": .number("123456789012345678901234567890"),
            "texts": ["a,b", "(c)"],
        ],
        context: ["Execution": ["Id": "x-1"]], variables: ["v": ["k": 7]])

    private func evaluate(_ text: String, seed: UInt64 = 1) throws -> JSON {
        var random = SeededGenerator(seed: seed)
        return try IntrinsicCall(parsing: text).evaluate(in: scope, using: &random)
    }

    @Test(
        arguments: [
            ("States.Format('Hello {}, {}!', $.name, 'x')", "Hello Ada, x!"),
            ("States.Format('no arguments')", "no arguments"),
            ("States.Format('\\{\\} {}', 1)", "{} 1"), ("States.Format('{ {} }', true)", "{ true }"),
            ("States.Format('it\\'s \\\\ {}', null)", "it's \\ null"), ("States.Format('{}{}', 1.50, 100)", "1.5100"),
            ("States.Format('{}', $.object)", "{a={x=1}, b=2}"), ("States.Format($.name)", "Ada"),
            ("States.Format('a\nb{}', '\"')", "a\nb\""),
            (
                "States.Array(1, -2.5, 'a', true, false, null, $.name, $$.Execution.Id, $v.k)",
                [1, -2.5, "a", true, false, nil, "Ada", "x-1", 7]
            ),
            ("States.Array ( 1 ,States.Array( ) )  ", [1, []]),
            ("States.Array($.list[?(@ > 1)], $['texts'][1])", [[2, 3, 2], "(c)"]),
            ("States.Array($['texts'][0], $.list.length())", ["a,b", 5]),
            ("States.StringToJson('')", nil), ("States.StringToJson(' {\"a\": [1.0, -0]} ')", ["a": [1.0, 0]]),
            ("States.JsonToString($.object)", #"{"a":{"x":1},"b":2}"#),
            ("States.ArrayPartition($.list, 2)", [[1, 2], [3, 2], [1.0]]),
            ("States.ArrayPartition($.list, 2.4)", [[1, 2], [3, 2], [1.0]]),
            ("States.ArrayPartition($.list, 9)", [[1, 2, 3, 2, 1.0]]),
            ("States.ArrayContains($.list, 3.0)", true), ("States.ArrayContains($.list, '3')", false),
            ("States.ArrayRange(1, 5, 2)", [1, 3, 5]), ("States.ArrayRange(5, 1, -2)", [5, 3, 1]),
            ("States.ArrayRange(1, 5, -1)", []),
            ("States.ArrayRange(3, 3, -7)", [3]), ("States.ArrayLength(States.ArrayRange(1, 1000, 1))", 1000),
            ("States.ArrayRange(0.5, 2.4, 1)", [1, 2]),
            ("States.ArrayGetItem($.list, 0)", 1), ("States.ArrayGetItem($.list, 4.0)", 1.0),
            ("States.ArrayLength($.list)", 5),
            ("States.ArrayUnique($.list)", [1, 2, 3]),
            ("States.Base64Encode('é?')", "w6k/"), ("States.Base64Decode('w6k/')", "é?"),
            ("States.Base64Decode('YQ')", "a"),
            ("States.Base64Encode('ab')", "YWI="), ("States.Base64Encode('a')", "YQ=="),
            ("States.Hash('abc', 'SHA-1')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("States.Hash($.n, 'MD5')", "37a6259cc0c1dae299a7866489dff0bd"),
            ("States.JsonMerge($.object, States.StringToJson('{\"a\":{\"y\":2}}'), false)", ["a": ["y": 2], "b": 2]),
            (
                "States.JsonMerge($.object, States.StringToJson('{\"a\":{\"y\":2}}'), true)",
                ["a": ["x": 1, "y": 2], "b": 2]
            ),
            ("States.MathAdd(1, -3)", -2), ("States.MathAdd(0.49999999999999994, 0)", 0),
            ("States.MathAdd(-2.5, 0)", -2),
            ("States.StringSplit('a.b+c', '.+')", ["a", "b", "c"]), ("States.StringSplit('abc', '')", ["abc"]),
            ("States.StringSplit('', ',')", []), ("States.StringSplit('a😀b', '😀')", ["a", "b"]),
            ("States.MathRandom(0, 100, 42)", 30), ("States.MathRandom(0, 1000, 7)", 236),
            ("States.MathRandom(0, 16, -5)", 4),
            ("States.MathRandom(-10, 1073741814, 42)", 781215555),
            ("States.MathRandom(0, 999999937, 123456789012345)", 436980237), ("States.MathRandom(5, 6)", 5),
        ] as [(String, JSON)])
    func `results`(text: String, expected: JSON) throws {
        #expect(try evaluate(text) == expected)
    }

    @Test(arguments: [
        "States.Format('{}')", "States.Format('x', 1)", "States.Format(1)", "States.StringToJson('{')",
        "States.StringToJson(1)",
        "States.ArrayPartition($.list, 0)", "States.ArrayPartition('a', 1)", "States.ArrayPartition($.list, 'a')",
        "States.ArrayRange(1, 10, 0)", "States.ArrayRange(1, 1001, 1)", "States.ArrayRange(1, 5000, 2)",
        "States.ArrayRange(-9223372036854775808, 9223372036854775807, 1)", "States.ArrayGetItem($.list, 5)",
        "States.ArrayGetItem($.list, -1)", "States.ArrayGetItem($.list, 0.5)", "States.ArrayLength($.object)",
        "States.ArrayUnique('a')", "States.Base64Decode('a')", "States.Base64Decode('ab=c')",
        "States.Base64Decode('YQ=')",
        "States.Base64Encode(1)", "States.Hash('a', 'sha-1')", "States.JsonMerge($.list, $.object, false)",
        "States.JsonMerge($.object, $.object, 'false')", "States.MathAdd('1', 2)",
        "States.MathAdd(9223372036854775807, 1)",
        "States.MathAdd(1e300, 1)", "States.MathAdd($.big, 1)", "States.MathRandom(5, 5)",
        "States.StringSplit($.list, ',')",
    ])
    func `refused arguments`(text: String) throws {
        #expect { _ = try evaluate(text) } throws: { error in
            guard case .failed = error as? IntrinsicError else { return false }
            return true
        }
    }

    @Test(arguments: [
        "States.", "States.Nope()", "States.format('')", "States.Format", "States.Format(", "States.Format()",
        "States.Format('a'",
        "States.Format('a',)", "States.Format('a' 'b')", "States.Format(\"a\")", "States.Format('a\\n')",
        "States.Format('a\\\"')",
        "States.Format('a", "States.UUID(1)", "States.UUID() x", "States.UUID()[0]", "States.Array(01)",
        "States.Array(abc)",
        "States.Array([1])", "States.Array($.)", "States.Array($.a, $[)", "States.MathAdd(1)",
        "States.MathAdd(1, 2, 3)",
        "States.Array(nope.Format('a'))", "States.Array(,)", "States.Array('a\\')",
    ])
    func `texts that are no calls`(text: String) {
        #expect { _ = try IntrinsicCall(parsing: text) } throws: { error in
            guard case .invalid = error as? IntrinsicError else { return false }
            return true
        }
    }

    @Test func `ten calls may be nested, eleven may not`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "States.Array(", count: depth) + String(repeating: ")", count: depth)
        }
        #expect(throws: Never.self) { try IntrinsicCall(parsing: nested(10)) }
        #expect(throws: IntrinsicError.self) { try IntrinsicCall(parsing: nested(11)) }
        #expect(throws: IntrinsicError.self) { try IntrinsicCall(parsing: nested(100_000)) }
    }

    @Test func `a path to nothing is told apart from a failure`() throws {
        #expect { _ = try evaluate("States.Array(States.Format('{}', $.missing))") } throws: { error in
            guard case .path(let error, let text) = error as? IntrinsicError else { return false }
            return error.code == .notFound && text == "$.missing"
        }
    }

    @Test func `the paths of all arguments are known`() throws {
        let call = try IntrinsicCall(parsing: "States.Array($.a, States.Format('$.b {}', $$.c), $v[0])")
        #expect(call.paths.map(\.text) == ["$.a", "$$.c", "$v[0]"])
    }

    @Test func `the generator alone decides what is random`() throws {
        let uuid = try #require(try evaluate("States.UUID()", seed: 5).stringValue)
        #expect(uuid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        #expect(try evaluate("States.UUID()", seed: 5) == .string(uuid))
        #expect(try evaluate("States.UUID()", seed: 6) != .string(uuid))
        let number = try evaluate("States.MathRandom(-100, 1000000)", seed: 5)
        #expect(try evaluate("States.MathRandom(-100, 1000000)", seed: 5) == number)
        for seed in 0..<200 as Range<UInt64> {
            let plain = try #require(try evaluate("States.MathRandom(-3, 4.4)", seed: seed).intValue)
            let seeded = try #require(try evaluate("States.MathRandom(-3, 4, \(seed))").intValue)
            #expect((-3..<4).contains(plain) && (-3..<4).contains(seeded))
        }
    }

    @Test(arguments: ["States.Hash('%', 'MD5')", "States.Base64Encode('%')", "States.Base64Decode('%')"])
    func `long texts are refused`(call: String) throws {
        let fits = call.replacing("%", with: String(repeating: "aaaa", count: 2_500))
        #expect(throws: Never.self) { try evaluate(fits) }
        #expect(throws: IntrinsicError.self) { try evaluate(fits.replacing("('aaaa", with: "('aaaaaaaa")) }
    }

    @Test(arguments: [41, 42] as [UInt64])
    func `no text makes the compiler or the evaluation fail otherwise than by an error`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces =
            IntrinsicFunction.allCases.map { $0.rawValue + "(" } + [
                ")", ")", ")", ",", ",", "1", "-2.5", "'a'", "'{}'", "'", "\\", "$.list", "$.object", "$v.k", "$",
                "null",
                "true", " ", "'MD5'", "false", "$.texts[0]", "1e308", "9223372036854775807", "-9223372036854775808",
            ]
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...9, using: &random)
            let text = (0..<count).compactMap { _ in pieces.randomElement(using: &random) }.joined()
            _ = try? IntrinsicCall(parsing: text).evaluate(in: scope, using: &random)
            // Calls with arguments in plausible numbers get further.
            guard let function = IntrinsicFunction.allCases.randomElement(using: &random) else { continue }
            let arguments = (0..<min(function.arity.upperBound, 3)).compactMap { _ in
                [
                    "1", "-2.5", "'a'", "'{}'", "$.list", "$.object", "null", "true", "false", "9223372036854775807",
                    "-9223372036854775808", "'SHA-512'", "0", "1e18",
                ]
                .randomElement(using: &random)
            }
            let call = "\(function.rawValue)(\(arguments.joined(separator: ", ")))"
            _ = try? IntrinsicCall(parsing: call).evaluate(in: scope, using: &random)
        }
    }
}
