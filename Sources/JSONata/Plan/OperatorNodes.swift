internal import JSONValue

/// Operators on two operands that both are evaluated.
final class BinaryNode: Node, @unchecked Sendable {
    let symbol: BinaryOperator
    let left: Node
    let right: Node

    init(_ symbol: BinaryOperator, _ left: Node, _ right: Node, _ position: Int) {
        self.symbol = symbol
        self.left = left
        self.right = right
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        let first = try left.evaluate(input, frame, evaluator)
        let second = try right.evaluate(input, frame, evaluator)
        do throws(JSONataError) {
            switch symbol {
            case .add, .subtract, .multiply, .divide, .remainder: return try calculate(first, second)
            case .equal:
                return .bool(
                    try !first.isUndefined && !second.isUndefined ? evaluator.isEqual(first, second) : false)
            case .notEqual:
                return .bool(
                    try !first.isUndefined && !second.isUndefined ? !evaluator.isEqual(first, second) : false)
            case .less, .lessOrEqual, .greater, .greaterOrEqual: return try compare(first, second, evaluator)
            case .concatenate: return try concatenate(first, second, evaluator)
            case .range: return try range(first, second, evaluator)
            case .includes: return .bool(try includes(first, second, evaluator))
            case .and, .or: return .undefined
            }
        } catch {
            var error = error
            error.position = position
            error.token = symbol.rawValue
            throw error
        }
    }

    @inline(__always)
    private func calculate(_ first: Value, _ second: Value) throws(JSONataError) -> Value {
        let left = try first.finiteNumber()
        if left == nil, !first.isUndefined { throw JSONataError("T2001", first) }
        let right = try second.finiteNumber()
        if right == nil, !second.isUndefined { throw JSONataError("T2002", second) }
        guard let left, let right else { return .undefined }
        switch symbol {
        case .add: return .number(left + right)
        case .subtract: return .number(left - right)
        case .multiply: return .number(left * right)
        case .divide: return .number(left / right)
        default: return .number(left.truncatingRemainder(dividingBy: right))
        }
    }

    @inline(__always)
    private func compare(_ first: Value, _ second: Value, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if case .number(let left) = first, case .number(let right) = second {
            switch symbol {
            case .less: return .bool(left < right)
            case .lessOrEqual: return .bool(left <= right)
            case .greater: return .bool(left > right)
            default: return .bool(left >= right)
            }
        }
        return try compareAny(first, second, evaluator)
    }

    private func compareAny(_ first: Value, _ second: Value, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        guard first.isUndefined || first.isOrdered else { throw JSONataError("T2010", first) }
        guard second.isUndefined || second.isOrdered else {
            throw JSONataError("T2010", first.isOrdered ? second : first)
        }
        if first.isUndefined || second.isUndefined { return .undefined }
        if let left = first.doubleValue, let right = second.doubleValue {
            return try compare(.number(left), .number(right), evaluator)
        }
        guard case .string(let left) = first, case .string(let right) = second else {
            throw JSONataError("T2009", first, details: .init(value2: second.errorValue))
        }
        try evaluator.spend(bytes: min(left.utf8.count, right.utf8.count))
        switch symbol {
        case .less: return .bool(left.isOrderedBefore(right))
        case .lessOrEqual: return .bool(!right.isOrderedBefore(left))
        case .greater: return .bool(right.isOrderedBefore(left))
        default: return .bool(!left.isOrderedBefore(right))
        }
    }

    private func concatenate(
        _ first: Value, _ second: Value, _ evaluator: Evaluator
    ) throws(JSONataError) -> Value {
        var text = try first.text(evaluator) ?? ""
        let more = try second.text(evaluator) ?? ""
        try evaluator.spend(bytes: text.utf8.count + more.utf8.count)
        try evaluator.allocate(text.utf8.count + more.utf8.count)
        text += more
        return .string(text)
    }

    private func range(_ first: Value, _ second: Value, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        let start = first.doubleValue
        if !first.isUndefined, start == nil || start != start?.rounded() || start?.isFinite == false {
            throw JSONataError("T2003", first)
        }
        let end = second.doubleValue
        if !second.isUndefined, end == nil || end != end?.rounded() || end?.isFinite == false {
            throw JSONataError("T2004", second)
        }
        guard let start, let end, start <= end else { return .undefined }
        let size = end - start + 1
        guard size <= 1e7 else { throw JSONataError("D2014", .number(size)) }
        let count = Int(size)
        return .sequence(try evaluator.numbers(count) { start + Double($0) })
    }

    private func includes(
        _ first: Value, _ second: Value, _ evaluator: Evaluator
    ) throws(JSONataError) -> Bool {
        guard !first.isUndefined, !second.isUndefined else { return false }
        let items = second.asItems
        for index in 0..<items.count {
            try evaluator.pace(index)
            if items[index].isIdentical(to: first) { return true }
        }
        return false
    }
}

/// `and`, `or`: the right side only where it matters.
final class LogicNode: Node, @unchecked Sendable {
    let isAnd: Bool
    let left: Node
    let right: Node

    init(isAnd: Bool, _ left: Node, _ right: Node, _ position: Int) {
        self.isAnd = isAnd
        self.left = left
        self.right = right
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        let first = try evaluator.isTrue(try left.evaluate(input, frame, evaluator))
        if first != isAnd { return .bool(first) }
        do throws(JSONataError) {
            return .bool(try evaluator.isTrue(try right.evaluate(input, frame, evaluator)))
        } catch {
            var error = error
            error.position = position
            error.token = isAnd ? "and" : "or"
            throw error
        }
    }
}

final class NegationNode: Node, @unchecked Sendable {
    let operand: Node

    init(_ operand: Node, _ position: Int) {
        self.operand = operand
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        let value = try operand.evaluate(input, frame, evaluator)
        if value.isUndefined { return .undefined }
        if let number = try value.finiteNumber() { return .number(-number) }
        throw JSONataError("D1002", position: position, token: "-", value: value.errorValue)
    }
}

/// `condition ? then : otherwise`
final class ConditionNode: Node, @unchecked Sendable {
    let condition: Node
    let then: Node
    let otherwise: Node?

    init(_ condition: Node, _ then: Node, _ otherwise: Node?, _ position: Int) {
        self.condition = condition
        self.then = then
        self.otherwise = otherwise
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if try evaluator.isTrue(try condition.evaluate(input, frame, evaluator)) {
            return try then.evaluate(input, frame, evaluator)
        }
        return try otherwise?.evaluate(input, frame, evaluator) ?? .undefined
    }
}

/// `a ?: b` takes a if it is true, `a ?? b` if it is something.
final class DefaultNode: Node, @unchecked Sendable {
    let left: Node
    let right: Node
    let needsTrue: Bool

    init(_ left: Node, _ right: Node, needsTrue: Bool, _ position: Int) {
        self.left = left
        self.right = right
        self.needsTrue = needsTrue
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        let value = try left.evaluate(input, frame, evaluator)
        if try needsTrue ? evaluator.isTrue(value) : !value.isUndefined { return value }
        return try right.evaluate(input, frame, evaluator)
    }
}

/// `(a; b)`
final class BlockNode: Node, @unchecked Sendable {
    @exclusivity(unchecked) private(set) var expressions: [Node]
    let needsFrame: Bool

    init(_ expressions: [Node], needsFrame: Bool, _ position: Int) {
        self.expressions = expressions
        self.needsFrame = needsFrame
        super.init(position)
    }

    func replaceLast(by node: Node) { expressions[expressions.count - 1] = node }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        let inner = needsFrame ? Frame(parent: frame) : frame
        var result = Value.undefined
        for expression in expressions { result = try expression.evaluate(input, inner, evaluator) }
        return result
    }
}

/// `$name := value`
final class BindNode: Node, @unchecked Sendable {
    let variable: VariableID
    let value: Node

    init(_ variable: VariableID, _ value: Node, _ position: Int) {
        self.variable = variable
        self.value = value
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        let result = try value.evaluate(input, frame, evaluator)
        frame.bind(variable, result)
        if result.nesting?.hasFunction == true { evaluator.releaseLater(frame) }
        return result
    }
}

extension Value {
    /// A string or a number.
    var isOrdered: Bool {
        switch self {
        case .string, .number, .integer: true
        default: false
        }
    }
}
