internal import RegularExpression

/// A function as a value.
final class Function {
    enum Kind {
        case builtin(Builtin)
        case lambda(Closure)
        /// A function with some arguments given; nil stands for those that are not.
        case partial(Function, [Value?])
        /// `f ~> g`
        case chain(Function, Function)
        case transform(TransformNode, Frame)
        case regex(RegularExpression, source: String, position: Int)
        /// The `next` of a match.
        case nextMatch(RegexSearch)
    }

    let kind: Kind
    let nesting: Nesting

    init(_ kind: Kind) {
        self.kind = kind
        var nesting = Nesting(isFunction: true)
        switch kind {
        case .lambda(let closure):
            nesting.contain(closure.input)
            nesting.contain(closure.frame.nesting)
        case .partial(let inner, let slots):
            nesting.contain(inner.nesting)
            for case let value? in slots { nesting.contain(value) }
        case .chain(let first, let second):
            nesting.contain(first.nesting)
            nesting.contain(second.nesting)
        case .transform(_, let frame): nesting.contain(frame.nesting)
        case .builtin, .regex, .nextMatch: break
        }
        self.nesting = nesting
    }

    /// How many arguments functions like `$map` hand over.
    var arity: Int {
        switch kind {
        case .builtin(let builtin): builtin.arity
        case .lambda(let closure): closure.node.parameters.count
        case .partial(_, let arguments): arguments.count { $0 == nil }
        case .chain, .transform, .regex: 1
        case .nextMatch: 0
        }
    }

    var signature: Signature? {
        switch kind {
        case .builtin(let builtin): builtin.signature
        case .lambda(let closure): closure.node.signature
        case .transform: TransformNode.signature
        default: nil
        }
    }

    /// Builtins, lambdas and transforms report errors at the place of their call.
    var reportsCallPosition: Bool {
        switch kind {
        case .builtin, .lambda, .transform, .partial, .chain: true
        case .regex, .nextMatch: false
        }
    }
}

/// A lambda with the context and the scope of the place where it was evaluated.
final class Closure {
    let node: LambdaNode
    let input: Value
    let frame: Frame

    init(_ node: LambdaNode, input: Value, frame: Frame) {
        self.node = node
        self.input = input
        self.frame = frame
    }

    /// Missing arguments are nothing, surplus ones are ignored.
    func call(_ arguments: [Value], _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var values = arguments
        let ids = node.parameters
        if values.count > ids.count { values.removeLast(values.count - ids.count) }
        while values.count < ids.count { values.append(.undefined) }
        return try node.body.evaluate(input, Frame(parent: frame, ids: ids, values: values), evaluator)
    }
}
