internal import JSONValue

/// `f(a, b)`
final class CallNode: Node, @unchecked Sendable {
    let procedure: Node
    let arguments: [Node]
    /// The variable with the name that the procedure begins with, for the hint about a missing `$`.
    private let namesake: VariableID?
    /// The last thing that a function does: left to the caller of that function, so that the stack does not grow.
    @exclusivity(unchecked) var isTailCall = false

    init(_ procedure: Node, _ namesake: VariableID?, _ arguments: [Node], _ position: Int) {
        self.procedure = procedure
        self.namesake = namesake
        self.arguments = arguments
        super.init(position)
    }

    /// What errors call the function.
    var procedureName: String? { procedure.calledName }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if isTailCall {
            evaluator.tailCall = .init(call: self, input: input, frame: frame)
            return .tailCall
        }
        return try call(input, frame, evaluator, first: nil)
    }

    /// `first`: an argument before the others, given by `~>`.
    func call(
        _ input: Value, _ frame: Frame, _ evaluator: Evaluator, first: Value?
    ) throws(JSONataError) -> Value {
        let callee = try procedure.evaluate(input, frame, evaluator)
        if callee.isUndefined, let hint = procedure.missingDollar(namesake, frame) {
            throw JSONataError("T1005", position: position, token: hint)
        }
        var values: [Value] = []
        values.reserveCapacity(arguments.count + (first == nil ? 0 : 1))
        if let first { values.append(first) }
        for argument in arguments { values.append(try argument.evaluate(input, frame, evaluator)) }
        guard case .function(let function) = callee else {
            throw JSONataError("T1006", position: position, token: procedureName)
        }
        do throws(JSONataError) {
            return try evaluator.apply(function, values, context: input, frame: frame)
        } catch {
            var error = error
            if error.position == nil || function.reportsCallPosition { error.position = position }
            if error.token == nil { error.token = procedureName }
            throw error
        }
    }
}

extension Node {
    /// A variable's name, or the key that a path begins with.
    fileprivate var calledName: String? {
        if let variable = self as? VariableNode { return variable.name }
        if let key = firstKey { return key }
        if let call = self as? CallNode { return call.isTailCall ? nil : "(" }
        return nil
    }

    /// The key that a path begins with.
    var firstKey: String? {
        switch self {
        case let keys as KeyPathNode: keys.first
        case let path as PathNode: path.steps[0].plainKey
        default: nil
        }
    }

    /// A name without `$` that is that of a function.
    fileprivate func missingDollar(_ namesake: VariableID?, _ frame: Frame) -> String? {
        guard let name = firstKey else { return nil }
        if let namesake, let value = frame.lookup(namesake) { return value.isTrueObject ? name : nil }
        return Builtin.named(name, .jsonata) == nil ? nil : name
    }
}

extension Value {
    /// What JavaScript takes for true.
    fileprivate var isTrueObject: Bool {
        switch self {
        case .undefined, .null, .bool(false): false
        case .number(let value): value != 0 && !value.isNaN
        case .string(let value): !value.isEmpty
        default: true
        }
    }
}

/// `f(a, ?)`
final class PartialNode: Node, @unchecked Sendable {
    let procedure: Node
    let arguments: [Node]
    private let namesake: VariableID?

    init(_ procedure: Node, _ namesake: VariableID?, _ arguments: [Node], _ position: Int) {
        self.procedure = procedure
        self.namesake = namesake
        self.arguments = arguments
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var slots: [Value?] = []
        for argument in arguments {
            slots.append(argument is PlaceholderNode ? nil : try argument.evaluate(input, frame, evaluator))
        }
        let callee = try procedure.evaluate(input, frame, evaluator)
        if callee.isUndefined, let hint = procedure.missingDollar(namesake, frame) {
            throw JSONataError("T1007", position: position, token: hint)
        }
        guard case .function(let function) = callee else {
            throw JSONataError("T1008", position: position, token: procedure.calledName)
        }
        return .function(Function(.partial(function, slots)))
    }
}

/// `function($a, $b)<nn:n>{ … }`
final class LambdaNode: Node, @unchecked Sendable {
    let parameters: [VariableID]
    let signature: Signature?
    let body: Node

    init(_ parameters: [VariableID], _ signature: Signature?, _ body: Node, _ position: Int) {
        self.parameters = parameters
        self.signature = signature
        self.body = body
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        try evaluator.allocate(256)
        return .function(Function(.lambda(Closure(self, input: input, frame: frame))))
    }
}

/// `a ~> f`, `a ~> f(b)`, `f ~> g`
final class ApplyNode: Node, @unchecked Sendable {
    let left: Node
    let right: Node
    private let call: CallNode?

    init(_ left: Node, _ right: Node, _ position: Int) {
        self.left = left
        self.right = right
        call = right as? CallNode
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        let value = try left.evaluate(input, frame, evaluator)
        if let call {
            return try call.call(input, frame, evaluator, first: value)
        }
        let callee = try right.evaluate(input, frame, evaluator)
        guard case .function(let function) = callee else { throw JSONataError("T2006", callee, position: position) }
        if case .function(let first) = value { return .function(Function(.chain(first, function))) }
        return try evaluator.apply(function, [value], context: .null, frame: frame)
    }
}
