package import Intrinsics
package import JSONValue
package import JSONata

/// JSON that is made when a state runs, in the language of that state.
package enum Template: Sendable {
    /// `Parameters`, `ItemSelector`, `Assign`, …: members whose keys end with `.$` are paths and function calls.
    case paths(PayloadTemplate)
    /// `Arguments`, `ItemSelector`, `Assign`, …: texts in `{% %}` are expressions.
    case expressions(ExpressionTemplate)
}

/// JSON in which texts in `{% %}` are JSONata expressions, at any depth. Keys are never evaluated.
package indirect enum ExpressionTemplate: Sendable {
    case constant(JSON)
    case expression(FieldExpression)
    case object([Member])
    case array([ExpressionTemplate])

    package struct Member: Sendable {
        package let key: String
        package let value: ExpressionTemplate
    }
}

/// An expression together with the place that messages name.
package struct FieldExpression: Sendable {
    package let expression: Expression
    /// Within the state: `Output/a/b[0]`, `Choices[1]/Condition`.
    package let field: String
}
