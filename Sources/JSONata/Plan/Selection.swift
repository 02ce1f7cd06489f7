internal import JSONValue

/// What a step or a filter selects, before it becomes an array.
enum Selection {
    case none
    case one(Value)
    /// A sequence.
    case items(Items)
    /// An array that is handed on as it is.
    case whole(Value)
    case tuples(TupleStream)

    /// What a step yields for the only item there is: flattened like everything that steps yield, but for a constructed
    /// array, and for the result of the last step, which stays the array that it is.
    init(flattening value: Value, isLast: Bool) {
        switch value {
        case .array(let array):
            if isLast, !array.isSequence {
                self = .whole(value)
            } else if array.flags.contains(.constructed) {
                self = .one(value)
            } else {
                self = array.elements.isEmpty ? .none : .items(.values(array.elements))
            }
        case .jsonArray(let elements):
            if isLast {
                self = .whole(value)
            } else {
                self = elements.isEmpty ? .none : .items(.json(elements))
            }
        default:
            self = .one(value)
        }
    }

    /// As a value that further filters take: sequences as such.
    var boxed: Value {
        switch self {
        case .none: .sequence([])
        case .one(let value): value.isArray ? .sequence([value]) : value
        case .items(let items): .sequence(items.values)
        case .whole(let value): value
        case .tuples(let stream): .tuples(stream)
        }
    }

    var items: Items {
        switch self {
        case .none, .tuples: .values([])
        case .one(let value): .values([value])
        case .items(let items): items
        case .whole(let value): value.asItems
        }
    }

    var isEmpty: Bool {
        switch self {
        case .none: true
        case .one, .tuples: false
        case .items(let items): items.isEmpty
        case .whole(let value): value.items?.isEmpty ?? value.isUndefined
        }
    }
}

extension Value {
    /// Adds what a step yields for one of several items: arrays are flattened, except constructed ones.
    @inline(__always)
    func appendFlattened(to results: inout [Value]) {
        switch self {
        case .array(let array) where !array.flags.contains(.constructed): results.append(contentsOf: array.elements)
        case .jsonArray(let elements): Items.json(elements).append(to: &results)
        default: results.append(self)
        }
    }
}

/// What a step yields for one item after the other. The first value waits, because a single one is treated otherwise
/// than several.
struct StepResults {
    private var first = Value.undefined
    private var count = 0
    private var values: [Value] = []

    /// Nothing is left out.
    @inline(__always)
    mutating func append(_ value: Value, of expected: Int, _ evaluator: Evaluator) throws(JSONataError) {
        if value.isUndefined { return }
        try evaluator.allocate(elements: 1)
        if value.isArray, let items = value.items, !items.isEmpty {
            // An array that many items share makes more of it than there is.
            try evaluator.spend(items.count)
            try evaluator.allocate(elements: items.count)
        }
        count += 1
        if count == 1 {
            first = value
            return
        }
        if count == 2 {
            values.reserveCapacity(expected)
            first.appendFlattened(to: &values)
        }
        value.appendFlattened(to: &values)
    }

    func selection(isLast: Bool) -> Selection {
        if count < 2 { return count == 0 ? .none : Selection(flattening: first, isLast: isLast) }
        return .items(.values(values))
    }
}

// MARK: Members

extension Selection {
    /// A step that does nothing but select a member of each item.
    @inline(__always)
    func members(
        _ key: String, keepsArray: Bool, isLast: Bool, _ evaluator: Evaluator
    ) throws(JSONataError) -> Selection {
        switch self {
        case .none, .tuples: return .none
        case .one(let item):
            try evaluator.spend()
            let value = unwrapped(try item.member(key, evaluator), keepsArray: keepsArray)
            return value.isUndefined ? .none : Selection(flattening: value, isLast: isLast)
        case .items(.json(let elements)), .whole(.jsonArray(let elements)):
            // Objects in a row mostly have their members in the same places.
            var place = 0
            return try Self.members(elements, keepsArray, isLast: isLast, evaluator) {
                (element) throws(JSONataError) -> Value in
                if case .object(let object) = element { return object.member(key, near: &place) }
                return try Value(element).member(key, evaluator)
            }
        case .items(.values(let elements)): return try Self.members(key, elements, keepsArray, isLast, evaluator)
        case .whole(let value):
            return try Self.members(key, value.asItems.values, keepsArray, isLast, evaluator)
        }
    }

    private static func members(
        _ key: String, _ elements: [Value], _ keepsArray: Bool, _ isLast: Bool, _ evaluator: Evaluator
    ) throws(JSONataError) -> Selection {
        var place = 0
        return try members(elements, keepsArray, isLast: isLast, evaluator) {
            (element) throws(JSONataError) -> Value in
            if case .jsonObject(let object) = element { return object.member(key, near: &place) }
            return try element.member(key, evaluator)
        }
    }

    @inline(__always)
    private static func members<Element>(
        _ elements: [Element], _ keepsArray: Bool, isLast: Bool, _ evaluator: Evaluator,
        of member: (Element) throws(JSONataError) -> Value
    ) throws(JSONataError) -> Selection {
        try evaluator.spend(elements.count)
        var results = StepResults()
        for element in elements {
            try results.append(
                unwrapped(try member(element), keepsArray: keepsArray), of: elements.count, evaluator)
        }
        return results.selection(isLast: isLast)
    }
}

extension JSONObject {
    /// A member that is looked for at a place first, and the place where it was found.
    @inline(__always)
    func member(_ key: String, near place: inout Int) -> JSONata.Value {
        guard let found = position(of: key, near: place) else { return .undefined }
        place = found
        return JSONata.Value(members[found].value)
    }
}
