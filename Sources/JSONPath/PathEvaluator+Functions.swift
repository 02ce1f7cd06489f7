import JSONValue

extension PathEvaluator {
    mutating func apply(_ function: PathFunction, to value: JSON) throws(PathError) -> JSON {
        var arguments: [JSON] = []
        for argument in function.arguments {
            switch argument {
            case .value(let value): arguments.append(value)
            case .documentPath(let plan):
                arguments.append(try evaluateNested(plan, on: document, requiringProperties: false))
            case .currentPath(let plan):
                arguments.append(try evaluateNested(plan, on: value, requiringProperties: false))
            }
        }
        switch function.name {
        case .length, .size:
            return Self.length(of: arguments.first ?? value)
        case .keys:
            guard case .object(let object) = value else { return .null }
            return .array(object.keys.map(JSON.string))
        case .append:
            guard case .array(let elements) = value else { return value }
            return .array(elements + arguments)
        case .concat:
            var text = ""
            for part in value.arrayValue ?? [] { text += part.stringValue ?? "" }
            for argument in arguments {
                for part in argument.arrayValue ?? [argument] { text += part.stringValue ?? "" }
            }
            return .string(text)
        case .first: return try Self.element(0, of: value)
        case .last: return try Self.element(-1, of: value)
        case .index:
            guard let position = arguments.first?.intValue else {
                throw PathError(.exception, "The function index() needs a number")
            }
            return try Self.element(Int(position), of: value)
        case .min, .max, .avg, .sum, .stddev:
            try countVisits((value.arrayValue?.count ?? 0) + arguments.count)
            return .double(try Self.aggregate(function.name, Self.numbers(value, arguments)))
        }
    }

    private static func length(of value: JSON) -> JSON {
        switch value {
        case .array(let elements): .int(Int64(elements.count))
        case .object(let object): .int(Int64(object.count))
        default: .null
        }
    }

    private static func element(_ position: Int, of value: JSON) throws(PathError) -> JSON {
        guard case .array(let elements) = value else {
            throw PathError(.exception, "Aggregation function attempted to calculate value using empty array")
        }
        let (sum, _) = elements.count.addingReportingOverflow(position)
        let position = position < 0 ? sum : position
        guard elements.indices.contains(position) else {
            throw PathError(.exception, "Target index:\(position) larger than object count:\(elements.count)")
        }
        return elements[position]
    }

    private static func numbers(_ value: JSON, _ arguments: [JSON]) -> [Double] {
        var numbers = (value.arrayValue ?? []).compactMap(\.doubleValue)
        for argument in arguments { numbers += (argument.arrayValue ?? [argument]).compactMap(\.doubleValue) }
        return numbers
    }

    private static func aggregate(_ name: PathFunction.Name, _ numbers: [Double]) throws(PathError) -> Double {
        guard let first = numbers.first else {
            throw PathError(.exception, "Aggregation function attempted to calculate value using empty array")
        }
        let sum = numbers.reduce(0, +)
        let count = Double(numbers.count)
        let result: Double
        switch name {
        case .min: result = numbers.reduce(first, Swift.min)
        case .max: result = numbers.reduce(first, Swift.max)
        case .avg: result = sum / count
        case .stddev:
            let squares = numbers.reduce(0) { $0 + $1 * $1 }
            result = (squares / count - sum * sum / count / count).squareRoot()
        default: result = sum
        }
        guard result.isFinite else { throw PathError(.exception, "The result of \(name.rawValue)() is not a number") }
        return result
    }
}
