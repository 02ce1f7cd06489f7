internal import JSONValue

/// A parser by top-down operator precedence (Pratt): each token knows how it begins an expression and how it continues
/// the one on its left.
struct Parser {
    private var lexer: Lexer
    private var token = Token(kind: .end, position: 0)
    private var nesting = 0

    /// Expressions are nested no deeper, and trees are no higher, so that neither the parser nor the passes over the
    /// tree nor its release can exhaust a thread's stack.
    static let maximumNesting = 256
    static let maximumHeight = 1_000

    private init(_ source: String, level: CompatibilityLevel) {
        lexer = Lexer(source, level: level)
    }

    static func parse(_ source: String, level: CompatibilityLevel) throws(JSONataError) -> Syntax {
        var parser = Parser(source, level: level)
        try parser.advance()
        let syntax = try parser.parseExpression(0)
        guard case .end = parser.token.kind else {
            throw JSONataError("S0201", position: parser.token.position, token: parser.token.text)
        }
        return syntax
    }

    private mutating func advance(isInfix: Bool = false) throws(JSONataError) {
        token = try lexer.next(isInfix: isInfix)
        switch token.kind {
        case .symbol(.exclamation), .symbol(.tilde):
            throw JSONataError("S0204", position: token.position, token: token.text)
        default: break
        }
    }

    private mutating func advance(past symbol: Symbol, isInfix: Bool = false) throws(JSONataError) {
        guard token.isSymbol(symbol) else { throw unexpected(symbol) }
        try advance(isInfix: isInfix)
    }

    private func unexpected(_ symbol: Symbol) -> JSONataError {
        let isEnd = if case .end = token.kind { true } else { false }
        return JSONataError(
            isEnd ? "S0203" : "S0202", position: token.position, token: token.text, value: .string(symbol.rawValue))
    }

    private mutating func parseExpression(_ rightBindingPower: Int) throws(JSONataError) -> Syntax {
        nesting += 1
        guard nesting <= Self.maximumNesting else { throw .tooDeep(position: token.position) }
        let first = token
        try advance(isInfix: true)
        var left = try parsePrefix(first)
        while case .symbol(let symbol) = token.kind, rightBindingPower < symbol.bindingPower {
            let position = token.position
            try advance()
            left = try parseInfix(symbol, left, position)
            guard left.height <= Self.maximumHeight else { throw .tooDeep(position: position) }
        }
        nesting -= 1
        return left
    }

    // MARK: What begins an expression

    private mutating func parsePrefix(_ first: Token) throws(JSONataError) -> Syntax {
        let position = first.position
        switch first.kind {
        case .end: return Syntax(.end, position)
        case .name(let name): return Syntax(.name(name), position)
        case .variable(let name): return Syntax(.variable(name), position)
        case .string(let value): return Syntax(.string(value), position)
        case .number(let value): return Syntax(.number(value), position)
        case .bool(let value): return Syntax(.bool(value), position)
        case .null: return Syntax(.null, position)
        case .regex(let pattern, let flags): return Syntax(.regex(pattern: pattern, flags: flags), position)
        case .symbol(let symbol): return try parsePrefix(symbol, position)
        }
    }

    private mutating func parsePrefix(_ symbol: Symbol, _ position: Int) throws(JSONataError) -> Syntax {
        switch symbol {
        case .and, .or, .in:
            // The words are names where an operand is expected.
            return Syntax(.name(symbol.rawValue), position)
        case .minus: return Syntax(.negation(try parseExpression(70)), position)
        case .star: return Syntax(.wildcard, position)
        case .starStar: return Syntax(.descendants, position)
        case .percent: return Syntax(.parent, position)
        case .leftParenthesis: return Syntax(.block(try parseBlock()), position)
        case .leftBracket: return Syntax(.array(try parseArrayItems()), position)
        case .leftBrace: return Syntax(.object(try parsePairs()), position)
        case .bar: return try parseTransform(position)
        default: throw JSONataError("S0211", position: position, token: symbol.rawValue)
        }
    }

    private mutating func parseBlock() throws(JSONataError) -> [Syntax] {
        var expressions: [Syntax] = []
        while !token.isSymbol(.rightParenthesis) {
            expressions.append(try parseExpression(0))
            guard token.isSymbol(.semicolon) else { break }
            try advance(past: .semicolon)
        }
        try advance(past: .rightParenthesis, isInfix: true)
        return expressions
    }

    private mutating func parseArrayItems() throws(JSONataError) -> [Syntax] {
        var items: [Syntax] = []
        if !token.isSymbol(.rightBracket) {
            while true {
                var item = try parseExpression(0)
                if token.isSymbol(.range) {
                    let position = token.position
                    try advance(past: .range)
                    item = Syntax(.binary(.range, item, try parseExpression(0)), position)
                }
                items.append(item)
                guard token.isSymbol(.comma) else { break }
                try advance(past: .comma)
            }
        }
        try advance(past: .rightBracket, isInfix: true)
        return items
    }

    private mutating func parsePairs() throws(JSONataError) -> [(key: Syntax, value: Syntax)] {
        var pairs: [(key: Syntax, value: Syntax)] = []
        if !token.isSymbol(.rightBrace) {
            while true {
                let key = try parseExpression(0)
                try advance(past: .colon)
                pairs.append((key, try parseExpression(0)))
                guard token.isSymbol(.comma) else { break }
                try advance(past: .comma)
            }
        }
        try advance(past: .rightBrace, isInfix: true)
        return pairs
    }

    private mutating func parseTransform(_ position: Int) throws(JSONataError) -> Syntax {
        let pattern = try parseExpression(0)
        try advance(past: .bar)
        let update = try parseExpression(0)
        var delete: Syntax?
        if token.isSymbol(.comma) {
            try advance(past: .comma)
            delete = try parseExpression(0)
        }
        try advance(past: .bar)
        return Syntax(.transform(pattern: pattern, update: update, delete: delete), position)
    }

    // MARK: What continues an expression

    private mutating func parseInfix(
        _ symbol: Symbol, _ left: Syntax, _ position: Int
    ) throws(JSONataError) -> Syntax {
        switch symbol {
        case .dot: return Syntax(.step(left, try parseExpression(symbol.bindingPower)), position)
        case .leftParenthesis: return try parseCall(left, position)
        case .leftBracket: return try parseFilter(left, position)
        case .leftBrace: return Syntax(.group(left, try parsePairs()), position)
        case .caret: return Syntax(.order(left, try parseSortTerms()), position)
        case .assign:
            guard case .variable(let name) = left.kind else {
                throw JSONataError("S0212", position: left.position, token: left.text)
            }
            // One less than its own power, because it binds to the right.
            return Syntax(.bind(name, try parseExpression(symbol.bindingPower - 1)), position)
        case .at, .hash:
            let right = try parseExpression(symbol.bindingPower)
            guard case .variable(let name) = right.kind else {
                throw JSONataError("S0214", position: right.position, token: symbol.rawValue)
            }
            return Syntax(symbol == .at ? .focus(left, name) : .index(left, name), position)
        case .question:
            let then = try parseExpression(0)
            var otherwise: Syntax?
            if token.isSymbol(.colon) {
                try advance(past: .colon)
                otherwise = try parseExpression(0)
            }
            return Syntax(.condition(left, then: then, otherwise: otherwise), position)
        case .chain: return Syntax(.apply(left, try parseExpression(symbol.bindingPower)), position)
        case .coalescing: return Syntax(.coalesce(left, try parseExpression(0)), position)
        case .defaulting: return Syntax(.defaulting(left, try parseExpression(0)), position)
        default:
            guard let binary = BinaryOperator(symbol) else { throw unexpected(symbol) }
            return Syntax(.binary(binary, left, try parseExpression(symbol.bindingPower)), position)
        }
    }

    private mutating func parseFilter(_ left: Syntax, _ position: Int) throws(JSONataError) -> Syntax {
        if token.isSymbol(.rightBracket) {
            // `[]` is a mark on the expression that the predicates before it apply to.
            var step = left
            while case .filter(let inner, _) = step.kind { step = inner }
            step.keepsArray = true
            try advance(past: .rightBracket, isInfix: true)
            return left
        }
        let predicate = try parseExpression(0)
        try advance(past: .rightBracket, isInfix: true)
        return Syntax(.filter(left, predicate), position)
    }

    private mutating func parseSortTerms() throws(JSONataError) -> [(isDescending: Bool, key: Syntax)] {
        try advance(past: .leftParenthesis)
        var terms: [(isDescending: Bool, key: Syntax)] = []
        while true {
            let isDescending = token.isSymbol(.greater)
            if isDescending || token.isSymbol(.less) { try advance() }
            terms.append((isDescending, try parseExpression(0)))
            guard token.isSymbol(.comma) else { break }
            try advance(past: .comma)
        }
        try advance(past: .rightParenthesis)
        return terms
    }

    private mutating func parseCall(_ procedure: Syntax, _ position: Int) throws(JSONataError) -> Syntax {
        var arguments: [Syntax] = []
        var isPartial = false
        if !token.isSymbol(.rightParenthesis) {
            while true {
                if token.isSymbol(.question) {
                    isPartial = true
                    arguments.append(Syntax(.placeholder, token.position))
                    try advance(past: .question)
                } else {
                    arguments.append(try parseExpression(0))
                }
                guard token.isSymbol(.comma) else { break }
                try advance(past: .comma)
            }
        }
        try advance(past: .rightParenthesis, isInfix: true)
        if case .name(let name) = procedure.kind, name == "function" || name == "λ" {
            return try parseLambda(arguments, position)
        }
        return Syntax(isPartial ? .partial(procedure, arguments) : .call(procedure, arguments), position)
    }

    private mutating func parseLambda(_ arguments: [Syntax], _ position: Int) throws(JSONataError) -> Syntax {
        var parameters: [String] = []
        for (index, argument) in arguments.enumerated() {
            guard case .variable(let name) = argument.kind else {
                throw JSONataError(
                    "S0208", position: argument.position, token: argument.text, value: .int(Int64(index + 1)))
            }
            parameters.append(name)
        }
        var signature: Signature?
        if token.isSymbol(.less) {
            let start = token.position
            var text = "<"
            var depth = 1
            while depth > 0, !token.isSymbol(.leftBrace) {
                if case .end = token.kind { break }
                try advance()
                if token.isSymbol(.greater) {
                    depth -= 1
                } else if token.isSymbol(.less) {
                    depth += 1
                }
                text += token.text
            }
            try advance(past: .greater)
            do throws(JSONataError) {
                signature = try Signature(text)
            } catch {
                var placed = error
                placed.position = start + (error.position ?? 0)
                throw placed
            }
        }
        try advance(past: .leftBrace)
        let body = try parseExpression(0)
        try advance(past: .rightBrace)
        return Syntax(.lambda(parameters: parameters, signature: signature, body: body), position)
    }
}

extension Syntax {
    /// What errors name as the token.
    var text: String? {
        switch kind {
        case .name(let text), .variable(let text), .string(let text): text
        case .number(let value): value.ecmaScriptText
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        case .end: "(end)"
        case .wildcard: "*"
        case .descendants: "**"
        case .parent: "%"
        case .placeholder, .condition: "?"
        case .binary(let symbol, _, _): symbol.rawValue
        case .step: "."
        case .filter, .array: "["
        case .group, .object: "{"
        case .order: "^"
        case .focus: "@"
        case .index: "#"
        case .bind: ":="
        case .apply: "~>"
        case .coalesce: "??"
        case .defaulting: "?:"
        case .negation: "-"
        case .call, .partial, .lambda, .block: "("
        case .transform: "|"
        case .regex: nil
        }
    }
}

extension JSONataError {
    static func tooDeep(position: Int? = nil) -> JSONataError {
        JSONataError(
            "U1001", position: position,
            details: .init(
                message:
                    """
                    Stack overflow error: Check for non-terminating recursive function.  \
                    Consider rewriting as tail-recursive.
                    """,
                type: "depth"))
    }
}
