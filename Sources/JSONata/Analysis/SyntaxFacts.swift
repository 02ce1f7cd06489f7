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

    init(_ syntax: Syntax, dialect: Dialect) {
        self.dialect = dialect
        visit(syntax, isNested: false, bound: [])
    }

    /// `isNested`: the context is an item that the expression has selected, not the document.
    private mutating func visit(_ syntax: Syntax, isNested: Bool, bound: Set<String>) {
        var bound = bound
        visit(syntax, isNested, &bound)
    }

    private mutating func visit(_ list: [Syntax], _ isNested: Bool, _ bound: inout Set<String>) {
        for syntax in list { visit(syntax, isNested, &bound) }
    }

    private mutating func refer(_ name: String, _ isNested: Bool) {
        isConstant = false
        if !isNested, topLevelReference == nil { topLevelReference = name }
    }

    private mutating func visit(_ syntax: Syntax, _ isNested: Bool, _ bound: inout Set<String>) {
        switch syntax.kind {
        case .end, .string, .number, .bool, .null, .regex, .placeholder: break
        case .name(let name): refer(name, isNested)
        case .wildcard: refer("*", isNested)
        case .descendants: refer("**", isNested)
        case .parent: refer("%", isNested)
        case .variable(""): refer("$", isNested)
        case .variable("$"): refer("$$", false)
        case .variable(let name):
            if bound.contains(name) { break }
            if Builtin.named(name, dialect) != nil {
                if Self.impure.contains(name) { isConstant = false }
            } else {
                isConstant = false
                freeVariables.insert(name)
            }
        case .binary(_, let left, let right), .apply(let left, let right), .coalesce(let left, let right),
            .defaulting(let left, let right):
            visit(left, isNested, &bound)
            visit(right, isNested, &bound)
        case .step(let left, let right):
            visit(left, isNested, &bound)
            if case .variable("states") = left.kind, case .name(let name) = right.kind, !bound.contains("states") {
                statesFields.insert(name)
            }
            if case .string = right.kind { break }
            visit(right, true, &bound)
        case .filter(let left, let predicate):
            visit(left, isNested, &bound)
            visit(predicate, true, &bound)
        case .group(let left, let pairs):
            visit(left, isNested, &bound)
            for pair in pairs {
                visit(pair.key, true, &bound)
                visit(pair.value, true, &bound)
            }
        case .order(let left, let terms):
            visit(left, isNested, &bound)
            for term in terms { visit(term.key, true, &bound) }
        case .focus(let left, let name), .index(let left, let name):
            visit(left, isNested, &bound)
            bound.insert(name)
        case .bind(let name, let value):
            // A function may call itself by the name it is bound to.
            if case .lambda = value.kind { bound.insert(name) }
            visit(value, isNested, &bound)
            bound.insert(name)
        case .negation(let operand): visit(operand, isNested, &bound)
        case .array(let items): visit(items, isNested, &bound)
        case .object(let pairs):
            for pair in pairs {
                visit(pair.key, isNested, &bound)
                visit(pair.value, isNested, &bound)
            }
        case .call(let procedure, let arguments), .partial(let procedure, let arguments):
            visit(procedure, isNested, &bound)
            visit(arguments, isNested, &bound)
        case .lambda(let parameters, _, let body):
            // The body has the context of the place where the function is defined.
            visit(body, isNested: isNested, bound: bound.union(parameters))
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
