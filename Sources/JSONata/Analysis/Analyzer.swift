internal import JSONValue
internal import RegularExpression

/// The second pass: makes the plan of the syntax tree. Chains of `.` become paths, filters become stages of their step,
/// `%` finds the step whose item it means, and calls that end a function are marked.
struct Analyzer {
    private(set) var names: VariableNames
    private let dialect: Dialect
    private var bindingCount = 0
    private var paths: [PathNode] = []

    init(names: VariableNames = VariableNames(), dialect: Dialect) {
        self.names = names
        self.dialect = dialect
    }

    mutating func plan(_ syntax: Syntax) throws(JSONataError) -> Plan {
        let root = try node(syntax)
        if !root.seekingParent.isEmpty { throw JSONataError("S0217", position: root.position) }
        for path in paths { path.seal() }
        return Plan(root: root, names: names)
    }

    private mutating func node(_ syntax: Syntax) throws(JSONataError) -> Node {
        let result = try plainNode(syntax)
        if syntax.keepsArray { result.keepsArray = true }
        return result
    }

    private mutating func nodes(_ list: [Syntax]) throws(JSONataError) -> [Node] {
        var result: [Node] = []
        result.reserveCapacity(list.count)
        for syntax in list { result.append(try node(syntax)) }
        return result
    }

    private mutating func plainNode(_ syntax: Syntax) throws(JSONataError) -> Node {
        let position = syntax.position
        switch syntax.kind {
        case .end: throw JSONataError("S0207", position: position, token: "(end)")
        case .name(let name):
            let step = NameNode(name, position)
            let path = newPath([step], position)
            if syntax.keepsArray {
                step.keepsArray = true
                path.keepsSingleton = true
            }
            return path
        case .variable(let name): return variable(name, position)
        case .string(let value): return LiteralNode(.string(value), position)
        case .number(let value): return LiteralNode(.number(value), position)
        case .bool(let value): return LiteralNode(.bool(value), position)
        case .null: return LiteralNode(.null, position)
        case .regex(let pattern, let flags): return try regex(pattern, flags, position)
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
            let result = try node(left)
            guard result.group == nil else { throw JSONataError("S0210", position: position) }
            result.set(group: Grouping(try self.pairs(pairs), position))
            return result
        case .order(let left, let terms): return try sort(left, terms, position)
        case .focus(let left, let name): return try focus(left, name, keepsArray: syntax.keepsArray, position)
        case .index(let left, let name): return try index(left, name)
        case .bind(let name, let value):
            bindingCount += 1
            let node = try node(value)
            return inherit(BindNode(names.id(of: name), node, position), from: node)
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
            return inherit(CallNode(try callee(procedure), arguments, position), from: arguments)
        case .partial(let procedure, let arguments):
            let arguments = try nodes(arguments)
            return inherit(PartialNode(try callee(procedure), arguments, position), from: arguments)
        case .lambda(let parameters, let signature, let body):
            let parameters = parameters.map { names.id(of: $0) }
            let body = try node(body)
            markTailCalls(body)
            return LambdaNode(parameters, signature, body, position)
        case .condition(let condition, let then, let otherwise):
            let (condition, then) = (try node(condition), try node(then))
            let rest = try otherwise.map { (syntax) throws(JSONataError) -> Node in try node(syntax) }
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
                delete: try delete.map { (syntax) throws(JSONataError) -> Node in try node(syntax) },
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

    private mutating func callee(_ syntax: Syntax) throws(JSONataError) -> Node {
        let result = try node(syntax)
        if let path = result as? PathNode, let name = path.steps[0].plainKey {
            path.calledVariable = names.id(of: name)
        }
        return result
    }

    private mutating func pairs(
        _ pairs: [(key: Syntax, value: Syntax)]
    ) throws(JSONataError) -> [(key: Node, value: Node)] {
        var result: [(key: Node, value: Node)] = []
        for pair in pairs { result.append((try node(pair.key), try node(pair.value))) }
        return result
    }

    private func regex(_ pattern: String, _ flags: String, _ position: Int) throws(JSONataError) -> Node {
        var options: RegularExpression.Flags = []
        if flags.contains("i") { options.insert(.ignoresCase) }
        if flags.contains("m") { options.insert(.multiline) }
        do throws(RegularExpressionError) {
            let regex = try RegularExpression(pattern, flags: options, dialect: .ecmaScript)
            return RegexNode(regex, source: pattern, position)
        } catch {
            throw JSONataError("S0303", position: position, details: .init(message: error.message))
        }
    }

    // MARK: Paths

    private mutating func newPath(_ steps: [Node], _ position: Int) -> PathNode {
        let path = PathNode(steps, position)
        paths.append(path)
        return path
    }

    private mutating func path(_ left: Syntax, _ right: Syntax) throws(JSONataError) -> Node {
        let first = try node(left)
        let result: PathNode
        if let path = first as? PathNode {
            result = path
        } else {
            result = newPath([try asStep(first)], first.position)
        }
        if result.steps[0] is ArrayNode { result.steps[0].isConstructor = true }
        if first is ParentNode { result.seekingParent = first.seekingParent }
        let rest = try node(right)
        if let path = rest as? PathNode, rest.group == nil {
            for step in path.steps { result.append(step) }
        } else {
            rest.movePredicatesToStages()
            if rest is ArrayNode { rest.isConstructor = true }
            result.append(try asStep(rest))
        }
        for step in result.steps where step.keepsArray { result.keepsSingleton = true }
        try resolveAncestry(result)
        return result
    }

    /// A text as a step is a name.
    private func asStep(_ node: Node) throws(JSONataError) -> Node {
        guard let literal = node as? LiteralNode else { return node }
        guard case .string(let name) = literal.value else {
            throw JSONataError("S0213", literal.value, position: literal.position)
        }
        let step = NameNode(name, node.position)
        step.keepsArray = node.keepsArray
        step.stages = node.stages
        for predicate in node.predicates { step.add(predicate: predicate) }
        if !node.predicates.isEmpty { step.plainKey = nil }
        return step
    }

    private mutating func filter(
        _ left: Syntax, _ predicate: Syntax, _ position: Int
    ) throws(JSONataError) -> Node {
        let result = try node(left)
        let path = result as? PathNode
        guard let step = path.map({ $0.steps[$0.steps.count - 1] }) ?? Optional(result) else { return result }
        guard step.group == nil else { throw JSONataError("S0209", position: position) }
        let predicate = try node(predicate)
        for slot in predicate.seekingParent {
            if slot.level == 1 {
                try seekParent(step, slot)
            } else {
                slot.level -= 1
            }
        }
        inherit(step, from: predicate)
        if path != nil { step.stages.append(.filter(predicate)) } else { step.add(predicate: predicate) }
        return result
    }

    private mutating func sort(
        _ left: Syntax, _ terms: [(isDescending: Bool, key: Syntax)], _ position: Int
    ) throws(JSONataError) -> Node {
        let first = try node(left)
        let result = first as? PathNode ?? newPath([first], first.position)
        var keys: [(isDescending: Bool, key: Node)] = []
        for term in terms { keys.append((term.isDescending, try node(term.key))) }
        let step = SortNode(keys, position)
        inherit(step, from: keys.map(\.key))
        result.append(step)
        try resolveAncestry(result)
        return result
    }

    private mutating func focus(
        _ left: Syntax, _ name: String, keepsArray: Bool, _ position: Int
    ) throws(JSONataError) -> Node {
        let result = try node(left)
        let step = (result as? PathNode)?.steps.last ?? result
        guard step.stages.isEmpty, step.predicates.isEmpty else { throw JSONataError("S0215", position: position) }
        guard !(step is SortNode) else { throw JSONataError("S0216", position: position) }
        if keepsArray { step.keepsArray = true }
        step.focus = names.id(of: name)
        step.bindsTuple = true
        return result
    }

    private mutating func index(_ left: Syntax, _ name: String) throws(JSONataError) -> Node {
        let first = try node(left)
        let result: PathNode
        if let path = first as? PathNode {
            result = path
        } else {
            first.movePredicatesToStages()
            result = newPath([first], first.position)
        }
        let step = result.steps[result.steps.count - 1]
        let variable = names.id(of: name)
        if step.stages.isEmpty { step.index = variable } else { step.stages.append(.index(variable)) }
        step.bindsTuple = true
        return result
    }

    // MARK: Ancestry

    /// What looks for its parent in a part looks for it in the whole.
    @discardableResult
    private func inherit(_ result: Node, from parts: Node...) -> Node { inherit(result, from: parts) }

    @discardableResult
    private func inherit(_ result: Node, from parts: [Node]) -> Node {
        for part in parts where !part.seekingParent.isEmpty { result.seekingParent += part.seekingParent }
        return result
    }

    /// Lets the slots that the last step of a path seeks find the step that they mean; those for which the path is too
    /// short go on seeking outside.
    private func resolveAncestry(_ path: PathNode) throws(JSONataError) {
        let steps = path.steps
        for slot in steps[steps.count - 1].seekingParent {
            var index = steps.count - 2
            while slot.level > 0 {
                guard index >= 0 else {
                    path.seekingParent.append(slot)
                    break
                }
                var step = steps[index]
                index -= 1
                // Contiguous steps that bind the focus count as one.
                while index >= 0, step.focus != nil, steps[index].focus != nil {
                    step = steps[index]
                    index -= 1
                }
                try seekParent(step, slot)
            }
        }
    }

    private func seekParent(_ node: Node, _ slot: ParentSlot) throws(JSONataError) {
        switch node {
        case is NameNode, is WildcardNode:
            slot.level -= 1
            guard slot.level == 0 else { return }
            if let known = node.ancestor { slot.variable = known.variable }
            node.ancestor = slot
            node.bindsTuple = true
        case is ParentNode:
            slot.level += 1
        case let block as BlockNode:
            guard let last = block.expressions.last else { return }
            block.bindsTuple = true
            try seekParent(last, slot)
        case let path as PathNode:
            path.bindsTuple = true
            var index = path.steps.count - 1
            try seekParent(path.steps[index], slot)
            index -= 1
            while slot.level > 0, index >= 0 {
                try seekParent(path.steps[index], slot)
                index -= 1
            }
        default:
            throw JSONataError("S0217", position: node.position)
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
