/// A compiled regular expression that works on Unicode scalars, backtracks like those of Java and JavaScript, and counts
/// its steps, so that no pattern can keep its caller busy for ever.
///
/// Understood: alternation, groups (capturing, named, non-capturing, atomic), lookahead and lookbehind, greedy, lazy and
/// possessive quantifiers, classes, back references, `\d \w \s \b` (ASCII, but `\s` by dialect), `\x \u \c` escapes.
package struct RegularExpression: Sendable {
    package struct Flags: OptionSet, Sendable, Hashable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// `i`
        package static let ignoresCase = Flags(rawValue: 1)
        /// `m`: `^` and `$` match at line breaks.
        package static let multiline = Flags(rawValue: 2)
        /// `s`
        package static let dotMatchesLineBreaks = Flags(rawValue: 4)
        /// `x`: blanks and `#` comments in the pattern have no meaning.
        package static let comments = Flags(rawValue: 8)
    }

    package enum Dialect: Sendable, Hashable {
        case java
        case ecmaScript
    }

    package struct Match: Sendable, Hashable {
        /// Offsets in the searched scalars.
        package let range: Range<Int>
        /// Ranges of the capturing groups from the first; nil for one that did not take part.
        package let groups: [Range<Int>?]
    }

    package let pattern: String
    package let flags: Flags
    package let dialect: Dialect
    /// Names of the capturing groups, with their numbers from 1.
    package let groupNames: [String: Int]
    let program: RegexProgram

    package init(_ pattern: String, flags: Flags = [], dialect: Dialect) throws(RegularExpressionError) {
        var parser = RegexParser(pattern, flags: flags, dialect: dialect)
        let node = try parser.parse()
        var compiler = RegexCompiler(groupCount: parser.groupCount, flags: flags, dialect: dialect)
        program = try compiler.compile(node)
        groupNames = parser.groupNames
        self.pattern = pattern
        self.flags = flags
        self.dialect = dialect
    }

    /// The first match that begins at `start` or later. Every step is taken from what the meter grants; throws when it
    /// grants no more.
    package func firstMatch(
        in scalars: [Unicode.Scalar], from start: Int = 0, meter: any StepMeter
    ) throws(RegularExpressionError) -> Match? {
        guard start >= 0, start <= scalars.count else { return nil }
        var machine = RegexMachine(program, input: scalars, budget: 0, meter: meter)
        for position in start...scalars.count {
            if let match = try machine.run(at: position, toEnd: false) { return match }
        }
        return nil
    }

    /// The first match that begins at `start` or later. Every step is taken from the budget; throws when it is used up.
    package func firstMatch(
        in scalars: [Unicode.Scalar], from start: Int = 0, budget: inout Int
    ) throws(RegularExpressionError) -> Match? {
        guard start >= 0, start <= scalars.count else { return nil }
        var machine = RegexMachine(program, input: scalars, budget: budget)
        defer { budget = machine.budget }
        for position in start...scalars.count {
            if let match = try machine.run(at: position, toEnd: false) { return match }
        }
        return nil
    }

    /// Whether the expression matches all of a text.
    package func matchesWhole(_ text: String, budget: inout Int) throws(RegularExpressionError) -> Bool {
        var machine = RegexMachine(program, input: Array(text.unicodeScalars), budget: budget)
        defer { budget = machine.budget }
        return try machine.run(at: 0, toEnd: true) != nil
    }
}

/// Whoever lets a search take steps.
package protocol StepMeter: AnyObject {
    /// Some more steps; none ends the search.
    func grantSteps() -> Int
}

extension RegularExpression: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.pattern.utf8.elementsEqual(right.pattern.utf8) && left.flags == right.flags
            && left.dialect == right.dialect
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(pattern)
        hasher.combine(flags)
    }
}

package struct RegularExpressionError: Error, Sendable, Hashable {
    package enum Code: Sendable, Hashable {
        case syntax
        /// The pattern, with its repetitions written out, is too large.
        case tooLarge
        case budgetExceeded
    }

    package let code: Code
    package let message: String
    /// Place in the pattern, counted in Unicode scalars.
    package let offset: Int?

    init(_ code: Code, _ message: String, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.offset = offset
    }
}
