/// The syntax tree of a regular expression.
indirect enum RegexNode: Sendable {
    case empty
    case scalar(UInt32)
    /// `.`
    case any
    case set(ScalarSet)
    case sequence([RegexNode])
    case alternatives([RegexNode])
    case group(RegexNode, number: Int)
    case atomic(RegexNode)
    case look(RegexNode, isAhead: Bool, isNegated: Bool)
    case backReference(Int)
    case anchor(RegexAnchor)
    case repetition(RegexNode, minimum: Int, maximum: Int?, RepetitionKind)

    enum RepetitionKind: Sendable {
        case greedy, lazy, possessive
    }
}

enum RegexAnchor: Sendable {
    /// `^`
    case lineStart
    /// `$`
    case lineEnd
    /// `\A`
    case textStart
    /// `\z`
    case textEnd
    /// `\Z`: also before a line break at the end.
    case lastLineEnd
    case wordBoundary
    case noWordBoundary
}
