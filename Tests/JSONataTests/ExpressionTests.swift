import JSONValue
import JSONata
import Testing

@Suite struct ExpressionTests {
    private func evaluate(
        _ source: String, _ input: JSON? = nil, level: CompatibilityLevel = .v22, dialect: Dialect = .jsonata,
        bindings: [String: JSON] = [:], seed: UInt64 = 1, nonFinite: NonFiniteNumbers = .null
    ) throws -> JSON? {
        let environment = EvaluationEnvironment(
            now: Timestamp(milliseconds: 1_700_000_000_123), seed: seed, nonFiniteNumbers: nonFinite,
            hash: { algorithm, bytes in Array(algorithm.rawValue.utf8) + bytes })
        return try JSONata.Expression(source, level: level, dialect: dialect)
            .evaluate(input, bindings: bindings, environment: environment)
    }

    @Test func theInputIsHandedBackAsItWas() throws {
        let input = try JSON(parsing: #"{"id": 9007199254740993, "big": {"n": 12345678901234567890, "f": 1.0}}"#)
        #expect(try evaluate("id", input) == 9_007_199_254_740_993)
        #expect(try evaluate("$", input) == input)
        #expect(try evaluate("big", input)?.serialized() == #"{"n":12345678901234567890,"f":1.0}"#)
    }

    @Test func textsCompareByCodeUnits() throws {
        #expect(try evaluate("'\u{E9}' = 'e\u{301}'") == false)
        #expect(try evaluate("'\u{1F600}' < '\u{FF5E}'") == true)
        #expect(try evaluate("$length('e\u{301}\u{1F600}')") == 3)
        #expect(try evaluate("`e\u{301}`", ["\u{E9}": 1, "e\u{301}": 2]) == 2)
    }

    @Test func keysHaveTheOrderOfJavaScript() throws {
        #expect(try evaluate("$keys({'b': 1, '10': 2, 'a': 3, '9': 4, '01': 5})") == ["9", "10", "b", "a", "01"])
        #expect(try evaluate("*", ["b": 1, "1": 2]) == [2, 1])
    }

    @Test func timeAndChanceComeFromTheEnvironment() throws {
        #expect(try evaluate("$now()") == "2023-11-14T22:13:20.123Z")
        #expect(try evaluate("$millis()") == 1_700_000_000_123)
        let first = try evaluate("[$random(), $random()]", seed: 7)
        #expect(try evaluate("[$random(), $random()]", seed: 7) == first)
        #expect(try evaluate("[$random(), $random()]", seed: 8) != first)
        let uuid = try evaluate("$uuid()", dialect: .statesLanguage, seed: 7)?.stringValue ?? ""
        #expect(uuid.utf8.count == 36 && Array(uuid)[14] == "4")
        #expect(try evaluate("$uuid()", dialect: .statesLanguage, seed: 7)?.stringValue == uuid)
    }

    @Test func theStatesLanguageHasItsOwnFunctions() throws {
        #expect(try evaluate("$random(42)", dialect: .statesLanguage) == 0.7275636800328681)
        #expect(try evaluate("$hash('x', 'MD5')", dialect: .statesLanguage) == "4d443578")
        #expect(try evaluate("$range(10, 1, -4)", dialect: .statesLanguage) == [10, 6, 2])
        #expect(throws: JSONataError.self) { try evaluate("$eval('1')", dialect: .statesLanguage) }
        #expect(throws: JSONataError.self) { try evaluate("$partition([1], 1)") }
        #expect(try evaluate("[1/0, -1/0]", dialect: .statesLanguage, nonFinite: .text) == ["Infinity", "-Infinity"])
    }

    @Test(
        arguments: [
            // An optional parameter takes an argument that does not fit, and leaves none for the next.
            ("($f := function($x, $y)<s?n:x>{ [$x, $type($y)] }; $f(1))", [1]),
            // Numbers far outside of what the function knows.
            ("$round(123.456, -7777777777777777777777)", 0),
            ("$round(1.005, 2)", 1),
            ("$round(1234.5675, 3)", 1234.568),
            ("$round(15, -1)", 20),
            ("$toMillis('99999999999999999999', '[Y]') = $toMillis('2018', '[Y]')", false),
            ("$type($toMillis('99999999999999999999pm', '[h][P]'))", "number"),
            // Members of arrays within arrays, and of a single element.
            ("[[{'a': [1]}, {'a': 2}], {'a': [[3]]}].a", [1, 2, [3]]),
            ("[{'a': {'b': [1, 2]}}, {'a': [{'b': 3}, {'c': 4}]}].a.b", [1, 2, 3]),
            ("[{'a': {'b': [1]}}, 5, 'x', {'a': 1}].a.b", [1]),
            ("[{'a': {'b': 1}}, {'b': 2}].a.b", 1),
        ] as [(String, JSON)])
    func edges(source: String, expected: JSON) throws {
        #expect(try evaluate(source)?.isEquivalent(to: expected) == true, "\(source)")
    }

    /// A path over values from outside takes another way than one over values that an expression has made.
    @Test(arguments: ["a.b", "a.b.c", "a.b[0]", "a[].b", "*.b", "**.b", "a.b{'k': $}", "a^(b)", "b"])
    func pathsAreTheSameOverMadeValues(path: String) throws {
        let documents: [JSON] = [
            ["a": ["b": 1]], ["a": [["b": 1], ["b": [2, 3]]]],
            ["a": [["b": ["c": 1]], ["b": [["c": [1]], ["c": 2]]]]],
            ["a": [[["b": 1], ["b": 2]], ["b": [3]]]], [["a": ["b": [1]]], ["a": ["b": [[2]]]]], ["a": []], ["a": nil],
            ["a": ["b": []]], [[["a": ["b": 1]]]], ["b": [["b": [["b": 1]]]]],
        ]
        for document in documents {
            // JSON is JSONata: the document as an expression is a value made.
            let made = try outcome("($d := " + document.serialized() + "; $d." + path + ")", [:])
            #expect(made == (try outcome("$d." + path, ["d": document])), "\(path) of \(document)")
        }
    }

    private func outcome(_ source: String, _ bindings: [String: JSON]) throws -> String {
        do throws(JSONataError) {
            return try JSONata.Expression(source).evaluate(
                nil, bindings: bindings,
                environment: EvaluationEnvironment(now: Timestamp(milliseconds: 0), seed: 1))?.serialized() ?? "nothing"
        } catch {
            return error.code
        }
    }

    @Test func laterOperatorsAreUnknownBefore() throws {
        #expect(try evaluate("nothing ?? 1") == 1)
        #expect(try evaluate("0 ?: 1") == 1)
        #expect(throws: JSONataError.self) { try evaluate("nothing ?? 1", level: .v206) }
        #expect(throws: JSONataError.self) { try evaluate("0 ?: 1", level: .v206) }
    }

    @Test(
        arguments: [
            ("1 + ", "S0207", "Unexpected end of expression"),
            ("a[1,2)", "S0202", #"Expected "]", got ",""#),
            ("(1", "S0203", #"Expected ")" before end of expression"#),
            (#""x"#, "S0101", "String literal must be terminated by a matching quote"),
            ("1 := 2", "S0212", "The left side of := must be a variable name (start with $)"),
            ("a.1", "S0213", "The literal value 1 cannot be used as a step within a path expression"),
            ("1 }", "S0201", #"Syntax error: "}""#),
            ("/(/", "S0302", "No terminating / in regular expression"),
            ("%", "S0217", "The object representing the 'parent' cannot be derived from this expression"),
        ] as [(String, String, String)])
    func syntaxErrors(source: String, code: String, message: String) {
        do throws(JSONataError) {
            _ = try JSONata.Expression(source)
            Issue.record("\(source) is accepted")
        } catch {
            #expect(error.code == code)
            #expect(error.message == message)
        }
    }

    @Test(
        arguments: [
            ("'é' & (1 + 'x')", "T2002", 10, "+"),
            ("$sum('x')", "T0412", 5, "sum"),
            ("$uppercase(1)", "T0410", 11, "uppercase"),
            ("$nope(1)", "T1006", 6, "nope"),
        ] as [(String, String, Int, String)])
    func evaluationErrors(source: String, code: String, position: Int, token: String) throws {
        let expression = try JSONata.Expression(source)
        do throws(JSONataError) {
            _ = try expression.evaluate(
                nil, environment: EvaluationEnvironment(now: Timestamp(microseconds: 0), seed: 1))
            Issue.record("\(source) yields a value")
        } catch {
            #expect(error.code == code)
            #expect(error.position == position)
            #expect(error.token == token)
        }
    }

    @Test(
        arguments: [
            ("$states.input.a", nil), ("phone", "phone"), ("$order[$.total > 10]", nil), ("$", "$"),
            ("$a.($$.b)", "$$"), ("[1, 2].(x)", nil), ("$f := function($x) { $x.y }", nil),
            ("function($x) { y }", "y"), ("{'a': b}", "b"), ("$x{name: value}", nil),
            ("$map($a, function($v) { $v })", nil),
            ("$a ~> |b|{'c': d}|", nil), ("$a^(b)", nil), ("\"a\".b", nil), ("*", "*"),
        ] as [(String, String?)])
    func topLevelReferences(source: String, name: String?) throws {
        #expect(try JSONata.Expression(source, dialect: .statesLanguage).topLevelReference == name)
    }

    @Test func factsAboutExpressions() throws {
        func variables(_ source: String) throws -> Set<String> { try JSONata.Expression(source).freeVariables }
        #expect(try variables("$a + ($b := $c; $b) + $b") == ["a", "b", "c"])
        #expect(try variables("$map($x, function($y) { $y + $z })") == ["x", "z"])
        #expect(try variables("$f := function($n) { $f($n) }") == [])
        #expect(try JSONata.Expression("1 + $sum([1, 2])").isConstant)
        #expect(try !JSONata.Expression("$now()").isConstant)
        #expect(try !JSONata.Expression("$a").isConstant)
    }

    @Test func functionsAreNoValues() throws {
        let environment = EvaluationEnvironment(now: Timestamp(microseconds: 0), seed: 1)
        let outcome = try JSONata.Expression("$sum").outcome(nil, environment: environment)
        guard case .function = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }
}
