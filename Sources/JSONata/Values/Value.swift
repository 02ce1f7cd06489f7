internal import JSONValue

/// A value during evaluation. `undefined`, the absence of a value, is not `null`.
///
/// JSON from outside is wrapped, not converted: arrays and objects of the input stay as they are until somebody looks
/// at their members, and a part of the input that is selected as a whole is handed back untouched.
enum Value {
    case undefined
    case null
    case bool(Bool)
    case number(Double)
    /// An integer that a double would round. Arithmetic rounds it; everything else hands it on exactly.
    case integer(Int64)
    case string(String)
    case array(ArrayValue)
    case object(ObjectValue)
    case function(Function)
    case jsonArray([JSON])
    case jsonObject(JSONObject)
    /// Items with the variables bound on the way to them; never seen by functions.
    case tuples(TupleStream)
    /// The body of a function ends in a call, which waits in the evaluator for the caller to make it.
    case tailCall
}

/// An array made by an expression.
final class ArrayValue {
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// The result of a path or a function that selects: one item stands for itself, none for nothing.
        static let sequence = Flags(rawValue: 1)
        /// A sequence that stays an array with only one item.
        static let keepsSingleton = Flags(rawValue: 2)
        /// Written as `[...]` at the end of a path, therefore not flattened.
        static let constructed = Flags(rawValue: 4)
        /// Put around an input document that is an array.
        static let outerWrapper = Flags(rawValue: 8)
    }

    let elements: [Value]
    let flags: Flags
    let nesting: Nesting

    init(_ elements: [Value], _ flags: Flags = []) {
        self.elements = elements
        self.flags = flags
        var nesting = Nesting()
        for index in elements.indices where elements[index].isMade { nesting.contain(elements[index]) }
        self.nesting = nesting
    }

    var isSequence: Bool { flags.contains(.sequence) }

    func with(_ more: Flags) -> ArrayValue { ArrayValue(elements, flags.union(more)) }
}

/// How deep a value that an expression made is nested: releasing it, comparing it and the like recur that deep.
struct Nesting {
    private(set) var level: Int32 = 1
    /// A function may refer to the scope that holds it, which reference counting alone would never release.
    private(set) var hasFunction: Bool

    static let maximum: Int32 = 512

    init(isFunction: Bool = false) { hasFunction = isFunction }

    @inline(__always)
    mutating func contain(_ value: Value) {
        switch value {
        case .array(let array): contain(array.nesting)
        case .object(let object): contain(object.nesting)
        case .function(let function): contain(function.nesting)
        default: break
        }
    }

    mutating func contain(_ inner: Nesting) {
        level = max(level, inner.level + 1)
        hasFunction = hasFunction || inner.hasFunction
    }
}

extension Value {
    /// Nil for what contains nothing that an expression made.
    var nesting: Nesting? {
        switch self {
        case .array(let array): array.nesting
        case .object(let object): object.nesting
        case .function(let function): function.nesting
        default: nil
        }
    }

    /// Whether an expression made the value, or something in it.
    @inline(__always)
    var isMade: Bool {
        switch self {
        case .array, .object, .function: true
        default: false
        }
    }

    static func sequence(_ elements: [Value]) -> Value { .array(ArrayValue(elements, .sequence)) }
    static func array(of elements: [Value]) -> Value { .array(ArrayValue(elements)) }

    @inline(__always)
    init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = Value(value)
        case .double(let value): self = .number(value)
        case .number(let literal): self = .number(Double(literal) ?? .nan)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .jsonArray(elements)
        case .object(let object): self = .jsonObject(object)
        }
    }

    init(_ integer: Int64) {
        self = integer.magnitude <= 1 << 53 ? .number(Double(integer)) : .integer(integer)
    }

    init(_ integer: Int) { self = .number(Double(integer)) }

    @inline(__always)
    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    var isArray: Bool {
        switch self {
        case .array, .jsonArray: true
        default: false
        }
    }

    var isObject: Bool {
        switch self {
        case .object, .jsonObject: true
        default: false
        }
    }

    var isSequence: Bool { if case .array(let array) = self { array.isSequence } else { false } }

    var stringValue: String? { if case .string(let value) = self { value } else { nil } }

    var functionValue: Function? { if case .function(let value) = self { value } else { nil } }

    /// A number of any size, also one that is not finite.
    @inline(__always)
    var doubleValue: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// The elements of an array.
    var items: Items? {
        switch self {
        case .array(let array): .values(array.elements)
        case .jsonArray(let elements): .json(elements)
        default: nil
        }
    }

    /// The elements of an array, or the value as the only item.
    var asItems: Items { items ?? (isUndefined ? .values([]) : .values([self])) }
}

/// Elements of an array, wherever they come from.
enum Items {
    case values([Value])
    case json([JSON])

    var count: Int {
        switch self {
        case .values(let values): values.count
        case .json(let values): values.count
        }
    }

    var isEmpty: Bool { count == 0 }

    @inline(__always)
    subscript(index: Int) -> Value {
        switch self {
        case .values(let values): values[index]
        case .json(let values): Value(values[index])
        }
    }

    /// The elements as values.
    var values: [Value] {
        switch self {
        case .values(let values): values
        case .json(let values): values.map { Value($0) }
        }
    }

    /// The whole as an array.
    var array: Value {
        switch self {
        case .values(let values): .array(of: values)
        case .json(let values): .jsonArray(values)
        }
    }

    func append(to target: inout [Value]) {
        switch self {
        case .values(let values): target.append(contentsOf: values)
        case .json(let values):
            target.reserveCapacity(target.count + values.count)
            for value in values { target.append(Value(value)) }
        }
    }
}
