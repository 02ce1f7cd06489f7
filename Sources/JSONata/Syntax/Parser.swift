internal import JSONValue

/// A parser by top-down operator precedence (Pratt): each token knows how it begins an expression and how it continues
/// the one on its left.
struct Parser {
    private var lexer: Lexer
    private var tree: SyntaxTree
    private var token = Token(.end, position: 0)
    private var nesting = 0
    /// Counts the work, if the expression is parsed during an evaluation.
    private let evaluator: Evaluator?

    /// Expressions are nested no deeper, and trees are no higher, so that neither the parser nor the passes over the
    /// tree nor its release can exhaust a thread's stack.
    static let maximumNesting = 256
    static let maximumHeight = 1_000

    /// What offsets have room for, and more than any tree of that height needs.
    private static let maximumLength = 1 << 28

    private init(_ source: [UInt8], level: CompatibilityLevel, _ evaluator: Evaluator?) {
        self.evaluator = evaluator
        lexer = Lexer(source, level: level)
        tree = SyntaxTree(source: source)
    }

    static func parse(
        _ source: String, level: CompatibilityLevel, during evaluator: Evaluator? = nil
    ) throws(JSONataError) -> SyntaxTree {
        guard source.utf8.count <= maximumLength else { throw .outOfMemory }
        var parser = Parser(Array(source.utf8), level: level, evaluator)
        try parser.advance()
        let root = try parser.parseExpression(0)
        guard parser.token.kind == .end else {
            throw JSONataError(
                "S0201", position: parser.token.position, token: parser.lexer.text(of: parser.token))
        }
        parser.tree.root = root
        parser.tree.unescaped = parser.lexer.unescaped
        return parser.tree
    }

    private mutating func advance(isInfix: Bool = false) throws(JSONataError) {
        token = try lexer.next(isInfix: isInfix)
        if case .symbol(let symbol) = token.kind, symbol == .exclamation || symbol == .tilde {
            throw JSONataError("S0204", position: token.position, token: symbol.rawValue)
        }
    }

    private mutating func advance(past symbol: Symbol, isInfix: Bool = false) throws(JSONataError) {
        guard isAt(symbol) else { throw unexpected(symbol) }
        try advance(isInfix: isInfix)
    }

    private func isAt(_ wanted: Symbol) -> Bool {
        if case .symbol(let symbol) = token.kind { symbol == wanted } else { false }
    }

    private func unexpected(_ symbol: Symbol) -> JSONataError {
        JSONataError(
            token.kind == .end ? "S0203" : "S0202", position: token.position, token: lexer.text(of: token),
            value: .string(symbol.rawValue))
    }

    private mutating func node(_ kind: Syntax.Kind, _ position: Int) -> Syntax.ID { tree.add(kind, position) }

    /// What errors name as the token of a node.
    private func text(of id: Syntax.ID) -> String? {
        let syntax = tree[id]
        if let symbol = syntax.symbol { return symbol }
        switch syntax.kind {
        case .name(let text), .variable(let text), .string(let text): return lexer.string(text)
        default: return nil
        }
    }

    private mutating func parseExpression(_ rightBindingPower: Int) throws(JSONataError) -> Syntax.ID {
        // The nodes are looked at once more by the analysis.
        if let evaluator { try evaluator.spend(16) }
        nesting += 1
        guard nesting <= Self.maximumNesting else { throw .tooDeep(position: token.position) }
        let first = token
        try advance(isInfix: true)
        var left = try parsePrefix(first)
        while case .symbol(let symbol) = token.kind, rightBindingPower < symbol.bindingPower {
            let position = token.position
            try advance()
            left = try parseInfix(symbol, left, position)
            guard tree[left].height <= Self.maximumHeight else { throw .tooDeep(position: position) }
        }
        nesting -= 1
        return left
    }

    // MARK: What begins an expression

    private mutating func parsePrefix(_ first: Token) throws(JSONataError) -> Syntax.ID {
        let position = first.position
        switch first.kind {
        case .end: return node(.end, position)
        case .name: return node(.name(first.text), position)
        case .variable: return node(.variable(first.text), position)
        case .string: return node(.string(first.text), position)
        case .number: return node(.number(first.number), position)
        case .bool(let value): return node(.bool(value), position)
        case .null: return node(.null, position)
        case .regex: return node(.regex(first.text), position)
        case .symbol(let symbol): return try parsePrefix(symbol, first)
        }
    }

    private mutating func parsePrefix(_ symbol: Symbol, _ first: Token) throws(JSONataError) -> Syntax.ID {
        let position = first.position
        switch symbol {
        case .and, .or, .in:
            // The words are names where an operand is expected.
            return node(.name(first.text), position)
        case .minus: return node(.negation(try parseExpression(70)), position)
        case .star: return node(.wildcard, position)
        case .starStar: return node(.descendants, position)
        case .percent: return node(.parent, position)
        case .leftParenthesis: return node(.block(try parseBlock()), position)
        case .leftBracket: return node(.array(try parseArrayItems()), position)
        case .leftBrace: return node(.object(try parsePairs()), position)
        case .bar: return try parseTransform(position)
        default: throw JSONataError("S0211", position: position, token: symbol.rawValue)
        }
    }

    private mutating func parseBlock() throws(JSONataError) -> Syntax.List {
        var expressions = Syntax.List()
        while !isAt(.rightParenthesis) {
            tree.append(try parseExpression(0), to: &expressions)
            guard isAt(.semicolon) else { break }
            try advance(past: .semicolon)
        }
        try advance(past: .rightParenthesis, isInfix: true)
        return expressions
    }

    private mutating func parseArrayItems() throws(JSONataError) -> Syntax.List {
        var items = Syntax.List()
        if !isAt(.rightBracket) {
            while true {
                var item = try parseExpression(0)
                if isAt(.range) {
                    let position = token.position
                    try advance(past: .range)
                    let end = try parseExpression(0)
                    item = node(.binary(.range, item, end), position)
                }
                tree.append(item, to: &items)
                guard isAt(.comma) else { break }
                try advance(past: .comma)
            }
        }
        try advance(past: .rightBracket, isInfix: true)
        return items
    }

    private mutating func parsePairs() throws(JSONataError) -> Syntax.List {
        var pairs = Syntax.List()
        if !isAt(.rightBrace) {
            while true {
                tree.append(try parseExpression(0), to: &pairs)
                try advance(past: .colon)
                tree.append(try parseExpression(0), to: &pairs)
                guard isAt(.comma) else { break }
                try advance(past: .comma)
            }
        }
        try advance(past: .rightBrace, isInfix: true)
        return pairs
    }

    private mutating func parseTransform(_ position: Int) throws(JSONataError) -> Syntax.ID {
        let pattern = try parseExpression(0)
        try advance(past: .bar)
        let update = try parseExpression(0)
        var delete: Syntax.ID?
        if isAt(.comma) {
            try advance(past: .comma)
            delete = try parseExpression(0)
        }
        try advance(past: .bar)
        return node(.transform(pattern: pattern, update: update, delete: delete), position)
    }

    // MARK: What continues an expression

    private mutating func parseInfix(
        _ symbol: Symbol, _ left: Syntax.ID, _ position: Int
    ) throws(JSONataError) -> Syntax.ID {
        switch symbol {
        case .dot: return node(.step(left, try parseExpression(symbol.bindingPower)), position)
        case .leftParenthesis: return try parseCall(left, position)
        case .leftBracket: return try parseFilter(left, position)
        case .leftBrace: return node(.group(left, try parsePairs()), position)
        case .caret: return node(.order(left, try parseSortTerms()), position)
        case .assign:
            guard case .variable(let name) = tree[left].kind else {
                throw JSONataError("S0212", position: tree[left].position, token: text(of: left))
            }
            // One less than its own power, because it binds to the right.
            return node(.bind(name, try parseExpression(symbol.bindingPower - 1)), position)
        case .at, .hash:
            let right = try parseExpression(symbol.bindingPower)
            guard case .variable(let name) = tree[right].kind else {
                throw JSONataError("S0214", position: tree[right].position, token: symbol.rawValue)
            }
            return node(symbol == .at ? .focus(left, name) : .index(left, name), position)
        case .question:
            let then = try parseExpression(0)
            var otherwise: Syntax.ID?
            if isAt(.colon) {
                try advance(past: .colon)
                otherwise = try parseExpression(0)
            }
            return node(.condition(left, then: then, otherwise: otherwise), position)
        case .chain: return node(.apply(left, try parseExpression(symbol.bindingPower)), position)
        case .coalescing: return node(.coalesce(left, try parseExpression(0)), position)
        case .defaulting: return node(.defaulting(left, try parseExpression(0)), position)
        default:
            guard let binary = BinaryOperator(symbol) else { throw unexpected(symbol) }
            return node(.binary(binary, left, try parseExpression(symbol.bindingPower)), position)
        }
    }

    private mutating func parseFilter(_ left: Syntax.ID, _ position: Int) throws(JSONataError) -> Syntax.ID {
        if isAt(.rightBracket) {
            // `[]` is a mark on the expression that the predicates before it apply to.
            var step = left
            while case .filter(let inner, _) = tree[step].kind { step = inner }
            tree.keepArray(step)
            try advance(past: .rightBracket, isInfix: true)
            return left
        }
        let predicate = try parseExpression(0)
        try advance(past: .rightBracket, isInfix: true)
        return node(.filter(left, predicate), position)
    }

    private mutating func parseSortTerms() throws(JSONataError) -> Syntax.List {
        try advance(past: .leftParenthesis)
        var terms = Syntax.List()
        while true {
            let isDescending = isAt(.greater)
            if isDescending || isAt(.less) { try advance() }
            let key = try parseExpression(0)
            tree.append(node(.term(key, isDescending: isDescending), tree[key].position), to: &terms)
            guard isAt(.comma) else { break }
            try advance(past: .comma)
        }
        try advance(past: .rightParenthesis)
        return terms
    }

    private mutating func parseCall(_ procedure: Syntax.ID, _ position: Int) throws(JSONataError) -> Syntax.ID {
        var arguments = Syntax.List()
        var isPartial = false
        if !isAt(.rightParenthesis) {
            while true {
                if isAt(.question) {
                    isPartial = true
                    tree.append(node(.placeholder, token.position), to: &arguments)
                    try advance(past: .question)
                } else {
                    tree.append(try parseExpression(0), to: &arguments)
                }
                guard isAt(.comma) else { break }
                try advance(past: .comma)
            }
        }
        try advance(past: .rightParenthesis, isInfix: true)
        if tree.isName(procedure, "function") || tree.isName(procedure, "λ") {
            return try parseLambda(arguments, position)
        }
        return node(isPartial ? .partial(procedure, arguments) : .call(procedure, arguments), position)
    }

    private mutating func parseLambda(_ arguments: Syntax.List, _ position: Int) throws(JSONataError) -> Syntax.ID {
        for (index, argument) in tree.elements(arguments).enumerated() {
            guard case .variable = tree[argument].kind else {
                throw JSONataError(
                    "S0208", position: tree[argument].position, token: text(of: argument), value: .int(Int64(index + 1))
                )
            }
        }
        var signature: Int32?
        if isAt(.less) {
            let start = token.position
            var text = "<"
            var depth = 1
            while depth > 0, !isAt(.leftBrace) {
                if case .end = token.kind { break }
                try advance()
                if isAt(.greater) {
                    depth -= 1
                } else if isAt(.less) {
                    depth += 1
                }
                text += lexer.text(of: token)
            }
            try advance(past: .greater)
            do throws(JSONataError) {
                signature = tree.add(try Signature(text))
            } catch {
                var placed = error
                placed.position = start + (error.position ?? 0)
                throw placed
            }
        }
        try advance(past: .leftBrace)
        let body = try parseExpression(0)
        try advance(past: .rightBrace)
        return node(.lambda(parameters: arguments, signature: signature, body: body), position)
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
