/// A node of the plan that evaluates an expression.
///
/// The analysis makes the nodes and completes them; afterwards nobody changes them, which makes them safe to share, and
/// spares the checks for exclusive access.
class Node: @unchecked Sendable {
    let position: Int
    /// Followed by `[]`.
    @exclusivity(unchecked) final var keepsArray = false
    /// Filters on the result of the node as a whole.
    @exclusivity(unchecked) final private(set) var predicates: [Node] = []
    /// `{key: value}` behind the node.
    @exclusivity(unchecked) final private(set) var group: Grouping?

    // What concerns steps of a path.

    /// Filters on what the step selects for each item, and positions (`#$i`) taken between them.
    @exclusivity(unchecked) final var stages: [Stage] = []
    /// `@$name`: the step's result goes to a variable, the context stays.
    final var focus: VariableID?
    /// `#$name`
    final var index: VariableID?
    /// Where a `%` looks for the item that this step was taken from.
    final var ancestor: ParentSlot?
    /// The step binds variables, so that its path carries tuples.
    @exclusivity(unchecked) final var bindsTuple = false
    /// An array constructor at the beginning or the end of a path.
    @exclusivity(unchecked) final var isConstructor = false
    /// The `%` in this node whose items are to be found in steps before it.
    final var seekingParent: [ParentSlot] = []

    /// The key, if all that the step does is selecting a member.
    @exclusivity(unchecked) final var plainKey: String?
    /// What casts would have to find out each time.
    @exclusivity(unchecked) final var kind = Kind.other
    enum Kind {
        case variable, sort, number(Double), other
    }
    @exclusivity(unchecked) final private var hasSuffix = false

    init(_ position: Int) { self.position = position }

    final func add(predicate: Node) {
        predicates.append(predicate)
        hasSuffix = true
    }

    final func movePredicatesToStages() {
        stages += predicates.map { .filter($0) }
        predicates = []
        hasSuffix = group != nil && !(self is PathNode)
    }

    final func set(group: Grouping) {
        self.group = group
        // A path groups its items itself, because it knows the variables that belong to them.
        hasSuffix = !(self is PathNode)
    }

    /// Neither filtered nor grouped.
    final var isPlain: Bool { !hasSuffix && stages.isEmpty }

    final func evaluate(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        try evaluator.enter()
        var result = try compute(input, frame, evaluator)
        if hasSuffix { result = try applySuffix(result, frame, evaluator) }
        if let nesting = result.nesting, nesting.level > Nesting.maximum { throw .tooDeep(position: position) }
        evaluator.leave()
        return unwrapped(result)
    }

    /// What the kind of node does.
    func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        preconditionFailure("A node without evaluation")
    }

    private func applySuffix(
        _ value: Value, _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> Value {
        var result = value
        for predicate in predicates {
            let selection = try filter(result, by: predicate, frame, evaluator)
            if keepsArray, case .one(let item) = selection {
                result = .sequence([item])
            } else {
                result = selection.boxed
            }
        }
        if let group { result = try group.evaluate(result, frame, evaluator) }
        return result
    }

    /// A sequence of one item stands for the item, an empty one for nothing.
    @inline(__always)
    final func unwrapped(_ value: Value) -> Value {
        guard case .array(let array) = value, array.isSequence else { return value }
        switch array.elements.count {
        case 0: return .undefined
        case 1:
            if array.flags.contains(.keepsSingleton) { return value }
            return keepsArray ? .array(array.with(.keepsSingleton)) : array.elements[0]
        default: return value
        }
    }
}

enum Stage {
    case filter(Node)
    case index(VariableID)
}

/// The place where a `%` finds its item: a variable bound by the step that was taken from it.
final class ParentSlot {
    var variable: VariableID
    /// How many steps up.
    var level = 1

    init(_ variable: VariableID) { self.variable = variable }
}

/// What a step or a filter selects, before it becomes an array.
enum Selection {
    case none
    case one(Value)
    /// A sequence.
    case items(Items)
    /// An array that is handed on as it is.
    case whole(Value)
    case tuples(TupleStream)

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

    var isEmpty: Bool {
        switch self {
        case .none: true
        case .one, .tuples: false
        case .items(let items): items.isEmpty
        case .whole(let value): value.items?.isEmpty ?? value.isUndefined
        }
    }
}

/// Keeps what a predicate is true for; a number selects by position, from the end if negative.
func filter(
    _ input: Value, by predicate: Node, _ frame: Frame, _ evaluator: Evaluator
) throws(JSONataError) -> Selection {
    if case .tuples(let stream) = input {
        return .tuples(try stream.filtered(by: predicate, frame, evaluator))
    }
    let items = input.asItems
    if case .number(let number) = predicate.kind {
        let index = position(number, in: items.count)
        guard let index, items.count > index else { return .none }
        let item = items[index]
        return item.isArray ? .whole(item) : item.isUndefined ? .none : .one(item)
    }
    var results: [Value] = []
    let count = items.count
    for index in 0..<count {
        let item = items[index]
        let result = try predicate.evaluate(item, frame, evaluator)
        try select(result, index: index, count: count) { results.append(item) }
    }
    try evaluator.allocate(elements: results.count)
    return results.isEmpty ? .none : results.count == 1 ? .one(results[0]) : .items(.values(results))
}

/// Decides by a predicate's result how often the item at an index is taken.
@inline(__always)
func select(_ result: Value, index: Int, count: Int, _ take: () -> Void) throws(JSONataError) {
    switch result {
    case .bool(let value): if value { take() }
    case .undefined: break
    case .number, .integer:
        if position(try result.finiteNumber() ?? 0, in: count) == index { take() }
    case .array, .jsonArray:
        let items = result.asItems
        var numbers: [Double] = []
        for element in 0..<items.count {
            guard let number = try items[element].finiteNumber() else {
                if result.isTrue { take() }
                return
            }
            numbers.append(number)
        }
        for number in numbers where position(number, in: count) == index { take() }
    default: if result.isTrue { take() }
    }
}

private func position(_ number: Double, in count: Int) -> Int? {
    let floored = number.rounded(.down)
    let index = floored < 0 ? floored + Double(count) : floored
    return index >= 0 && index < Double(count) ? Int(index) : nil
}

extension Value {
    /// The number as an operand; nil if it is none. One that is not finite cannot be used any further.
    @inline(__always)
    func finiteNumber() throws(JSONataError) -> Double? {
        guard let number = doubleValue else { return nil }
        guard number.isFinite else { throw JSONataError("D1001", .number(number)) }
        return number
    }
}
