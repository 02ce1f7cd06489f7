import JSONValue
import RegularExpression

extension PathEvaluator {
    /// Whether a filter holds for a value. A path that cannot be applied makes it false.
    mutating func matches(_ expression: FilterExpression, _ value: JSON) throws(PathError) -> Bool {
        do throws(PathError) {
            return try holds(expression, value)
        } catch {
            guard error.code != .exception else { throw error }
            return false
        }
    }

    private mutating func holds(_ expression: FilterExpression, _ value: JSON) throws(PathError) -> Bool {
        try countVisits(1)
        switch expression {
        case .all(let operands):
            for operand in operands where try !holds(operand, value) { return false }
            return true
        case .any(let operands):
            for operand in operands where try holds(operand, value) { return true }
            return false
        case .not(let operand):
            return try !holds(operand, value)
        case .exists(let path, let shouldExist):
            return try evaluatesWithoutError(path.plan, on: path.isOnDocument ? document : value) == shouldExist
        case .comparison(let left, let filterOperator, let right):
            let left = try resolve(left, value)
            let right = try resolve(right, value)
            return try compare(left, filterOperator, right)
        }
    }

    private mutating func resolve(_ operand: FilterOperand, _ value: JSON) throws(PathError) -> FilterValue {
        switch operand {
        case .value(let value): return value
        case .path(let path):
            guard path.isOnDocument else { return try resolve(path, on: value) }
            if let known = documentValues[path.number] { return known }
            let resolved = try resolve(path, on: document)
            documentValues[path.number] = resolved
            return resolved
        }
    }

    private mutating func resolve(_ path: FilterPath, on value: JSON) throws(PathError) -> FilterValue {
        do throws(PathError) {
            return .json(try evaluateNested(path.plan, on: value, requiringProperties: false))
        } catch {
            guard error.code == .notFound else { throw error }
            return .nothing
        }
    }

    private mutating func compare(
        _ left: FilterValue, _ filterOperator: FilterOperator, _ right: FilterValue
    ) throws(PathError) -> Bool {
        switch filterOperator {
        case .equal: return left.equals(right)
        case .notEqual: return !left.equals(right)
        case .sameTypeEqual: return left.hasSameType(as: right) && left.equals(right)
        case .sameTypeNotEqual: return !(left.hasSameType(as: right) && left.equals(right))
        case .less: return left.order(to: right).map { $0 < 0 } ?? false
        case .lessOrEqual: return left.order(to: right).map { $0 <= 0 } ?? false
        case .greater: return left.order(to: right).map { $0 > 0 } ?? false
        case .greaterOrEqual: return left.order(to: right).map { $0 >= 0 } ?? false
        case .matches: return try matches(left, right)
        case .isIn: return try list(right, contains: left)
        case .isNotIn: return try !list(right, contains: left)
        case .contains:
            if case .json(.string(let text)) = left, case .json(.string(let part)) = right {
                try countVisits(text.utf8.count)
                return text.utf8.contains(part.utf8)
            }
            return try list(left, contains: right)
        case .all:
            return try every(of: right, isIn: left)
        case .subsetOf:
            return try every(of: left, isIn: right)
        case .anyOf:
            return try any(of: left, isIn: right) ?? false
        case .noneOf:
            return try any(of: left, isIn: right).map { !$0 } ?? false
        case .size:
            guard let size = right.numberText.flatMap({ Int($0) }) else { return false }
            switch left {
            case .json(.string(let text)): return text.utf16.count == size
            case .json(.array(let elements)): return elements.count == size
            default: return false
            }
        case .empty:
            guard case .json(.bool(let expected)) = right else { return false }
            switch left {
            case .json(.string(let text)): return text.isEmpty == expected
            case .json(.array(let elements)): return elements.isEmpty == expected
            case .json(.object(let object)): return object.isEmpty == expected
            default: return false
            }
        }
    }

    private mutating func list(_ list: FilterValue, contains value: FilterValue) throws(PathError) -> Bool {
        guard case .json(.array(let elements)) = list else { return false }
        try countVisits(elements.count)
        return elements.contains { value.equals(.json($0)) }
    }

    private mutating func every(of left: FilterValue, isIn right: FilterValue) throws(PathError) -> Bool {
        guard case .json(.array(let elements)) = left, case .json(.array) = right else { return false }
        for element in elements where try !list(right, contains: .json(element)) { return false }
        return true
    }

    /// Nil if one of the two is no list.
    private mutating func any(of left: FilterValue, isIn right: FilterValue) throws(PathError) -> Bool? {
        guard case .json(.array(let elements)) = left, case .json(.array) = right else { return nil }
        for element in elements where try list(right, contains: .json(element)) { return true }
        return false
    }

    private mutating func matches(_ left: FilterValue, _ right: FilterValue) throws(PathError) -> Bool {
        switch (left, right) {
        case (.pattern, .pattern): return false
        case (.pattern(let pattern), let input), (let input, .pattern(let pattern)):
            if case .json(.array(let elements)) = input {
                for element in elements where try matches(pattern, .json(element)) { return true }
                return false
            }
            return try matches(pattern, input)
        default: return false
        }
    }

    private mutating func matches(_ pattern: RegularExpression, _ input: FilterValue) throws(PathError) -> Bool {
        let text =
            switch input {
            case .json(.string(let value)): value
            case .json(.bool(let value)): String(value)
            default: input.numberText ?? ""
            }
        try countVisits(text.utf8.count)
        do throws(RegularExpressionError) {
            return try pattern.matchesWhole(text, budget: &regexStepsLeft)
        } catch {
            throw PathError(.exception, error.message)
        }
    }
}

extension FilterValue {
    /// A number equals a text if the text is a number of that value; a text equals a number if the number is written in
    /// that way. Lists and objects are equal element by element, their numbers also in kind.
    func equals(_ other: FilterValue) -> Bool {
        if isNumber {
            if other.isNumber { return order(to: other) == 0 }
            guard case .json(.string(let text)) = other, let number = DecimalNumber(text) else { return false }
            return order(to: .number(number)) == 0
        }
        switch (self, other) {
        case (.json(.string(let text)), _) where other.isNumber:
            return other.numberText.map { text.hasSameUTF8(as: $0) } ?? false
        case (.json(let left), .json(let right)):
            return left == right
        default:
            return false
        }
    }

    var isNumber: Bool {
        switch self {
        case .number: true
        case .json(let value): value.isNumber
        default: false
        }
    }

    /// A number in its notation.
    var numberText: String? {
        switch self {
        case .number(let number): number.text
        case .json(let value) where value.isNumber: value.serialized()
        default: nil
        }
    }

    /// A number as a double, if that is exact.
    private var exactDouble: Double? {
        switch self {
        case .number(let number): number.double
        case .json(.int(let value)): value.magnitude <= 1 << 53 ? Double(value) : nil
        case .json(.double(let value)): value
        default: nil
        }
    }

    private var decimal: DecimalNumber? {
        if case .number(let number) = self { return number }
        return numberText.flatMap { DecimalNumber($0) }
    }

    func hasSameType(as other: FilterValue) -> Bool {
        if isNumber || other.isNumber { return isNumber && other.isNumber }
        switch (self, other) {
        case (.nothing, .nothing), (.pattern, .pattern): return true
        case (.json(let left), .json(let right)):
            switch (left, right) {
            case (.null, .null), (.bool, .bool), (.string, .string): return true
            case (.array, .array), (.array, .object), (.object, .array), (.object, .object): return true
            default: return false
            }
        default: return false
        }
    }

    /// Negative, zero or positive; nil if the two cannot be ordered.
    func order(to other: FilterValue) -> Int? {
        if let left = exactDouble, let right = other.exactDouble { return left == right ? 0 : left < right ? -1 : 1 }
        if case .json(.string(let left)) = self, case .json(.string(let right)) = other {
            return left.hasSameUTF8(as: right) ? 0 : left.precedesInUTF16(right) ? -1 : 1
        }
        guard isNumber, other.isNumber, let left = decimal, let right = other.decimal else { return nil }
        return left.compare(to: right)
    }
}

extension Collection<UInt8> {
    fileprivate func contains(_ other: some Collection<UInt8>) -> Bool {
        guard let first = other.first else { return true }
        var rest = self[...]
        while let start = rest.firstIndex(of: first) {
            if rest[start...].starts(with: other) { return true }
            rest = rest[rest.index(after: start)...]
        }
        return false
    }
}
