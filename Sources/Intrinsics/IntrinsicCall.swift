package import JSONPath
package import JSONValue

/// A compiled call of an intrinsic function: `States.Format('Hello {}', $.name)`.
package struct IntrinsicCall: Sendable {
    /// The call as it was written.
    package let text: String
    /// The paths among the arguments, also those of nested calls, in the order of the text.
    package let paths: [Path]
    let root: Invocation

    /// Calls may be nested this deep.
    package static let maximumDepth = 10

    struct Invocation: Sendable {
        let function: IntrinsicFunction
        let arguments: [Argument]
    }

    enum Argument: Sendable {
        case literal(JSON)
        /// A text, and its parts between the `{}` that are not escaped.
        case text(String, parts: [String])
        case path(Path)
        case call(Invocation)
    }

    /// Compiles a call. Throws `.invalid` for unknown functions, wrong numbers of arguments, illegal escapes, paths
    /// that do not parse and calls nested more than ten deep.
    package init(parsing text: String) throws(IntrinsicError) {
        var parser = IntrinsicParser(text)
        root = try parser.parse()
        paths = parser.paths
        self.text = text
    }

    /// Whether a text is meant to be a call.
    package static func isCall(_ text: String) -> Bool { text.utf8.starts(with: "States.".utf8) }

    /// Evaluates the call. The result depends on nothing but the scope and the numbers that the generator gives.
    package func evaluate(
        in scope: PathScope, using random: inout some RandomNumberGenerator
    ) throws(IntrinsicError) -> JSON {
        try evaluate(root, scope, &random)
    }

    private func evaluate(
        _ invocation: Invocation, _ scope: PathScope, _ random: inout some RandomNumberGenerator
    ) throws(IntrinsicError) -> JSON {
        var values: [JSON] = []
        values.reserveCapacity(invocation.arguments.count)
        for argument in invocation.arguments {
            switch argument {
            case .literal(let value): values.append(value)
            case .text(let text, _): values.append(.string(text))
            case .path(let path):
                do throws(PathError) {
                    values.append(try path.evaluate(in: scope))
                } catch {
                    throw .path(error, text: path.text)
                }
            case .call(let inner): values.append(try evaluate(inner, scope, &random))
            }
        }
        // Before: what a function makes can be much larger than what it was given once, as often as it is given it.
        let isDeep = invocation.function.looksInside
        try spend(values.reduce(1) { $0 + $1.effort(isDeep: isDeep) }, for: invocation, scope)
        let result: JSON
        if invocation.function == .format, case .text(_, let parts) = invocation.arguments.first {
            result = try IntrinsicArguments(.format, values).format(parts)
        } else {
            result = try IntrinsicArguments(invocation.function, values).result(using: &random)
        }
        try spend(result.effort(isDeep: false), for: invocation, scope)
        return result
    }

    private func spend(_ steps: Int, for invocation: Invocation, _ scope: PathScope) throws(IntrinsicError) {
        guard let meter = scope.meter else { return }
        meter.spend(steps)
        guard !meter.isExhausted else {
            throw .failed("\(invocation.function.rawValue): the state's functions have too much to do")
        }
    }
}

extension JSON {
    /// Roughly what making or reading it costs, in the steps of a ``WorkMeter``.
    fileprivate func effort(isDeep: Bool) -> Int {
        switch self {
        case .string(let text): return text.utf8.count / 64
        case .array(let elements):
            guard isDeep else { return elements.count }
            return elements.reduce(elements.count) { $0 + $1.effort(isDeep: true) }
        case .object(let object):
            guard isDeep else { return object.count }
            return object.members.reduce(object.count) { $0 + $1.value.effort(isDeep: true) }
        case .null, .bool, .int, .double, .number: return 0
        }
    }
}

extension IntrinsicFunction {
    /// Whether it reads all that is nested in its arguments.
    fileprivate var looksInside: Bool {
        switch self {
        case .format, .jsonToString, .hash, .arrayContains, .arrayUnique, .jsonMerge: true
        default: false
        }
    }
}
