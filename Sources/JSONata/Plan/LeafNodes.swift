internal import JSONValue
internal import RegularExpression

final class LiteralNode: Node, @unchecked Sendable {
    let value: Value

    init(_ value: Value, _ position: Int) {
        self.value = value
        super.init(position)
        if let number = value.doubleValue { kind = .number(number) }
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) -> Value { value }
}

/// A member of the context.
final class NameNode: Node, @unchecked Sendable {
    let name: String

    init(_ name: String, _ position: Int) {
        self.name = name
        super.init(position)
        plainKey = name
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        try input.member(name, evaluator)
    }
}

final class VariableNode: Node, @unchecked Sendable {
    enum Meaning {
        /// `$`
        case context
        /// `$$`
        case root
        case variable(VariableID)
    }

    let name: String
    let meaning: Meaning
    /// The function of that name, if no variable hides it.
    let builtin: Value?

    init(_ name: String, _ meaning: Meaning, builtin: Value?, _ position: Int) {
        self.name = name
        self.meaning = meaning
        self.builtin = builtin
        super.init(position)
        kind = .variable
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) -> Value {
        switch meaning {
        case .variable(let id): return frame.lookup(id) ?? builtin ?? .undefined
        case .context:
            if case .array(let array) = input, array.flags.contains(.outerWrapper) { return array.elements[0] }
            return input
        case .root: return evaluator.root
        }
    }
}

/// `%`
final class ParentNode: Node, @unchecked Sendable {
    let slot: ParentSlot

    init(_ slot: ParentSlot, _ position: Int) {
        self.slot = slot
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) -> Value {
        frame.lookup(slot.variable) ?? .undefined
    }
}

/// `*`: all members, arrays flattened to any depth.
final class WildcardNode: Node, @unchecked Sendable {
    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var input = input
        if case .array(let array) = input, array.flags.contains(.outerWrapper), let first = array.elements.first {
            input = first
        }
        let values: Items
        if let members = Members(input) {
            values = members.values
        } else if let items = input.items {
            values = items
        } else {
            return .sequence([])
        }
        var results: [Value] = []
        var hasArray = false
        for index in 0..<values.count {
            try evaluator.spend()
            let value = values[index]
            hasArray = hasArray || value.isArray
            try flatten(value, into: &results, evaluator)
        }
        return hasArray ? .array(of: results) : .sequence(results)
    }

    private func flatten(
        _ value: Value, into results: inout [Value], _ evaluator: Evaluator
    ) throws(JSONataError) {
        guard let items = value.items else {
            try evaluator.allocate(elements: 1)
            results.append(value)
            return
        }
        for index in 0..<items.count {
            try evaluator.spend()
            try flatten(items[index], into: &results, evaluator)
        }
    }
}

final class RegexNode: Node, @unchecked Sendable {
    let function: Function

    init(_ regex: RegularExpression, source: String, _ position: Int) {
        function = Function(.regex(regex, source: source, position: position))
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) -> Value { .function(function) }
}

/// `?` among the arguments of a call; never evaluated.
final class PlaceholderNode: Node, @unchecked Sendable {
    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) -> Value { .undefined }
}
