import JSONValue
import TestSupport
import Testing

@Suite struct JSONSerializationTests {
    @Test(
        arguments: [
            (.null, "null"), (true, "true"), (0, "0"), (-7, "-7"), (.int(.min), "-9223372036854775808"),
            (100.0, "100.0"),
            (1e300, "1.0E300"), (1.5e300, "1.5E300"), (0.001, "0.001"), (0.0001, "1.0E-4"), (0.00012345, "1.2345E-4"),
            (9999999.0, "9999999.0"), (1e7, "1.0E7"), (12345678.9, "1.23456789E7"), (-1e-10, "-1.0E-10"),
            (.double(-0.0), "-0.0"), (1e22, "1.0E22"), (123456789012345680.0, "1.2345678901234568E17"),
            (0.1, "0.1"), (2.5e3, "2500.0"), (.double(.nan), "null"),
            (.number("12345678901234567890"), "12345678901234567890"),
            ("", "\"\""), ("a\"b\\c/d", #""a\"b\\c/d""#),
            ("\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}", "\"\\b\\f\\n\\r\\t\\u0001\\u001F\u{7F}\""),
            ("é日😀", "\"é日😀\""), ([], "[]"), ([:], "{}"), ([1, "a", nil], #"[1,"a",null]"#),
            (["b": 1, "a": [:]], #"{"b":1,"a":{}}"#),
        ] as [(JSON, String)])
    func `compact text`(value: JSON, expected: String) {
        #expect(value.serialized() == expected)
    }

    @Test func `indented text`() {
        let value: JSON = ["a": [1, ["b": nil]], "c": [], "d": [:]]
        #expect(
            value.prettyPrinted() == """
                {
                  "a": [
                    1,
                    {
                      "b": null
                    }
                  ],
                  "c": [],
                  "d": {}
                }
                """)
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `what is printed is parsed to the same value`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let value = JSON.random(depth: 4, using: &random)
            let read = try JSON(parsing: value.serialized())
            #expect(read == value)
            #expect(read.hashValue == value.hashValue)
            #expect(read.serialized() == value.serialized())
            #expect(try JSON(parsing: value.prettyPrinted(indent: 3)) == value)
            #expect(value.isEquivalent(to: read))
        }
    }

    @Test func `Java's text of values`() {
        let value: JSON = ["Arg1": 1, "Arg2": [], "s": "x y", "d": 1.0, "n": nil, "o": ["k": [true, "q"]]]
        #expect(value.javaText == "{Arg1=1, Arg2=[], s=x y, d=1.0, n=null, o={k=[true, q]}}")
    }
}
