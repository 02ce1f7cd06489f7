internal import JSONValue
internal import RegularExpression

/// The second pass: makes the plan of the syntax tree. Chains of `.` become paths, filters become stages of their step,
/// `%` finds the step whose item it means, and calls that end a function are marked.
struct Analyzer {
    let tree: SyntaxTree
    var names: VariableNames
    private let dialect: Dialect
    private var bindingCount = 0

    private init(_ tree: SyntaxTree, names: VariableNames, dialect: Dialect) {
        self.tree = tree
        self.names = names
        self.dialect = dialect
    }

    static func plan(
        _ tree: SyntaxTree, names: VariableNames = VariableNames(), dialect: Dialect
    ) throws(JSONataError) -> Plan {
        var analyzer = Analyzer(tree, names: names, dialect: dialect)
        let root = try analyzer.node(tree.root)
        if !root.seekingParent.isEmpty { throw JSONataError("S0217", position: root.position) }
        return Plan(root: root, names: analyzer.names)
    }

    mutating func node(_ id: Syntax.ID) throws(JSONataError) -> Node {
        let syntax = tree[id]
        var result = try plainNode(syntax)
        if syntax.keepsArray {
            result = asSteps(result)
            result.keepsArray = true
        }
        return result
    }

    mutating func nodes(_ list: Syntax.List) throws(JSONataError) -> [Node] {
        var result: [Node] = []
        result.reserveCapacity(tree.count(list))
        for id in tree.elements(list) { result.append(try node(id)) }
        return result
    }

    /// A path of keys as a path of steps, so that something can be attached to them.
    func asSteps(_ node: Node) -> Node {
        guard let keys = node as? KeyPathNode else { return node }
        return PathNode(keys.steps, keys.position)
    }

    private mutating func plainNode(_ syntax: Syntax) throws(JSONataError) -> Node {
        let position = syntax.position
        switch syntax.kind {
        case .end: throw JSONataError("S0207", position: position, token: "(end)")
        case .name(let name):
            let key = tree.string(name)
            guard syntax.keepsArray else { return KeyPathNode(key, position) }
            let step = NameNode(key, position)
            step.keepsArray = true
            let path = PathNode([step], position)
            path.keepsSingleton = true
            return path
        case .variable(let name): return variable(tree.string(name), position)
        case .string(let value): return LiteralNode(.string(tree.string(value)), position)
        case .number(let value): return LiteralNode(.number(value), position)
        case .bool(let value): return LiteralNode(.bool(value), position)
        case .null: return LiteralNode(.null, position)
        case .regex(let pattern): return try regex(pattern, position)
        case .wildcard: return WildcardNode(position)
        case .descendants: return DescendantsNode(position)
        case .parent:
            let slot = ParentSlot(names.anonymous())
            let parent = ParentNode(slot, position)
            parent.seekingParent = [slot]
            return parent
        case .placeholder: return PlaceholderNode(position)
        case .binary(let symbol, let left, let right):
            let (first, second) = (try node(left), try node(right))
            let result =
                symbol == .and || symbol == .or
                ? LogicNode(isAnd: symbol == .and, first, second, position)
                : BinaryNode(symbol, first, second, position)
            return inherit(result, from: first, second)
        case .step(let left, let right): return try path(left, right)
        case .filter(let left, let predicate): return try filter(left, predicate, position)
        case .group(let left, let pairs):
            let result = asSteps(try node(left))
            guard result.group == nil else { throw JSONataError("S0210", position: position) }
            result.set(group: Grouping(try self.pairs(pairs), position))
            return result
        case .order(let left, let terms): return try sort(left, terms, position)
        case .term(let key, _): return try node(key)
        case .focus(let left, let name):
            return try focus(left, tree.string(name), keepsArray: syntax.keepsArray, position)
        case .index(let left, let name): return try index(left, tree.string(name))
        case .bind(let name, let value):
            bindingCount += 1
            let node = try node(value)
            return inherit(BindNode(names.id(of: tree.string(name)), node, position), from: node)
        case .apply(let left, let right):
            let (first, second) = (try node(left), try node(right))
            let result = ApplyNode(first, second, position)
            result.keepsArray = first.keepsArray || second.keepsArray
            return result
        case .coalesce(let left, let right), .defaulting(let left, let right):
            let (first, second) = (try node(left), try node(right))
            let needsTrue = if case .defaulting = syntax.kind { true } else { false }
            return inherit(DefaultNode(first, second, needsTrue: needsTrue, position), from: first, second)
        case .negation(let operand):
            let operand = try node(operand)
            if let literal = operand as? LiteralNode, let number = literal.value.doubleValue, literal.isPlain {
                return LiteralNode(.number(-number), literal.position)
            }
            return inherit(NegationNode(operand, position), from: operand)
        case .array(let items):
            let items = try nodes(items)
            return inherit(ArrayNode(items, position), from: items)
        case .object(let pairs):
            let pairs = try self.pairs(pairs)
            let result = ObjectNode(Grouping(pairs, position), position)
            for pair in pairs { inherit(result, from: pair.key, pair.value) }
            return result
        case .call(let procedure, let arguments):
            let arguments = try nodes(arguments)
            let (callee, name) = try callee(procedure)
            return inherit(CallNode(callee, name, arguments, position), from: arguments)
        case .partial(let procedure, let arguments):
            let arguments = try nodes(arguments)
            let (callee, name) = try callee(procedure)
            return inherit(PartialNode(callee, name, arguments, position), from: arguments)
        case .lambda(let parameters, let signature, let body):
            var ids: [VariableID] = []
            for parameter in tree.elements(parameters) {
                if case .variable(let name) = tree[parameter].kind { ids.append(names.id(of: tree.string(name))) }
            }
            let body = try node(body)
            markTailCalls(body)
            return LambdaNode(ids, signature.map { tree.signatures[Int($0)] }, body, position)
        case .condition(let condition, let then, let otherwise):
            let (condition, then) = (try node(condition), try node(then))
            let rest = try otherwise.map { (id) throws(JSONataError) -> Node in try node(id) }
            return inherit(
                ConditionNode(condition, then, rest, position), from: [condition, then] + (rest.map { [$0] } ?? []))
        case .block(let expressions):
            let before = bindingCount
            let expressions = try nodes(expressions)
            let result = BlockNode(expressions, needsFrame: bindingCount != before, position)
            for expression in expressions where expression.isConstructor { result.isConstructor = true }
            for case let path as PathNode in expressions where path.steps[0].isConstructor {
                result.isConstructor = true
            }
            return inherit(result, from: expressions)
        case .transform(let pattern, let update, let delete):
            return TransformNode(
                pattern: try node(pattern), update: try node(update),
                delete: try delete.map { (id) throws(JSONataError) -> Node in try node(id) },
                clone: variable("clone", position), position)
        }
    }

    private mutating func variable(_ name: String, _ position: Int) -> VariableNode {
        switch name {
        case "": return VariableNode(name, .context, builtin: nil, position)
        case "$": return VariableNode(name, .root, builtin: nil, position)
        default:
            // `$eval` may bind variables anywhere.
            if name == "eval" { bindingCount += 1 }
            return VariableNode(
                name, .variable(names.id(of: name)), builtin: Builtin.named(name, dialect)?.value, position)
        }
    }

    /// The node of what is called, and the variable that has its name where somebody forgot the `$`.
    private mutating func callee(_ id: Syntax.ID) throws(JSONataError) -> (Node, VariableID?) {
        let result = try node(id)
        return (result, result.firstKey.map { names.id(of: $0) })
    }

    private mutating func pairs(_ list: Syntax.List) throws(JSONataError) -> [(key: Node, value: Node)] {
        var result: [(key: Node, value: Node)] = []
        result.reserveCapacity(tree.count(list) / 2)
        var elements = tree.elements(list)
        while let key = elements.next(), let value = elements.next() {
            result.append((try node(key), try node(value)))
        }
        return result
    }

    private func regex(_ pattern: SourceText, _ position: Int) throws(JSONataError) -> Node {
        let flags = tree.flags(behind: pattern, to: position)
        var options: RegularExpression.Flags = []
        if flags.contains(UInt8(ascii: "i")) { options.insert(.ignoresCase) }
        if flags.contains(UInt8(ascii: "m")) { options.insert(.multiline) }
        let pattern = tree.string(pattern)
        do throws(RegularExpressionError) {
            let regex = try RegularExpression(pattern, flags: options, dialect: .ecmaScript)
            return RegexNode(regex, source: pattern, position)
        } catch {
            throw JSONataError("S0303", position: position, details: .init(message: error.message))
        }
    }

    // MARK: Tail calls

    private func markTailCalls(_ node: Node) {
        guard node.isPlain, !node.keepsArray else { return }
        switch node {
        case let call as CallNode: call.isTailCall = true
        case let condition as ConditionNode:
            markTailCalls(condition.then)
            if let otherwise = condition.otherwise { markTailCalls(otherwise) }
        case let choice as DefaultNode: markTailCalls(choice.right)
        case let block as BlockNode:
            if let last = block.expressions.last { markTailCalls(last) }
        default: break
        }
    }
}
