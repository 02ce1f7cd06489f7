package import JSONPath
package import JSONValue

/// The condition of a Choice rule.
package indirect enum ChoiceCondition: Sendable {
    case and([ChoiceCondition])
    case or([ChoiceCondition])
    case not(ChoiceCondition)
    /// `operatorName` is the field as written (`NumericEqualsPath`), for messages.
    case test(variable: Path, Test, operatorName: String)
    /// `Condition`, with JSONata.
    case constant(Bool)
    case expression(FieldExpression)

    /// Whether a path in it begins with `$$`.
    var looksAtContext: Bool {
        switch self {
        case .and(let conditions), .or(let conditions): conditions.contains { $0.looksAtContext }
        case .not(let condition): condition.looksAtContext
        case .test(let variable, let test, _): variable.root == .context || test.operandPath?.root == .context
        case .constant, .expression: false
        }
    }

    package enum Test: Sendable {
        case string(Comparison, Operand<String>)
        case numeric(Comparison, Operand<JSON>)
        case boolean(Operand<Bool>)
        case timestamp(Comparison, Operand<Timestamp>)
        case stringMatches(WildcardPattern)
        case isNull(Bool)
        case isPresent(Bool)
        case isNumeric(Bool)
        case isString(Bool)
        case isBoolean(Bool)
        case isTimestamp(Bool)

        fileprivate var operandPath: Path? {
            switch self {
            case .string(_, let operand): operand.path
            case .numeric(_, let operand): operand.path
            case .boolean(let operand): operand.path
            case .timestamp(_, let operand): operand.path
            default: nil
            }
        }
    }

    package enum Comparison: Sendable {
        case equals, lessThan, greaterThan, lessThanEquals, greaterThanEquals
    }

    /// The other side of a comparison: a constant, or what is at a path (the `…Path` operators).
    package enum Operand<Value: Sendable>: Sendable {
        case constant(Value)
        case path(Path)

        fileprivate var path: Path? { if case .path(let path) = self { path } else { nil } }
    }
}
