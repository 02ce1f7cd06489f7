/// What can be told about an expression without evaluating it.
struct SyntaxFacts: Sendable {
    /// Variables that the expression takes from outside.
    private(set) var freeVariables: Set<String> = []
    /// The first name that refers to a member of the input document, or `$` or `$$` for the document itself.
    private(set) var topLevelReference: String?
    /// Members that are taken from `$states` by name.
    private(set) var statesFields: Set<String> = []
    /// Whether the result is the same each time.
    private(set) var isConstant = true

    private let dialect: Dialect
    private let tree: SyntaxTree

    init(_ tree: SyntaxTree, dialect: Dialect) {
        self.tree = tree
        self.dialect = dialect
        visit(tree.root, isNested: false, bound: [])
    }

    /// `isNested`: the context is an item that the expression has selected, not the document.
    private mutating func visit(_ id: Syntax.ID, isNested: Bool, bound: Set<String>) {
        var bound = bound
        visit(id, isNested, &bound)
    }

    private mutating func visit(_ list: Syntax.List, _ isNested: Bool, _ bound: inout Set<String>) {
        for id in tree.elements(list) { visit(id, isNested, &bound) }
    }

    private mutating func refer(_ name: String, _ isNested: Bool) {
        isConstant = false
        if !isNested, topLevelReference == nil { topLevelReference = name }
    }

    private mutating func visit(_ id: Syntax.ID, _ isNested: Bool, _ bound: inout Set<String>) {
        switch tree[id].kind {
        case .end, .string, .number, .bool, .null, .regex, .placeholder: break
        case .name(let name): refer(tree.string(name), isNested)
        case .wildcard: refer("*", isNested)
        case .descendants: refer("**", isNested)
        case .parent: refer("%", isNested)
        case .variable(let name): visit(variable: tree.string(name), isNested, bound)
        case .binary(_, let left, let right), .apply(let left, let right), .coalesce(let left, let right),
            .defaulting(let left, let right):
            visit(left, isNested, &bound)
            visit(right, isNested, &bound)
        case .step(let left, let right):
            visit(left, isNested, &bound)
            if case .variable(let variable) = tree[left].kind, tree.string(variable) == "states",
                case .name(let name) = tree[right].kind, !bound.contains("states")
            {
                statesFields.insert(tree.string(name))
            }
            if case .string = tree[right].kind { break }
            visit(right, true, &bound)
        case .filter(let left, let predicate):
            visit(left, isNested, &bound)
            visit(predicate, true, &bound)
        case .group(let left, let list), .order(let left, let list):
            visit(left, isNested, &bound)
            visit(list, true, &bound)
        case .focus(let left, let name), .index(let left, let name):
            visit(left, isNested, &bound)
            bound.insert(tree.string(name))
        case .bind(let name, let value):
            // A function may call itself by the name it is bound to.
            if case .lambda = tree[value].kind { bound.insert(tree.string(name)) }
            visit(value, isNested, &bound)
            bound.insert(tree.string(name))
        case .negation(let operand), .term(let operand, _): visit(operand, isNested, &bound)
        case .array(let list), .object(let list): visit(list, isNested, &bound)
        case .call(let procedure, let arguments), .partial(let procedure, let arguments):
            visit(procedure, isNested, &bound)
            visit(arguments, isNested, &bound)
        case .lambda(let parameters, _, let body):
            // The body has the context of the place where the function is defined.
            var inner = bound
            for parameter in tree.elements(parameters) {
                if case .variable(let name) = tree[parameter].kind { inner.insert(tree.string(name)) }
            }
            visit(body, isNested: isNested, bound: inner)
        case .condition(let condition, let then, let otherwise):
            visit(condition, isNested, &bound)
            visit(then, isNested, &bound)
            if let otherwise { visit(otherwise, isNested, &bound) }
        case .block(let expressions):
            var inner = bound
            visit(expressions, isNested, &inner)
        case .transform(let pattern, let update, let delete):
            visit(pattern, true, &bound)
            visit(update, true, &bound)
            if let delete { visit(delete, true, &bound) }
        }
    }

    private mutating func visit(variable name: String, _ isNested: Bool, _ bound: Set<String>) {
        switch name {
        case "": refer("$", isNested)
        case "$": refer("$$", false)
        case _ where bound.contains(name): break
        case _ where Builtin.named(name, dialect) != nil: if Self.impure.contains(name) { isConstant = false }
        default:
            isConstant = false
            freeVariables.insert(name)
        }
    }

    private static let impure: Set<String> = ["now", "millis", "random", "uuid", "shuffle", "eval"]
}

extension Expression {
    /// Variables that the expression does not bind itself and that are no functions, without `$`.
    public var freeVariables: Set<String> { facts.freeVariables }

    /// The members of the variable `$states` that the expression names.
    public var statesFields: Set<String> { facts.statesFields }

    /// Whether every evaluation yields the same, whatever the input, the variables and the time.
    public var isConstant: Bool { facts.isConstant }

    /// The first reference to the input document: a name, `$` or `$$`. The Amazon States Language has no such document
    /// and refuses them.
    public var topLevelReference: String? { facts.topLevelReference }
}
