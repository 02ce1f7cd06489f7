/// What the parser reads: a tree that follows the text. The analysis makes the plan of it that is executed.
final class Syntax {
    indirect enum Kind {
        /// The end of the text, where an operand was expected.
        case end
        case name(String)
        case variable(String)
        case string(String)
        case number(Double)
        case bool(Bool)
        case null
        case regex(pattern: String, flags: String)
        /// `*`
        case wildcard
        /// `**`
        case descendants
        /// `%`
        case parent
        /// `?` as an argument.
        case placeholder
        case binary(BinaryOperator, Syntax, Syntax)
        /// `left.right`
        case step(Syntax, Syntax)
        /// `left[right]`
        case filter(Syntax, Syntax)
        /// `left{key: value, …}`
        case group(Syntax, [(key: Syntax, value: Syntax)])
        /// `left^(<a, >b)`
        case order(Syntax, [(isDescending: Bool, key: Syntax)])
        /// `left@$name`
        case focus(Syntax, String)
        /// `left#$name`
        case index(Syntax, String)
        /// `$name := value`
        case bind(String, Syntax)
        /// `left ~> right`
        case apply(Syntax, Syntax)
        /// `left ?? right`
        case coalesce(Syntax, Syntax)
        /// `left ?: right`
        case defaulting(Syntax, Syntax)
        case negation(Syntax)
        case array([Syntax])
        case object([(key: Syntax, value: Syntax)])
        case call(Syntax, [Syntax])
        /// A call with placeholders.
        case partial(Syntax, [Syntax])
        case lambda(parameters: [String], signature: Signature?, body: Syntax)
        case condition(Syntax, then: Syntax, otherwise: Syntax?)
        case block([Syntax])
        /// `|pattern|update,delete|`
        case transform(pattern: Syntax, update: Syntax, delete: Syntax?)
    }

    let kind: Kind
    /// Offset of the byte behind the token that the node is named after.
    let position: Int
    /// Followed by `[]`: a result of one item stays an array.
    var keepsArray = false

    /// Levels of the tree below this node.
    let height: Int

    init(_ kind: Kind, _ position: Int) {
        self.kind = kind
        self.position = position
        height = 1 + kind.parts.reduce(0) { max($0, $1.height) }
    }
}

extension Syntax.Kind {
    /// The nodes directly below.
    var parts: [Syntax] {
        switch self {
        case .end, .name, .variable, .string, .number, .bool, .null, .regex, .wildcard, .descendants, .parent,
            .placeholder:
            []
        case .binary(_, let left, let right), .step(let left, let right), .filter(let left, let right),
            .apply(let left, let right), .coalesce(let left, let right), .defaulting(let left, let right):
            [left, right]
        case .group(let left, let pairs): [left] + pairs.flatMap { [$0.key, $0.value] }
        case .order(let left, let terms): [left] + terms.map(\.key)
        case .focus(let left, _), .index(let left, _), .bind(_, let left), .negation(let left): [left]
        case .array(let items), .block(let items): items
        case .object(let pairs): pairs.flatMap { [$0.key, $0.value] }
        case .call(let procedure, let arguments), .partial(let procedure, let arguments): [procedure] + arguments
        case .lambda(_, _, let body): [body]
        case .condition(let condition, let then, let otherwise): [condition, then] + (otherwise.map { [$0] } ?? [])
        case .transform(let pattern, let update, let delete): [pattern, update] + (delete.map { [$0] } ?? [])
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
}
