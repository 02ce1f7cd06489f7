internal import JSONValue

/// The types of a function's parameters, such as `<s-n?:s>`: strings, numbers, booleans, null (l), arrays, objects,
/// functions, any JSON (j), anything (x); `-` takes the context for a missing argument, `?` makes one optional, `+`
/// takes several.
struct Signature: Sendable {
    struct Parameter: Sendable {
        var types: TypeSet
        var isArray = false
        /// The type of an array's elements.
        var elementType: UInt8?
        var isOptional = false
        var takesContext = false
        var isRepeated = false
        /// For `a<…>`: the element type as written, for the error.
        var contextTypes: TypeSet = []
    }

    /// Types of values, as bits.
    struct TypeSet: OptionSet, Sendable {
        let rawValue: UInt8
        static let string = TypeSet(rawValue: 1)
        static let number = TypeSet(rawValue: 2)
        static let boolean = TypeSet(rawValue: 4)
        static let null = TypeSet(rawValue: 8)
        static let array = TypeSet(rawValue: 16)
        static let object = TypeSet(rawValue: 32)
        static let function = TypeSet(rawValue: 64)
        /// Nothing fits everywhere but where a function is wanted.
        static let missing = TypeSet(rawValue: 128)

        static let json: TypeSet = [.string, .number, .boolean, .null, .array, .object, .missing]
        static let all: TypeSet = [.string, .number, .boolean, .array, .object, .function, .missing, .null]

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init?(_ letter: UInt8) {
            switch letter {
            case UInt8(ascii: "s"): self = .string
            case UInt8(ascii: "n"): self = .number
            case UInt8(ascii: "b"): self = .boolean
            case UInt8(ascii: "l"): self = .null
            case UInt8(ascii: "a"): self = .array
            case UInt8(ascii: "o"): self = .object
            case UInt8(ascii: "f"): self = .function
            default: return nil
            }
        }
    }

    let definition: String
    private(set) var parameters: [Parameter] = []

    init(definition: String, parameters: [Parameter]) {
        self.definition = definition
        self.parameters = parameters
    }

    init(_ definition: String) throws(JSONataError) {
        self.definition = definition
        let bytes = Array(definition.utf8)
        var position = 1
        func closing(_ start: Int, _ open: UInt8, _ close: UInt8) -> Int {
            var depth = 1
            var end = start
            while end < bytes.count {
                end += 1
                guard end < bytes.count else { break }
                if bytes[end] == close {
                    depth -= 1
                    if depth == 0 { break }
                } else if bytes[end] == open {
                    depth += 1
                }
            }
            return min(end, bytes.count)
        }
        while position < bytes.count, bytes[position] != UInt8(ascii: ":") {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "s"), UInt8(ascii: "n"), UInt8(ascii: "b"), UInt8(ascii: "l"), UInt8(ascii: "o"):
                parameters.append(Parameter(types: TypeSet(byte).map { $0.union(.missing) } ?? .all))
            case UInt8(ascii: "a"): parameters.append(Parameter(types: .all, isArray: true))
            case UInt8(ascii: "f"): parameters.append(Parameter(types: .function))
            case UInt8(ascii: "j"): parameters.append(Parameter(types: .json))
            case UInt8(ascii: "x"): parameters.append(Parameter(types: .all))
            case UInt8(ascii: "-"):
                guard !parameters.isEmpty else { break }
                parameters[parameters.count - 1].takesContext = true
                parameters[parameters.count - 1].contextTypes = parameters[parameters.count - 1].types
                parameters[parameters.count - 1].isOptional = true
            case UInt8(ascii: "?"):
                if !parameters.isEmpty { parameters[parameters.count - 1].isOptional = true }
            case UInt8(ascii: "+"):
                if !parameters.isEmpty { parameters[parameters.count - 1].isRepeated = true }
            case UInt8(ascii: "("):
                let end = closing(position, byte, UInt8(ascii: ")"))
                let choice = bytes[position + 1..<max(end, position + 1)]
                guard !choice.contains(UInt8(ascii: "<")) else {
                    throw JSONataError(
                        "S0402", position: position, value: .string(String(decoding: choice, as: UTF8.self)))
                }
                let types = choice.reduce(TypeSet.missing) { $0.union(TypeSet($1) ?? []) }
                parameters.append(Parameter(types: types))
                position = end
            case UInt8(ascii: "<"):
                guard let last = parameters.last, last.isArray || last.types == .function else {
                    throw JSONataError("S0401", position: position)
                }
                let end = closing(position, byte, UInt8(ascii: ">"))
                if position + 1 < end { parameters[parameters.count - 1].elementType = bytes[position + 1] }
                position = end
            default: break
            }
            position += 1
        }
    }

    /// Checks arguments and completes them: the context for those that are missing, arrays around single values.
    func validate(_ arguments: [Value], context: Value, _ evaluator: Evaluator) throws(JSONataError) -> [Value] {
        if arguments.count == parameters.count, let fast = try validateOneToOne(arguments, evaluator) { return fast }
        let types = arguments.map(\.signatureType)
        guard let lengths = try match(types, evaluator) else { throw try mismatch(arguments, types, evaluator) }
        var result: [Value] = []
        var next = 0
        // As in the reference, an optional parameter takes the next argument also where that did not fit, so that the
        // arguments may be used up before the parameters.
        func takeArgument() -> Value {
            defer { next += 1 }
            return next < arguments.count ? arguments[next] : .undefined
        }
        for (index, parameter) in parameters.enumerated() {
            if lengths[index] == 0 {
                if parameter.takesContext {
                    guard !parameter.contextTypes.isDisjoint(with: context.signatureType) else {
                        throw JSONataError("T0411", context, details: .init(index: next + 1))
                    }
                    result.append(context)
                } else {
                    result.append(takeArgument())
                }
                continue
            }
            for _ in 0..<lengths[index] {
                let argument = takeArgument()
                result.append(parameter.isArray ? try arrayArgument(argument, parameter, next, evaluator) : argument)
            }
        }
        return result
    }

    private func validateOneToOne(
        _ arguments: [Value], _ evaluator: Evaluator
    ) throws(JSONataError) -> [Value]? {
        var needsChange = false
        for (index, parameter) in parameters.enumerated() {
            if parameter.types.isDisjoint(with: arguments[index].signatureType) { return nil }
            if parameter.isArray { needsChange = true }
        }
        guard needsChange else { return arguments }
        var result = arguments
        for (index, parameter) in parameters.enumerated() where parameter.isArray {
            result[index] = try arrayArgument(arguments[index], parameter, index + 1, evaluator)
        }
        return result
    }

    private func arrayArgument(
        _ argument: Value, _ parameter: Parameter, _ index: Int, _ evaluator: Evaluator
    ) throws(JSONataError) -> Value {
        if case .undefined = argument { return argument }
        if let letter = parameter.elementType, let wanted = TypeSet(letter) {
            if let items = argument.items {
                for index in 0..<items.count {
                    try evaluator.pace(index)
                    if items[index].signatureType != wanted { throw elementMismatch(argument, letter, index) }
                }
            } else if argument.signatureType != wanted {
                throw elementMismatch(argument, letter, index)
            }
        }
        return argument.isArray ? argument : .array(of: [argument])

        func elementMismatch(_ value: Value, _ letter: UInt8, _: Int) -> JSONataError {
            JSONataError("T0412", value, details: .init(index: index, type: pluralNames[letter]))
        }
    }

    /// How many arguments each parameter takes, greedily, like the regular expression that the reference makes.
    private func match(_ types: [TypeSet], _ evaluator: Evaluator) throws(JSONataError) -> [Int]? {
        var lengths = [Int](repeating: 0, count: parameters.count)
        // Repeated parameters can make the search exponential.
        func match(_ index: Int, _ position: Int) throws(JSONataError) -> Bool {
            try evaluator.spend()
            guard index < parameters.count else { return position == types.count }
            let parameter = parameters[index]
            var longest = 0
            let limit = parameter.isRepeated ? types.count - position : min(1, types.count - position)
            while longest < limit, !parameter.types.isDisjoint(with: types[position + longest]) { longest += 1 }
            for length in stride(from: longest, through: parameter.isOptional ? 0 : 1, by: -1) {
                guard try match(index + 1, position + length) else { continue }
                lengths[index] = length
                return true
            }
            return false
        }
        return try match(0, 0) ? lengths : nil
    }

    /// The first argument that no way of matching the parameters before it can take.
    private func mismatch(
        _ arguments: [Value], _ types: [TypeSet], _ evaluator: Evaluator
    ) throws(JSONataError) -> JSONataError {
        var good = 0
        for count in 1..<max(parameters.count + 1, 1) {
            guard let length = try longestPrefix(parameters[..<count], types, evaluator) else { break }
            good = length
        }
        return JSONataError(
            "T0410", good < arguments.count ? arguments[good] : .undefined, details: .init(index: good + 1))
    }

    private func longestPrefix(
        _ parameters: ArraySlice<Parameter>, _ types: [TypeSet], _ evaluator: Evaluator
    ) throws(JSONataError) -> Int? {
        func match(_ index: Int, _ position: Int) throws(JSONataError) -> Int? {
            try evaluator.spend()
            guard index < parameters.endIndex else { return position }
            let parameter = parameters[index]
            var longest = 0
            let limit = parameter.isRepeated ? types.count - position : min(1, types.count - position)
            while longest < limit, !parameter.types.isDisjoint(with: types[position + longest]) { longest += 1 }
            for length in stride(from: longest, through: parameter.isOptional ? 0 : 1, by: -1) {
                if let end = try match(index + 1, position + length) { return end }
            }
            return nil
        }
        return try match(parameters.startIndex, 0)
    }
}

private let pluralNames: [UInt8: String] = [
    UInt8(ascii: "a"): "arrays", UInt8(ascii: "b"): "booleans", UInt8(ascii: "f"): "functions",
    UInt8(ascii: "n"): "numbers", UInt8(ascii: "o"): "objects", UInt8(ascii: "s"): "strings",
]

extension Value {
    var signatureType: Signature.TypeSet {
        switch self {
        case .undefined, .tailCall, .tuples: .missing
        case .null: .null
        case .bool: .boolean
        case .number, .integer: .number
        case .string: .string
        case .array, .jsonArray: .array
        case .object, .jsonObject: .object
        case .function: .function
        }
    }
}
