/// A node of the syntax tree, which follows the text. The analysis makes the plan of it that is executed.
///
/// Nodes live in the array of their tree and refer to each other by their place there, so that a tree is one
/// allocation however many nodes it has.
struct Syntax {
    typealias ID = Int32

    enum Kind {
        /// The end of the text, where an operand was expected.
        case end
        case name(SourceText)
        case variable(SourceText)
        case string(SourceText)
        case number(Double)
        case bool(Bool)
        case null
        /// The flags reach from behind the slash to the node's position.
        case regex(SourceText)
        /// `*`
        case wildcard
        /// `**`
        case descendants
        /// `%`
        case parent
        /// `?` as an argument.
        case placeholder
        case binary(BinaryOperator, ID, ID)
        /// `left.right`
        case step(ID, ID)
        /// `left[right]`
        case filter(ID, ID)
        /// `left{key: value, …}`; keys and values in turn.
        case group(ID, List)
        /// `left^(<a, >b)`
        case order(ID, List)
        /// One of the terms that are ordered by.
        case term(ID, isDescending: Bool)
        /// `left@$name`
        case focus(ID, SourceText)
        /// `left#$name`
        case index(ID, SourceText)
        /// `$name := value`
        case bind(SourceText, ID)
        /// `left ~> right`
        case apply(ID, ID)
        /// `left ?? right`
        case coalesce(ID, ID)
        /// `left ?: right`
        case defaulting(ID, ID)
        case negation(ID)
        case array(List)
        /// Keys and values in turn.
        case object(List)
        case call(ID, List)
        /// A call with placeholders.
        case partial(ID, List)
        /// The parameters are variables; the signature is one of the tree's.
        case lambda(parameters: List, signature: Int32?, body: ID)
        case condition(ID, then: ID, otherwise: ID?)
        case block(List)
        /// `|pattern|update,delete|`
        case transform(pattern: ID, update: ID, delete: ID?)
    }

    /// Nodes in a row, each of which knows the next one.
    struct List {
        fileprivate(set) var first: ID = -1
        fileprivate(set) var last: ID = -1

        var isEmpty: Bool { first < 0 }
    }

    let kind: Kind
    /// Offset of the byte behind the token that the node is named after.
    var position: Int { Int(offset) }
    /// Followed by `[]`: a result of one item stays an array.
    var keepsArray = false
    /// Levels of the tree from this node down.
    let height: Int16

    private let offset: Int32
    fileprivate var next: ID = -1

    fileprivate init(_ kind: Kind, _ position: Int, height: Int) {
        self.kind = kind
        self.height = Int16(clamping: height)
        offset = Int32(truncatingIfNeeded: position)
    }
}

/// What the parser makes of an expression.
struct SyntaxTree: Sendable {
    var root: Syntax.ID = -1
    /// Texts that differ from their source.
    var unescaped: [String] = []
    private(set) var signatures: [Signature] = []
    private var nodes: [Syntax] = []
    private let source: [UInt8]

    init(source: [UInt8]) {
        self.source = source
        // Seldom has an expression more than one node for three bytes.
        nodes.reserveCapacity(source.count / 3 + 2)
    }

    subscript(id: Syntax.ID) -> Syntax { nodes[Int(id)] }

    func string(_ text: SourceText) -> String { text.string(in: source, unescaped) }

    /// The flags of a regular expression, between its closing slash and its end.
    func flags(behind pattern: SourceText, to position: Int) -> ArraySlice<UInt8> {
        guard case .source(let range) = pattern.place else { return [] }
        return source[min(range.upperBound + 1, position)..<position]
    }

    func isName(_ id: Syntax.ID, _ name: StaticString) -> Bool {
        if case .name(let text) = self[id].kind { text.isEqual(to: name, in: source) } else { false }
    }

    /// The nodes of a list.
    func elements(_ list: Syntax.List) -> Elements { Elements(nodes: nodes, cursor: list.first) }

    func count(_ list: Syntax.List) -> Int {
        var count = 0
        var next = list.first
        while next >= 0 {
            count += 1
            next = nodes[Int(next)].next
        }
        return count
    }

    struct Elements: Sequence, IteratorProtocol {
        fileprivate let nodes: [Syntax]
        fileprivate var cursor: Syntax.ID

        mutating func next() -> Syntax.ID? {
            guard cursor >= 0 else { return nil }
            defer { cursor = nodes[Int(cursor)].next }
            return cursor
        }
    }

    // MARK: Making

    mutating func add(_ kind: Syntax.Kind, _ position: Int) -> Syntax.ID {
        nodes.append(Syntax(kind, position, height: 1 + height(kind)))
        return Syntax.ID(truncatingIfNeeded: nodes.count - 1)
    }

    mutating func append(_ id: Syntax.ID, to list: inout Syntax.List) {
        if list.isEmpty { list.first = id } else { nodes[Int(list.last)].next = id }
        list.last = id
    }

    mutating func keepArray(_ id: Syntax.ID) { nodes[Int(id)].keepsArray = true }

    mutating func add(_ signature: Signature) -> Int32 {
        signatures.append(signature)
        return Int32(truncatingIfNeeded: signatures.count - 1)
    }

    private func height(_ list: Syntax.List) -> Int {
        var height = 0
        var next = list.first
        while next >= 0 {
            height = max(height, self.height(next))
            next = nodes[Int(next)].next
        }
        return height
    }

    private func height(_ id: Syntax.ID) -> Int { Int(nodes[Int(id)].height) }

    /// Levels of the tree below a node.
    private func height(_ kind: Syntax.Kind) -> Int {
        switch kind {
        case .end, .name, .variable, .string, .number, .bool, .null, .regex, .wildcard, .descendants, .parent,
            .placeholder:
            return 0
        case .binary(_, let left, let right), .step(let left, let right), .filter(let left, let right),
            .apply(let left, let right), .coalesce(let left, let right), .defaulting(let left, let right):
            return max(height(left), height(right))
        case .group(let left, let list), .order(let left, let list), .call(let left, let list),
            .partial(let left, let list):
            return max(height(left), height(list))
        case .focus(let left, _), .index(let left, _), .bind(_, let left), .negation(let left), .term(let left, _),
            .lambda(_, _, let left):
            return height(left)
        case .array(let list), .block(let list), .object(let list): return height(list)
        case .condition(let first, let second, let third), .transform(let first, let second, let third):
            return max(height(first), height(second), third.map { height($0) } ?? 0)
        }
    }
}

extension SourceText {
    func string(in source: [UInt8], _ unescaped: [String]) -> String {
        switch place {
        case .source(let range): String(decoding: source[range], as: UTF8.self)
        case .unescaped(let index): unescaped[index]
        }
    }

    func isEqual(to text: StaticString, in source: [UInt8]) -> Bool {
        guard case .source(let range) = place, range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { source[range].elementsEqual($0) }
    }
}

extension Syntax {
    /// What errors name as the token; nil where the node has a text of its own.
    var symbol: String? {
        switch kind {
        case .name, .variable, .string, .regex: nil
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
        case .order, .term: "^"
        case .focus: "@"
        case .index: "#"
        case .bind: ":="
        case .apply: "~>"
        case .coalesce: "??"
        case .defaulting: "?:"
        case .negation: "-"
        case .call, .partial, .lambda, .block: "("
        case .transform: "|"
        }
    }
}

enum BinaryOperator: String {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case concatenate = "&"
    case and, or
    case range = ".."
    case includes = "in"

    init?(_ symbol: Symbol) {
        switch symbol {
        case .plus: self = .add
        case .minus: self = .subtract
        case .star: self = .multiply
        case .slash: self = .divide
        case .percent: self = .remainder
        case .equal: self = .equal
        case .notEqual: self = .notEqual
        case .less: self = .less
        case .lessOrEqual: self = .lessOrEqual
        case .greater: self = .greater
        case .greaterOrEqual: self = .greaterOrEqual
        case .ampersand: self = .concatenate
        case .and: self = .and
        case .or: self = .or
        case .in: self = .includes
        default: return nil
        }
    }
}
