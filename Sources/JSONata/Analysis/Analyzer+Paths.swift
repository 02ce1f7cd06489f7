internal import JSONValue

// Paths: chains of `.`, what is attached to their steps, and the steps that `%` means.

extension Analyzer {
    mutating func path(_ left: Syntax.ID, _ right: Syntax.ID) throws(JSONataError) -> Node {
        let first = try node(left)
        let next = tree[right]
        if let keys = first as? KeyPathNode {
            if case .name(let name) = next.kind, !next.keepsArray {
                keys.append(tree.string(name), next.position)
                return keys
            }
            let result = PathNode(keys.steps, keys.position)
            try extend(result, by: try node(right))
            return result
        }
        let result: PathNode
        if let path = first as? PathNode {
            result = path
        } else {
            result = PathNode([try asStep(first)], first.position)
        }
        let start = result.steps[0]
        if start is ArrayNode { start.isConstructor = true }
        if start.keepsArray { result.keepsSingleton = true }
        if first is ParentNode { result.seekingParent = first.seekingParent }
        if case .name(let name) = next.kind, !next.keepsArray {
            result.append(NameNode(tree.string(name), next.position))
        } else {
            try extend(result, by: try node(right))
        }
        return result
    }

    private mutating func extend(_ path: PathNode, by rest: Node) throws(JSONataError) {
        let before = path.steps.count
        if let more = asSteps(rest) as? PathNode, more.group == nil {
            for step in more.steps { path.append(step) }
        } else {
            rest.movePredicatesToStages()
            if rest is ArrayNode { rest.isConstructor = true }
            path.append(try asStep(rest))
        }
        for index in before..<path.steps.count where path.steps[index].keepsArray { path.keepsSingleton = true }
        try resolveAncestry(path)
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

    mutating func filter(
        _ left: Syntax.ID, _ predicate: Syntax.ID, _ position: Int
    ) throws(JSONataError) -> Node {
        let result = asSteps(try node(left))
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

    mutating func sort(
        _ left: Syntax.ID, _ terms: Syntax.List, _ position: Int
    ) throws(JSONataError) -> Node {
        let first = asSteps(try node(left))
        let result = first as? PathNode ?? PathNode([first], first.position)
        var keys: [(isDescending: Bool, key: Node)] = []
        for term in tree.elements(terms) {
            if case .term(let key, let isDescending) = tree[term].kind { keys.append((isDescending, try node(key))) }
        }
        let step = SortNode(keys, position)
        inherit(step, from: keys.map(\.key))
        result.append(step)
        try resolveAncestry(result)
        return result
    }

    mutating func focus(
        _ left: Syntax.ID, _ name: String, keepsArray: Bool, _ position: Int
    ) throws(JSONataError) -> Node {
        let result = asSteps(try node(left))
        let step = (result as? PathNode)?.steps.last ?? result
        guard step.stages.isEmpty, step.predicates.isEmpty else { throw JSONataError("S0215", position: position) }
        guard !(step is SortNode) else { throw JSONataError("S0216", position: position) }
        if keepsArray { step.keepsArray = true }
        step.focus = names.id(of: name)
        step.bindsTuple = true
        return result
    }

    mutating func index(_ left: Syntax.ID, _ name: String) throws(JSONataError) -> Node {
        let first = asSteps(try node(left))
        let result: PathNode
        if let path = first as? PathNode {
            result = path
        } else {
            first.movePredicatesToStages()
            result = PathNode([first], first.position)
        }
        let step = result.steps[result.steps.count - 1]
        let variable = names.id(of: name)
        if !step.hasStages { step.index = variable } else { step.stages.append(.index(variable)) }
        step.bindsTuple = true
        return result
    }

    // MARK: Ancestry

    /// What looks for its parent in a part looks for it in the whole.
    @discardableResult
    func inherit(_ result: Node, from parts: Node...) -> Node { inherit(result, from: parts) }

    @discardableResult
    func inherit(_ result: Node, from parts: [Node]) -> Node {
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
            let result = asSteps(last)
            block.replaceLast(by: result)
            try seekParent(result, slot)
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
}
