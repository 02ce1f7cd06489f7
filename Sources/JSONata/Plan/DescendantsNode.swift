internal import JSONValue

/// `**`: the context and everything in it, but not the arrays themselves.
final class DescendantsNode: Node, @unchecked Sendable {
    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        guard !input.isUndefined else { return .undefined }
        var results: [Value] = []
        try collect(input, into: &results, evaluator)
        return results.count == 1 ? results[0] : .sequence(results)
    }

    private func collect(
        _ value: Value, into results: inout [Value], _ evaluator: Evaluator
    ) throws(JSONataError) {
        try evaluator.spend()
        if !value.isArray {
            try evaluator.allocate(elements: 1)
            results.append(value)
        }
        guard let children = value.children else { return }
        for index in 0..<children.count { try collect(children[index], into: &results, evaluator) }
    }

    /// `**.key` without a list of all descendants.
    func members(
        _ key: String, of input: Value, keepsArray: Bool, isLast: Bool, _ evaluator: Evaluator
    ) throws(JSONataError) -> Selection {
        var results = StepResults()
        switch input {
        case .jsonObject(let object):
            try collectMembers(key, of: .object(object), keepsArray, into: &results, evaluator)
        case .jsonArray(let elements):
            try collectMembers(key, of: .array(elements), keepsArray, into: &results, evaluator)
        default: try collectMembers(key, of: input, keepsArray, into: &results, evaluator)
        }
        return results.selection(isLast: isLast)
    }

    private func collectMembers(
        _ key: String, of value: Value, _ keepsArray: Bool, into results: inout StepResults, _ evaluator: Evaluator
    ) throws(JSONataError) {
        try evaluator.spend()
        if value.isObject {
            try results.append(unwrapped(value.member(key), keepsArray: keepsArray), of: 0, evaluator)
        }
        guard let children = value.children else { return }
        for index in 0..<children.count {
            try collectMembers(key, of: children[index], keepsArray, into: &results, evaluator)
        }
    }

    /// The same for what comes from outside, where nothing but arrays and objects needs to be looked at.
    private func collectMembers(
        _ key: String, of json: JSON, _ keepsArray: Bool, into results: inout StepResults, _ evaluator: Evaluator
    ) throws(JSONataError) {
        switch json {
        case .array(let elements):
            try evaluator.spend(elements.count + 1)
            for index in elements.indices where elements[index].isContainer {
                try collectMembers(key, of: elements[index], keepsArray, into: &results, evaluator)
            }
        case .object(let object):
            guard !object.hasIndexKeys else {
                return try collectMembers(key, of: .jsonObject(object), keepsArray, into: &results, evaluator)
            }
            try evaluator.spend(object.count + 1)
            var place = 0
            try results.append(
                unwrapped(object.member(key, near: &place), keepsArray: keepsArray), of: 0, evaluator)
            for index in object.members.indices where object.members[index].value.isContainer {
                try collectMembers(key, of: object.members[index].value, keepsArray, into: &results, evaluator)
            }
        default: break
        }
    }
}

extension Value {
    /// Elements or members, in JavaScript's order.
    fileprivate var children: Items? { items ?? Members(self)?.values }
}

extension JSON {
    fileprivate var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }
}
