public import JSONValue

/// A JSONata expression, parsed once and evaluated any number of times.
public struct Expression: Sendable {
    private let contents: Contents
    let plan: Plan

    /// One reference, because expressions are handed on more often than they are looked into.
    private final class Contents: Sendable {
        let source: String
        let level: CompatibilityLevel
        let dialect: Dialect
        let tree: SyntaxTree
        /// For the States Language, which asks at every evaluation, found out at once.
        let knownFacts: SyntaxFacts?

        init(_ source: String, _ tree: SyntaxTree, level: CompatibilityLevel, dialect: Dialect) {
            self.source = source
            self.level = level
            self.dialect = dialect
            self.tree = tree
            knownFacts = dialect == .statesLanguage ? SyntaxFacts(tree, dialect: dialect) : nil
        }
    }

    /// Fails with the code, message, token and position of the first error.
    public init(
        _ source: String, level: CompatibilityLevel = .v22, dialect: Dialect = .jsonata
    ) throws(JSONataError) {
        do throws(JSONataError) {
            let tree = try Parser.parse(source, level: level)
            plan = try Analyzer.plan(tree, dialect: dialect)
            contents = Contents(source, tree, level: level, dialect: dialect)
        } catch {
            throw error.inUTF16(of: source)
        }
    }

    public var source: String { contents.source }
    public var level: CompatibilityLevel { contents.level }
    public var dialect: Dialect { contents.dialect }

    var facts: SyntaxFacts { contents.knownFacts ?? SyntaxFacts(contents.tree, dialect: dialect) }

    /// What an evaluation yields.
    public enum Outcome: Sendable {
        /// Nothing, which is not null.
        case nothing
        case value(JSON)
        case function
    }

    /// Evaluates against an input document, or none; nil is nothing. A function as the result also is nil.
    public func evaluate(
        _ input: JSON?, bindings: [String: JSON] = [:], environment: EvaluationEnvironment
    ) throws(JSONataError) -> JSON? {
        if case .value(let value) = try outcome(input, bindings: bindings, environment: environment) { return value }
        return nil
    }

    /// Like ``evaluate(_:bindings:environment:)``, but tells functions from nothing.
    public func outcome(
        _ input: JSON?, bindings: [String: JSON] = [:], environment: EvaluationEnvironment
    ) throws(JSONataError) -> Outcome {
        var steps = 0
        return try outcome(input, bindings: bindings, environment: environment, steps: &steps)
    }

    /// Like ``outcome(_:bindings:environment:)``, and adds the steps that were made, also by an evaluation that fails.
    public func outcome(
        _ input: JSON?, bindings: [String: JSON] = [:], environment: EvaluationEnvironment, steps: inout Int
    ) throws(JSONataError) -> Outcome {
        let root = input.map { Value($0) } ?? .undefined
        let evaluator = Evaluator(self, root: root, bindings: bindings, environment: environment)
        defer {
            steps += evaluator.stepsMade
            evaluator.close()
        }
        // A document that is an array is one item, not several.
        let context =
            root.isArray ? Value.array(ArrayValue([root], [.sequence, .outerWrapper])) : root
        do throws(JSONataError) {
            let result = try plan.root.evaluate(context, evaluator.globals, evaluator)
            if case .function = result { return .function }
            return try result.json(evaluator).map { .value($0) } ?? .nothing
        } catch {
            throw error.inUTF16(of: source)
        }
    }
}

extension JSONataError {
    /// The same error with its position counted in UTF-16 code units instead of bytes.
    func inUTF16(of source: String) -> JSONataError {
        guard let position, position > 0, position <= source.utf8.count else { return self }
        var error = self
        error.position = String(decoding: source.utf8.prefix(position), as: UTF8.self).utf16.count
        return error
    }
}
