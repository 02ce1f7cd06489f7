/// A lexical unit of an expression. What it says stays in the source until somebody needs it as a `String`.
struct Token {
    enum Kind: Equatable {
        case end, name, variable, string, number, null, regex
        case bool(Bool)
        case symbol(Symbol)
    }

    let kind: Kind
    /// Of names without their quotes, of variables without `$`, of regular expressions the pattern.
    let text: SourceText
    let number: Double
    /// Offset of the byte behind the token.
    let position: Int

    init(_ kind: Kind, _ text: SourceText = .none, number: Double = 0, position: Int) {
        self.kind = kind
        self.text = text
        self.number = number
        self.position = position
    }
}

/// A part of the source; or, where escapes make the text differ from its source, the place of a text in a list.
struct SourceText {
    private let low: Int32
    private let high: Int32

    /// Sources are much shorter than 2^31 bytes; the lexer sees to it.
    init(_ range: Range<Int>) {
        low = Int32(truncatingIfNeeded: range.lowerBound)
        high = Int32(truncatingIfNeeded: range.upperBound)
    }

    init(unescaped index: Int) {
        low = Int32(truncatingIfNeeded: index)
        high = -1
    }

    static let none = SourceText(0..<0)

    enum Place {
        case source(Range<Int>)
        case unescaped(Int)
    }

    var place: Place { high < 0 ? .unescaped(Int(low)) : .source(Int(low)..<Int(high)) }
}

/// Operators and punctuation.
enum Symbol: String {
    case dot = "."
    case leftBracket = "["
    case rightBracket = "]"
    case leftBrace = "{"
    case rightBrace = "}"
    case leftParenthesis = "("
    case rightParenthesis = ")"
    case comma = ","
    case at = "@"
    case hash = "#"
    case semicolon = ";"
    case colon = ":"
    case question = "?"
    case plus = "+"
    case minus = "-"
    case star = "*"
    case slash = "/"
    case percent = "%"
    case bar = "|"
    case equal = "="
    case less = "<"
    case greater = ">"
    case caret = "^"
    case starStar = "**"
    case range = ".."
    case assign = ":="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case chain = "~>"
    case and, or
    case `in` = "in"
    case ampersand = "&"
    /// Not operators, but they end a name.
    case exclamation = "!"
    case tilde = "~"
    /// Since 2.1.0.
    case defaulting = "?:"
    case coalescing = "??"

    /// The symbol of one character.
    @inline(__always)
    init?(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "."): self = .dot
        case UInt8(ascii: "["): self = .leftBracket
        case UInt8(ascii: "]"): self = .rightBracket
        case UInt8(ascii: "{"): self = .leftBrace
        case UInt8(ascii: "}"): self = .rightBrace
        case UInt8(ascii: "("): self = .leftParenthesis
        case UInt8(ascii: ")"): self = .rightParenthesis
        case UInt8(ascii: ","): self = .comma
        case UInt8(ascii: "@"): self = .at
        case UInt8(ascii: "#"): self = .hash
        case UInt8(ascii: ";"): self = .semicolon
        case UInt8(ascii: ":"): self = .colon
        case UInt8(ascii: "?"): self = .question
        case UInt8(ascii: "+"): self = .plus
        case UInt8(ascii: "-"): self = .minus
        case UInt8(ascii: "*"): self = .star
        case UInt8(ascii: "/"): self = .slash
        case UInt8(ascii: "%"): self = .percent
        case UInt8(ascii: "|"): self = .bar
        case UInt8(ascii: "="): self = .equal
        case UInt8(ascii: "<"): self = .less
        case UInt8(ascii: ">"): self = .greater
        case UInt8(ascii: "^"): self = .caret
        case UInt8(ascii: "&"): self = .ampersand
        case UInt8(ascii: "!"): self = .exclamation
        case UInt8(ascii: "~"): self = .tilde
        default: return nil
        }
    }

    /// How strongly the symbol binds what stands left of it; 0 for those that cannot follow an expression.
    var bindingPower: Int {
        switch self {
        case .leftBracket, .leftParenthesis, .at, .hash: 80
        case .dot: 75
        case .leftBrace: 70
        case .star, .slash, .percent: 60
        case .plus, .minus, .ampersand: 50
        case .equal, .less, .greater, .caret, .notEqual, .lessOrEqual, .greaterOrEqual, .chain, .in,
            .defaulting, .coalescing:
            40
        case .and: 30
        case .or: 25
        case .question: 20
        case .assign: 10
        default: 0
        }
    }
}
