import JSONValue
import JSONata

/// What of `$states` a field may use besides `input` and `context`.
struct StatesFields: OptionSet {
    let rawValue: Int

    /// In Output and Assign of states that have a result: Task, Parallel and Map.
    static let result = StatesFields(rawValue: 1)
    /// In Output and Assign of a Catcher.
    static let errorOutput = StatesFields(rawValue: 2)
}

/// JSONata expressions.
extension DefinitionDecoder {
    /// A field of any JSON with expressions in it.
    ///
    /// - Parameter place: The object's place within the state, before the field's name: `Catch[0]/`.
    mutating func expressions(
        _ object: SourceNode, _ key: String, at place: String = "", using fields: StatesFields = []
    ) -> ExpressionTemplate? {
        object[key].flatMap { expressions(in: $0, place + key, fields) }
    }

    /// Nil if something is wrong with it, which is reported then.
    private mutating func expressions(
        in node: SourceNode, _ field: String, _ fields: StatesFields
    ) -> ExpressionTemplate? {
        switch node.value {
        case .string(let text):
            switch delimited(text, at: node) {
            case .text: return .constant(node.value)
            case .expression(let source): return compile(source, field, fields, at: node).map { .expression($0) }
            case .half: return nil
            }
        case .array:
            let elements = node.elements
            var compiled: [ExpressionTemplate] = []
            for (index, element) in elements.enumerated() {
                if let one = expressions(in: element, "\(field)[\(index)]", fields) { compiled.append(one) }
            }
            guard compiled.count == elements.count else { return nil }
            return compiled.allSatisfy(\.isConstant) ? .constant(node.value) : .array(compiled)
        case .object:
            let members = node.members
            var compiled: [ExpressionTemplate.Member] = []
            for (key, member) in members {
                if let one = expressions(in: member, "\(field)/\(key)", fields) {
                    compiled.append(.init(key: key, value: one))
                }
            }
            guard compiled.count == members.count else { return nil }
            return compiled.allSatisfy(\.value.isConstant) ? .constant(node.value) : .object(compiled)
        default:
            return .constant(node.value)
        }
    }

    /// A field that holds one expression; nil for anything else, which is left for others to read.
    mutating func expression(
        _ object: SourceNode, _ key: String, at place: String = "", _ language: QueryLanguage
    ) -> (isExpression: Bool, expression: FieldExpression?) {
        guard language == .jsonata, let node = object[key], let text = node.value.stringValue else {
            return (false, nil)
        }
        switch delimited(text, at: node) {
        case .text: return (false, nil)
        case .half: return (true, nil)
        case .expression(let source): return (true, compile(source, place + key, [], at: node))
        }
    }

    private enum Delimited {
        case text
        case expression(String)
        /// One of the delimiters is missing.
        case half
    }

    private mutating func delimited(_ text: String, at node: SourceNode) -> Delimited {
        switch (text.hasPrefix("{%"), text.hasSuffix("%}")) {
        case (false, false): return .text
        case (true, true) where text.utf8.count >= 4:
            var source = text.dropFirst(2).dropLast(2)
            while source.first?.isWhitespace == true { source.removeFirst() }
            while source.last?.isWhitespace == true { source.removeLast() }
            return .expression(String(source))
        default:
            report(
                "A JSONata expression must begin with '{%' and end with '%}'", at: node,
                code: Code.invalidExpression)
            return .half
        }
    }

    private mutating func compile(
        _ source: String, _ field: String, _ fields: StatesFields, at node: SourceNode
    ) -> FieldExpression? {
        let expression: Expression
        do throws(JSONataError) {
            expression = try Expression(source, level: support.jsonataLevel, dialect: .statesLanguage)
        } catch {
            report(error.message, at: node, code: Code.invalidExpression)
            return nil
        }
        hasCostlyFields = true
        let count = diagnostics.count
        check(expression, fields, at: node)
        guard !diagnostics[count...].contains(where: { $0.severity == .error }) else { return nil }
        return FieldExpression(expression: expression, field: field)
    }

    private mutating func check(_ expression: Expression, _ fields: StatesFields, at node: SourceNode) {
        // There is no document that an expression is about: input and result are members of $states.
        if let reference = expression.topLevelReference {
            report(
                reference == "$$"
                    ? "Reference to '$$' is not supported."
                    : "Reference to '\(reference)' at the top level is not supported.", at: node,
                code: Code.unsupportedExpression)
        }
        for name in expression.freeVariables.sorted() where name != "states" { checkVariable(name, at: node) }
        for (name, field) in [("result", StatesFields.result), ("errorOutput", .errorOutput)]
        where !fields.contains(field) && expression.statesFields.contains(name) {
            report("Field '$states.\(name)' does not exist.", at: node, code: Code.unsupportedExpression)
        }
    }
}

extension ExpressionTemplate {
    var isConstant: Bool { if case .constant = self { true } else { false } }
}
