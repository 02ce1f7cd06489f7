import StatesLanguage
import TestSupport
import Testing

@Suite struct WildcardPatternTests {
    static let cases: [(pattern: String, string: String, matches: Bool)] = [
        ("", "", true), ("", "a", false), ("a", "a", true), ("a", "b", false), ("a", "aa", false),
        ("*", "", true), ("*", "anything", true), ("**", "x", true),
        ("a*", "a", true), ("a*", "abc", true), ("a*", "ba", false),
        ("*.log", "x.log", true), ("*.log", ".log", true), ("*.log", "x.logs", false),
        ("a*a", "a", false), ("a*a", "aa", true), ("a*a", "aba", true),
        ("foo*.log", "foo123.log", true), ("foo*bar*baz", "foobarbaz", true), ("foo*bar*baz", "foo-bar-bar-baz", true),
        ("foo*bar*baz", "foobaz", false), ("*ab*ab*", "ab-ab", true), ("*ab*ab*", "aba", false),
        ("*aab*", "aaab", true), ("*abab*c", "abacababc", true),
        (#"a\*b"#, "a*b", true), (#"a\*b"#, "axb", false), (#"a\\*"#, #"a\b"#, true), (#"a\\*"#, "ab", false),
        (#"\\"#, #"\"#, true), (#"\x"#, #"\x"#, true), (#"a\"#, #"a\"#, true),
        ("é", "e\u{301}", false), ("*é", "xé", true), ("*\u{301}", "e\u{301}", true),
    ]

    @Test(arguments: cases)
    func `a pattern matches the whole string`(_ row: (pattern: String, string: String, matches: Bool)) {
        #expect(WildcardPattern(row.pattern).matches(row.string) == row.matches)
    }

    @Test func `many stars take linear time`() {
        // A matcher that tries every way through this would not end.
        let pattern = WildcardPattern(String(repeating: "a*", count: 500) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 100_000)))
        let runs = WildcardPattern("*" + String(repeating: "a", count: 5_000) + "b*")
        #expect(!runs.matches(String(repeating: "a", count: 100_000)))
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `agrees with the obvious matcher`(seed: UInt64) {
        var random = SeededGenerator(fixed: seed)
        for _ in 0..<500 {
            let pattern = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                ["a", "b", "*"].randomElement(using: &random) ?? "a"
            }.joined()
            let string = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                ["a", "b"].randomElement(using: &random) ?? "a"
            }.joined()
            #expect(
                WildcardPattern(pattern).matches(string) == slowMatch(pattern[...], string[...]),
                "seed \(seed): \(pattern) on \(string)")
        }
    }

    private func slowMatch(_ pattern: Substring, _ string: Substring) -> Bool {
        guard let first = pattern.first else { return string.isEmpty }
        if first == "*" {
            return slowMatch(pattern.dropFirst(), string)
                || (!string.isEmpty && slowMatch(pattern, string.dropFirst()))
        }
        return string.first == first && slowMatch(pattern.dropFirst(), string.dropFirst())
    }
}
