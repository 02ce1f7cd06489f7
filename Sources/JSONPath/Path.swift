package import JSONValue

/// A compiled JSONPath of the Amazon States Language, with the semantics of Jayway JsonPath.
///
/// A definite path selects at most one node and answers its value; any other answers an array, in document order and
/// never unwrapped. A class, as it never changes, and is handed around with every state.
package final class Path: Sendable {
    package enum Root: Sendable, Hashable {
        /// `$`
        case document
        /// `$$`
        case context
        /// `$name`
        case variable(String)
    }

    /// The path as it was written.
    package let text: String
    package let root: Root
    let plan: PathPlan

    /// Compiles a path. Throws `.invalid` for anything that does not begin with `$` or does not parse.
    package init(_ text: String) throws(PathError) {
        var parser = PathParser(text)
        self.root = try parser.parseRoot()
        self.plan = try parser.parseSteps()
        self.text = text
    }

    package var isDefinite: Bool { plan.isDefinite }

    /// Whether the path names one place: keys and single indexes only.
    package var isReferencePath: Bool {
        plan.steps.allSatisfy { step in
            switch step {
            case .property, .index: true
            default: false
            }
        }
    }

    /// Evaluates the path. Throws `.notFound` if it is definite and there is nothing; an indefinite path answers `[]`
    /// then, also where a plain prefix is missing. A `null` that is found is a value.
    package func evaluate(in scope: PathScope) throws(PathError) -> JSON {
        try evaluate(on: value(of: root, in: scope), meter: scope.meter)
    }

    /// The value on a document of a path of keys and indexes alone, whatever its root. Nil for any other path, and where
    /// there is nothing.
    package func simpleValue(on document: JSON) -> JSON? { plan.simpleValue(on: document) }

    /// Evaluates the path with `document` in the place of its root.
    package func evaluate(on document: JSON, meter: WorkMeter? = nil) throws(PathError) -> JSON {
        if let value = plan.simpleValue(on: document) { return value }
        var evaluator = PathEvaluator(document: document, meter: meter)
        defer { meter?.spend(evaluator.steps) }
        return try evaluator.evaluate(plan, on: document)
    }

    private func value(of root: Root, in scope: PathScope) throws(PathError) -> JSON {
        switch root {
        case .document: return scope.document
        case .context: return scope.context
        case .variable(let name):
            guard let value = scope.variables[name] else {
                throw PathError(.notFound, "Variable '\(name)' is not defined")
            }
            return value
        }
    }
}

extension Path: Hashable {
    package static func == (left: Path, right: Path) -> Bool { left.text.hasSameUTF8(as: right.text) }
    package func hash(into hasher: inout Hasher) { hasher.combine(UTF8Key(text)) }
}

extension Path: CustomStringConvertible {
    package var description: String { text }
}
