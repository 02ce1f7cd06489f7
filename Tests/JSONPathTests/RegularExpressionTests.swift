import JSONPath
import JSONValue
import RegularExpression
import TestSupport
import Testing

@Suite struct RegularExpressionTests {
    private func find(
        _ pattern: String, _ text: String, _ flags: RegularExpression.Flags = [],
        _ dialect: RegularExpression.Dialect = .ecmaScript
    ) throws -> [String?]? {
        let scalars = Array(text.unicodeScalars)
        var budget = 100_000
        let expression = try RegularExpression(pattern, flags: flags, dialect: dialect)
        guard let match = try expression.firstMatch(in: scalars, budget: &budget) else { return nil }
        func string(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
        return [string(match.range)] + match.groups.map { $0.map(string) }
    }

    @Test(
        arguments: [
            ("abc", "xabcx", ["abc"]), ("a.c", "a\nc abc", ["abc"]), ("^b", "ab\nb", nil), ("a|ab", "ab", ["a"]),
            ("(a|ab)(c|bcd)(d*)", "abcd", ["abcd", "a", "bcd", ""]), ("a*", "baa", [""]), ("a+?", "aa", ["a"]),
            ("(a*)*", "b", ["", nil]), ("(?:a|b)+", "abab", ["abab"]),
            ("(z)((a+)?(b+)?(c))*", "zaacbbbcac", ["zaacbbbcac", "z", "ac", "a", nil, "c"]),
            ("(?=(a+))", "baaabac", ["", "aaa"]), ("(?=(a+))a*b\\1", "baaabac", ["aba", "a"]),
            ("(.*?)a(?!(a+)b\\2c)\\2(.*)", "baaabaac", ["baaabaac", "ba", nil, "abaac"]),
            ("\\bfoo\\b", "a foo b", ["foo"]),
            ("[^a-c]+", "abcdefabc", ["def"]), ("[\\d-x]+", "a1-x2", ["1-x2"]), ("[]a]", "a]", nil),
            ("[^]", "\n", ["\n"]),
            ("\\u0041\\x42", "AB", ["AB"]), ("a{2,3}", "aaaa", ["aaa"]), ("a{2}", "aaaa", ["aa"]),
            ("a{2,}?", "aaaa", ["aa"]),
            ("a{,2}", "a{,2}", ["a{,2}"]), ("(?<year>\\d{4})-\\k<year>", "2024-2024", ["2024-2024", "2024"]),
            ("(?<=\\$)\\d+", "a$42", ["42"]), ("(?<!\\$)\\b\\d+", "$42 17", ["17"]), ("\\s", "\u{A0}", ["\u{A0}"]),
            ("\\w", "é", nil), ("(a)|b", "b", ["b", nil]), ("😀+", "a😀😀", ["😀😀"]), ("\\1(a)", "a", ["a", "a"]),
            ("x*$", "ax\n", [""]), ("\\/", "a/b", ["/"]), ("", "abc", [""]), ("(a*)?", "baa", ["", nil]),
            ("(a*){1,2}", "a", ["a", "a"]), ("\\1", "\u{1}", ["\u{1}"]), ("\\8", "8", ["8"]), ("(?:^)*b", "ab", ["b"]),
        ] as [(String, String, [String?]?)])
    func `matches of JavaScript`(pattern: String, text: String, expected: [String?]?) throws {
        #expect(try find(pattern, text) == expected)
    }

    @Test(
        arguments: [
            ("a", "xA", .ignoresCase, ["A"]), ("[a-z]+", "ÀBC", .ignoresCase, ["BC"]), ("é", "É", .ignoresCase, ["É"]),
            ("^b$", "a\nb\nc", .multiline, ["b"]), ("a.b", "a\nb", .dotMatchesLineBreaks, ["a\nb"]),
            ("(a)\\1", "aA", .ignoresCase, ["aA", "a"]),
        ] as [(String, String, RegularExpression.Flags, [String?]?)])
    func `flags`(pattern: String, text: String, flags: RegularExpression.Flags, expected: [String?]?) throws {
        #expect(try find(pattern, text, flags) == expected)
    }

    @Test(
        arguments: [
            ("a++b", "aaab", ["aaab"]), ("a++ab", "aaab", nil), ("(?>a|ab)c", "abc", nil),
            ("[a-f&&[^c]]+", "cabc", ["ab"]),
            ("[]a]+", "a]", ["a]"]), ("\\Qa.b\\E", "axb a.b", ["a.b"]), ("\\s", "\u{A0}", nil), ("a$", "a\n", ["a"]),
            ("a\\z", "a\n", nil), ("\\Aa", "ba", nil), ("[a[xy]]+", "bxay", ["xay"]), ("(a)?\\1b", "b", nil),
            ("(a*)?", "baa", ["", ""]), ("(a*){1,2}", "a", ["a", ""]), ("\\1", "1", nil), ("^*b", "ab", ["b"]),
            ("(a*)?", "baa", ["", ""]), ("(a*){1,2}", "a", ["a", ""]), ("\\1", "1", nil), ("^*b", "ab", ["b"]),
        ] as [(String, String, [String?]?)])
    func `matches of Java`(pattern: String, text: String, expected: [String?]?) throws {
        #expect(try find(pattern, text, [], .java) == expected)
    }

    @Test(arguments: [
        "(", ")", "(a", "[a", "*", "a**", "(?", "(?<a", "[b-a]", "\\", "a{3,2}", "(?<n>a)(?<n>b)", "\\k<x>", "(?<1>a)",
        "{2}", "a{100000}", "((a{1000}){1000}){1000}",
    ])
    func `patterns that are refused`(pattern: String) {
        #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern, dialect: .ecmaScript) }
        #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern, dialect: .java) }
    }

    @Test(arguments: ["(a*)*c", "(a|a)*c", "(a+)+$", "(?=(a+)+c)", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)c", "(?<=(a+)+)c"])
    func `patterns that explode end with the budget`(pattern: String) throws {
        let expression = try RegularExpression(pattern, dialect: .ecmaScript)
        let text = Array((String(repeating: "a", count: 60) + "!").unicodeScalars)
        var budget = 200_000
        #expect { _ = try expression.firstMatch(in: text, budget: &budget) } throws: {
            ($0 as? RegularExpressionError)?.code == .budgetExceeded
        }
        #expect(budget <= 0)
    }

    @Test(arguments: ["^*", "a\\b+", "(?<=a)?", "$?"])
    func `JavaScript repeats no assertions`(pattern: String) {
        #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern, dialect: .ecmaScript) }
        #expect(throws: Never.self) { try RegularExpression(pattern, dialect: .java) }
    }

    @Test func `a whole match looks for alternatives that reach the end`() throws {
        let expression = try RegularExpression("a|ab|abc", dialect: .java)
        var budget = 1_000
        #expect(try expression.matchesWhole("abc", budget: &budget))
        #expect(try !expression.matchesWhole("abcd", budget: &budget))
        #expect(budget < 1_000)
    }

    @Test(arguments: [31, 32, 33] as [UInt64])
    func `no pattern makes the compiler or the machine fail otherwise than by an error`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "a", "b", "(", ")", "(?:", "(?=", "(?!", "(?<=", "(?<n>", "[", "]", "^", "-", "$", ".", "*", "+", "?",
            "{2}",
            "{0,3}", "|", "\\", "\\d", "\\b", "\\1", "\\k<n>", "é", "&&", "\\u0061", "(?>", "\\Q", "\\E", "0",
        ]
        var compiled = 0
        for round in 0..<6_000 {
            let pattern = (0..<Int.random(in: 1...10, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }.joined()
            guard let expression = try? RegularExpression(pattern, dialect: round % 2 == 0 ? .java : .ecmaScript) else {
                continue
            }
            compiled += 1
            var budget = 5_000
            _ = try? expression.firstMatch(in: Array("aabb\nab0é".unicodeScalars), budget: &budget)
        }
        #expect(compiled > 200)
    }
}
