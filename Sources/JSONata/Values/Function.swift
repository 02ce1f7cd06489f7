internal import RegularExpression

/// A function as a value.
final class Function {
    enum Kind {
        case builtin(Builtin)
        case lambda(LambdaNode, input: Value, frame: Frame)
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
        var nesting = Nesting()
        switch kind {
        case .lambda(_, let input, let frame):
            nesting.contain(input)
            nesting.contain(frame.nesting)
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
        case .lambda(let node, _, _): node.parameters.count
        case .partial(_, let arguments): arguments.count { $0 == nil }
        case .chain, .transform, .regex: 1
        case .nextMatch: 0
        }
    }

    var signature: Signature? {
        switch kind {
        case .builtin(let builtin): builtin.signature
        case .lambda(let node, _, _): node.signature
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
