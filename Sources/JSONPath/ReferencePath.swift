package import JSONValue

/// A path that names one place in a document, for `ResultPath`.
package struct ReferencePath: Sendable, Hashable {
    package let text: String
    private let steps: [Step]

    private enum Step: Sendable, Hashable {
        case key(String)
        case index(Int)
    }

    /// Throws `.invalid` for the context object, a variable, and everything that may name several places.
    package init(_ text: String) throws(PathError) {
        let path = try Path(text)
        guard path.root == .document else {
            throw PathError(.invalid, "A reference path must begin with '$.' or '$['", offset: 0)
        }
        var steps: [Step] = []
        for step in path.plan.steps {
            switch step {
            case .property(let key): steps.append(.key(key))
            case .index(let index): steps.append(.index(index))
            default:
                throw PathError(.invalid, "A reference path must identify a single node, '\(step.text)' does not")
            }
        }
        self.text = text
        self.steps = steps
    }

    /// `$`
    package var isRoot: Bool { steps.isEmpty }

    /// The document with `value` at this place. Objects that are missing on the way are created; an index must be that
    /// of an existing element. Throws `.notFound` if something on the way is neither object nor array.
    package func setting(_ value: JSON, in document: JSON) throws(PathError) -> JSON {
        var result = document
        try set(value, in: &result, after: 0)
        return result
    }

    private func set(_ value: JSON, in target: inout JSON, after depth: Int) throws(PathError) {
        guard depth < steps.count else {
            target = value
            return
        }
        switch (steps[depth], target) {
        case (.key(let key), .object(var object)):
            // The only reference to the storage is the local one while it changes, so that nothing is copied.
            target = .null
            var member = object[key] ?? .object(JSONObject())
            if depth + 1 < steps.count { object.set(key, .null) }
            try set(value, in: &member, after: depth + 1)
            object.set(key, member)
            target = .object(object)
        case (.index(let index), .array(var elements)):
            let position = index < 0 ? elements.count + index : index
            guard elements.indices.contains(position) else { throw mismatch(at: depth, "there is no element \(index)") }
            target = .null
            try set(value, in: &elements[position], after: depth + 1)
            target = .array(elements)
        case (.key(let key), _):
            throw mismatch(at: depth, "there is no object to hold '\(key)'")
        case (.index(let index), _):
            throw mismatch(at: depth, "there is no array to hold element \(index)")
        }
    }

    private func mismatch(at depth: Int, _ reason: String) -> PathError {
        let place = steps.prefix(depth).reduce(into: "$") { text, step in
            switch step {
            case .key(let key): text += "['\(key)']"
            case .index(let index): text += "[\(index)]"
            }
        }
        return PathError(.notFound, "Reference path '\(text)' cannot be applied: at \(place) \(reason)")
    }
}
