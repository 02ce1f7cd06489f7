import JSONValue
import TestSupport
import Testing

@Suite struct TextBufferTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `what is appended is there, however the buffer grows`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var buffer = TextBuffer(capacity: 0)
        var expected: [UInt8] = []
        for _ in 0..<500 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                buffer.append(UInt8(ascii: "x"))
                expected.append(UInt8(ascii: "x"))
            case 1:
                let number = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0..<64, using: &random)
                buffer.append(number: number)
                expected += String(number).utf8
            case 2:
                let isFirst = Bool.random(using: &random)
                buffer.append(key: "key", isFirst: isFirst)
                expected += (isFirst ? #""key":"# : #","key":"#).utf8
            case 3:
                let word = UInt64.random(in: .min ... .max, using: &random)
                buffer.append(hexadecimal: word)
                let digits = String(word, radix: 16)
                expected += (String(repeating: "0", count: 16 - digits.count) + digits).utf8
            case 4:
                buffer.append(plain: "ab", "")
                expected += #""ab""#.utf8
            default:
                let end = Int.random(in: 0...expected.count, using: &random)
                let place = max(0, end - 9)..<end
                buffer.append(copyOf: place)
                expected += expected[place]
            }
        }
        #expect(buffer.array() == expected, "seed \(seed)")
        #expect(buffer.count == expected.count)
        #expect(buffer.text() == String(decoding: expected, as: UTF8.self))
    }

    /// Texts are looked through and copied, or read, eight bytes at a time.
    @Test(arguments: ["\"", "\\", "\n", "\u{1F}", " ", "\u{7F}", "\u{80}", "é", "😀"])
    func `texts of every length, with something special anywhere, come back`(special: Character) throws {
        for length in 0...26 {
            for place in 0...length {
                var text = String(repeating: "x", count: length)
                text.insert(special, at: text.index(text.startIndex, offsetBy: place))
                var expected = ""
                for scalar in text.unicodeScalars {
                    switch scalar {
                    case "\"", "\\": expected += "\\" + String(scalar)
                    case "\n": expected += "\\n"
                    case "\u{1F}": expected += "\\u001F"
                    default: expected.unicodeScalars.append(scalar)
                    }
                }
                var buffer = TextBuffer()
                buffer.append(quoting: text)
                #expect(buffer.text() == "\"\(expected)\"")
                for ending in ["", "        "] {
                    let read = try JSON(parsing: buffer.text() + ending).stringValue
                    #expect(read.map { Array($0.utf8) } == Array(text.utf8))
                }
            }
        }
    }

    @Test(arguments: [0, 9, 10, -1, .max, .min, 1_700_000_000_123_000] as [Int64])
    func `numbers as texts`(number: Int64) {
        var buffer = TextBuffer()
        buffer.append(number: number)
        #expect(buffer.text() == String(number))
    }
}
