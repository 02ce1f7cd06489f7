import JSONPath
import JSONValue
import StatesLanguage

/// A Choice rule that cannot be decided.
struct ConditionError: Error {
    let message: String
}

/// Decides the conditions of one Choice state.
///
/// A value of the wrong type makes a comparison false; a variable that is not there is an error, except for IsPresent.
struct ConditionEvaluator {
    private let input: JSON
    private let variables: JSONObject
    private let meter: WorkMeter?
    private let context: JSON

    /// - Parameter context: the context object; of no account where no condition looks at it.
    init(input: JSON, variables: JSONObject, meter: WorkMeter? = nil, context: JSON) {
        self.input = input
        self.meter = meter
        self.variables = variables
        self.context = context
    }

    func evaluate(_ condition: ChoiceCondition) throws(ConditionError) -> Bool {
        switch condition {
        case .and(let conditions):
            for condition in conditions {
                guard try evaluate(condition) else { return false }
            }
            return true
        case .or(let conditions):
            for condition in conditions {
                if try evaluate(condition) { return true }
            }
            return false
        case .not(let condition): return try !evaluate(condition)
        case .test(let variable, let test, _): return try evaluate(test, of: variable)
        case .constant(let flag): return flag
        // Whoever knows the state's variables decides these.
        case .expression: return false
        }
    }

    private func evaluate(
        _ test: ChoiceCondition.Test, of variable: Path
    ) throws(ConditionError) -> Bool {
        if case .isPresent(let expected) = test { return (value(at: variable) != nil) == expected }
        let value = try requiredValue(at: variable)
        switch test {
        case .string(let comparison, let operand):
            let other: String? =
                switch operand {
                case .constant(let text): text
                case .path(let path): try requiredValue(at: path).stringValue
                }
            guard let text = value.stringValue, let other else { return false }
            if case .equals = comparison { return text.hasSameUTF8(as: other) }
            return comparison.holds(text.compareUTF16(to: other))
        case .numeric(let comparison, let operand):
            let other: JSON =
                switch operand {
                case .constant(let number): number
                case .path(let path): try requiredValue(at: path)
                }
            guard let order = value.compareAsNumber(to: other) else { return false }
            return comparison.holds(order)
        case .boolean(let operand):
            let other: Bool? =
                switch operand {
                case .constant(let value): value
                case .path(let path): try requiredValue(at: path).boolValue
                }
            guard let flag = value.boolValue, let other else { return false }
            return flag == other
        case .timestamp(let comparison, let operand):
            let other: Timestamp? =
                switch operand {
                case .constant(let timestamp): timestamp
                case .path(let path): try requiredValue(at: path).timestampValue
                }
            guard let timestamp = value.timestampValue, let other else { return false }
            return comparison.holds(timestamp < other ? -1 : timestamp > other ? 1 : 0)
        case .stringMatches(let pattern): return value.stringValue.map { pattern.matches($0) } ?? false
        case .isNull(let expected): return value.isNull == expected
        case .isPresent: return false
        case .isNumeric(let expected): return (value.doubleValue != nil) == expected
        case .isString(let expected): return (value.stringValue != nil) == expected
        case .isBoolean(let expected): return (value.boolValue != nil) == expected
        case .isTimestamp(let expected): return (value.timestampValue != nil) == expected
        }
    }

    private func requiredValue(at path: Path) throws(ConditionError) -> JSON {
        guard let value = value(at: path) else {
            throw ConditionError(
                message:
                    "Invalid path '\(path.text)': The choice state's condition path references an invalid value.")
        }
        return value
    }

    private func value(at path: Path) -> JSON? {
        // Most conditions look at a member of the input.
        if case .document = path.root, let value = path.simpleValue(on: input) { return value }
        return try? path.evaluate(
            in: PathScope(document: input, context: context, variables: variables, meter: meter))
    }
}

extension ChoiceCondition.Comparison {
    /// Whether an order (negative, 0, positive) satisfies it.
    fileprivate func holds(_ order: Int) -> Bool {
        switch self {
        case .equals: order == 0
        case .lessThan: order < 0
        case .greaterThan: order > 0
        case .lessThanEquals: order <= 0
        case .greaterThanEquals: order >= 0
        }
    }
}

extension String {
    /// Negative, 0 or positive: the order of UTF-16 code units, in which Java compares texts.
    func compareUTF16(to other: String) -> Int {
        var left = utf16.makeIterator()
        var right = other.utf16.makeIterator()
        while true {
            switch (left.next(), right.next()) {
            case (nil, nil): return 0
            case (nil, _?): return -1
            case (_?, nil): return 1
            case (let one?, let two?): if one != two { return Int(one) - Int(two) }
            }
        }
    }
}

extension JSON {
    fileprivate var timestampValue: Timestamp? { stringValue.flatMap { Timestamp(rfc3339: $0) } }

    /// Nil unless both are numbers. Whole numbers compare exactly, others in binary64.
    fileprivate func compareAsNumber(to other: JSON) -> Int? {
        if case .int(let left) = self, case .int(let right) = other {
            return left < right ? -1 : left > right ? 1 : 0
        }
        guard let left = doubleValue, let right = other.doubleValue else { return nil }
        return left < right ? -1 : left > right ? 1 : 0
    }
}
