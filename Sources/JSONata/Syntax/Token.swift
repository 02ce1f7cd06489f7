/// A lexical unit of an expression.
struct Token {
    enum Kind {
        case end
        case name(String)
        case variable(String)
        case string(String)
        case number(Double)
        case bool(Bool)
        case null
        case regex(pattern: String, flags: String)
        case symbol(Symbol)
    }

    let kind: Kind
    /// Offset of the byte behind the token.
    let position: Int

    /// The text that errors show.
    var text: String {
        switch kind {
        case .end: "(end)"
        case .name(let text), .variable(let text), .string(let text): text
        case .number(let value): value.ecmaScriptText
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        case .regex(let pattern, let flags): "/\(pattern)/\(flags)"
        case .symbol(let symbol): symbol.rawValue
        }
    }

    func isSymbol(_ wanted: Symbol) -> Bool {
        if case .symbol(let symbol) = kind { symbol == wanted } else { false }
    }
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
