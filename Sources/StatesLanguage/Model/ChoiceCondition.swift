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
    }

    package enum Comparison: Sendable {
        case equals, lessThan, greaterThan, lessThanEquals, greaterThanEquals
    }

    /// The other side of a comparison: a constant, or what is at a path (the `…Path` operators).
    package enum Operand<Value: Sendable>: Sendable {
        case constant(Value)
        case path(Path)
    }
}
