/// What the parser reads: a tree that follows the text. The analysis makes the plan of it that is executed.
final class Syntax: @unchecked Sendable {
    enum Kind {
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
        height = 1 + kind.height
    }
}

extension Syntax.Kind {
    /// Levels of the tree.
    fileprivate var height: Int {
        func highest(_ list: [Syntax]) -> Int {
            var height = 0
            for syntax in list { height = max(height, syntax.height) }
            return height
        }
        func highest(_ pairs: [(key: Syntax, value: Syntax)]) -> Int {
            var height = 0
            for pair in pairs { height = max(height, pair.key.height, pair.value.height) }
            return height
        }
        switch self {
        case .end, .name, .variable, .string, .number, .bool, .null, .regex, .wildcard, .descendants, .parent,
            .placeholder:
            return 0
        case .binary(_, let left, let right), .step(let left, let right), .filter(let left, let right),
            .apply(let left, let right), .coalesce(let left, let right), .defaulting(let left, let right):
            return max(left.height, right.height)
        case .group(let left, let pairs): return max(left.height, highest(pairs))
        case .order(let left, let terms): return terms.reduce(left.height) { max($0, $1.key.height) }
        case .focus(let left, _), .index(let left, _), .bind(_, let left), .negation(let left): return left.height
        case .array(let items), .block(let items): return highest(items)
        case .object(let pairs): return highest(pairs)
        case .call(let procedure, let arguments), .partial(let procedure, let arguments):
            return max(procedure.height, highest(arguments))
        case .lambda(_, _, let body): return body.height
        case .condition(let condition, let then, let otherwise):
            return max(condition.height, then.height, otherwise?.height ?? 0)
        case .transform(let pattern, let update, let delete):
            return max(pattern.height, update.height, delete?.height ?? 0)
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
