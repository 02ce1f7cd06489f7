import JSONValue
import TestSupport
import Testing

@Suite struct JSONParsingTests {
    @Test(
        arguments: [
            ("null", .null), (" true ", true), ("\t\r\nfalse", false), ("0", 0), ("-0", 0), ("-12", -12), ("1.0", 1.0),
            ("1e2", 100.0), ("1E+2", 100.0), ("12.5e-1", 1.25), ("-0.0", .double(-0.0)),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("9223372036854775808", .number("9223372036854775808")), ("1e400", .number("1e400")),
            ("1e-400", .number("1e-400")), ("0e99999999999999999999", 0.0), ("0.1", 0.1), ("1e23", 1e23),
            ("5e-324", .double(.leastNonzeroMagnitude)), ("1.7976931348623157e308", 1.7976931348623157e308),
            ("123456789012345678.5", .double(123456789012345678.5)),
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u65E5""#, "é日"),
            (#""\ud83d\ude00""#, "😀"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"), (#""\u0000""#, "\u{0}"),
            ("[]", []), ("[ ]", []), ("[1,[2],{}]", [1, [2], [:]]), ("{}", [:]),
            (#"{"a":{"b":[null]}}"#, ["a": ["b": [nil]]]),
            (#"{"a":1,"a":2}"#, ["a": 2]), (#"{"":0}"#, ["": 0]),
            (
                #""long text without anything special in it, over several words""#,
                "long text without anything special in it, over several words"
            ),
        ] as [(String, JSON)])
    func `valid texts`(text: String, expected: JSON) throws {
        #expect(try JSON(parsing: text) == expected)
        #expect(try JSON(parsing: Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        ("", 0), (" ", 1), ("nul", 0), ("nulll", 4), ("TRUE", 0), ("+1", 0), ("01", 1), ("-", 1), ("1.", 2), (".5", 0),
        ("1e", 2), ("1e+", 3), ("0x10", 1), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("1 2", 2), ("[1,]", 3),
        ("[,1]", 1), ("[1 2]", 3), ("[", 1), ("]", 0), ("[1", 2), ("{", 1), (#"{"a"}"#, 4), (#"{"a":}"#, 5),
        (#"{"a":1,}"#, 7), (#"{a:1}"#, 1), (#"{'a':1}"#, 1), (#"{"a":1 "b":2}"#, 7), (#"""#, 1), (#""a"#, 2),
        ("\"a\nb\"", 2), ("\"a\tb\"", 2), (#""\x""#, 2), (#""\u12G4""#, 5), (#""\u12"#, 5), ("// c\n1", 0),
        ("\u{FEFF}1", 0), ("[1]x", 3), ("'a'", 0), ("{\"a\":1}}", 7), ("\u{A0}1", 0),
    ])
    func `invalid texts are refused where they go wrong`(text: String, offset: Int) {
        #expect { _ = try JSON(parsing: text) } throws: { ($0 as? JSONError)?.offset == offset }
    }

    /// Elements and members wait in one place for the ends of all that is open.
    @Test(arguments: [0, 1, 15, 16, 17, 18, 40])
    func `arrays and objects of every size, within each other`(count: Int) throws {
        var expected: JSON = [[], [:], nil]
        for level in 0..<4 {
            let numbers = (0..<count).map { JSON.int(Int64($0)) }
            let members = (0..<count).map { ("\($0)", JSON.int(Int64($0))) }
            let before = JSONObject(members + [("inner", expected)] + members.map { ("after" + $0.0, $0.1) })
            expected = .array(numbers + [.object(before), .string("level \(level)")] + numbers)
        }
        let text = expected.serialized()
        let read = try JSON(parsing: text)
        #expect(read == expected)
        #expect(read.serialized() == text)
        #expect(throws: JSONError.self) { try JSON(parsing: String(text.dropLast())) }
    }

    @Test(arguments: [1, 2, 16, 17, 18, 40])
    func `of members with the same key the last wins, in the place of the first`(count: Int) throws {
        let members = (0..<count).map { #""\#($0)":\#($0)"# } + ["\"0\":[]", "\"\(count - 1)\":{}"]
        let read = try JSON(parsing: "{\(members.joined(separator: ","))}")
        guard case .object(let object) = read else {
            Issue.record("no object")
            return
        }
        #expect(object.keys == (0..<count).map { "\($0)" })
        #expect(object["\(count - 1)"] == [:])
        if count > 1 { #expect(object["0"] == []) }
        if count > 2 { #expect(object["1"] == 1) }
    }

    @Test(arguments: [
        #""\ud83d""#, #""\ude00""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\u0041""#, #""\ude00\ud83d""#,
    ])
    func `half a surrogate pair becomes the replacement character`(text: String) throws {
        let value = try #require(try JSON(parsing: text).stringValue)
        #expect(value.unicodeScalars.contains("\u{FFFD}"))
        #expect(!text.contains("0041") || value == "\u{FFFD}A")
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xFE],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect { _ = try JSON(parsing: [quote, 0x61] + bytes + [quote]) } throws: { ($0 as? JSONError)?.offset == 2 }
        #expect(throws: JSONError.self) { try JSON(parsing: [quote, 0x5C, 0x6E] + bytes + [quote]) }
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test func `nesting is limited`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSON(parsing: nested(512)).isNested(deeperThan: 511))
        #expect(try !JSON(parsing: nested(512)).isNested(deeperThan: 512))
        #expect { _ = try JSON(parsing: nested(513)) } throws: { ($0 as? JSONError)?.offset == 512 }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try JSON(parsing: nested(3), maximumDepth: 2) }
    }

    @Test func `an error knows its line and column`() {
        let text = "{\n  \"é\": 1,\r\n  \"b\": tru\n}"
        #expect { _ = try JSON(parsing: text) } throws: { error in
            guard let error = error as? JSONError else { return false }
            return error.position(in: text) == (3, 8)
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `no mutation of a text makes the parser fail otherwise than by an error`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            var bytes = Array(JSON.random(depth: 3, using: &random).serialized().utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(Array("{}[]\",:\\-e.0u".utf8).randomElement(using: &random) ?? 0, at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            if let value = try? JSON(parsing: bytes) {
                // Whatever is accepted is text that means the same when it is written and read again.
                let text = String(validating: bytes, as: UTF8.self)
                #expect(text != nil)
                #expect(throws: Never.self) { try #expect(JSON(parsing: value.serialized()) == value) }
                let positioned = text.flatMap { try? PositionedJSON.parse($0) }
                #expect(positioned?.value == value)
            }
        }
    }
}
