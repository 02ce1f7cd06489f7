/// A node of the plan that evaluates an expression.
///
/// The analysis makes the nodes and completes them; afterwards nobody changes them, which makes them safe to share, and
/// spares the checks for exclusive access.
class Node: @unchecked Sendable {
    let position: Int
    /// What casts would have to find out each time.
    @exclusivity(unchecked) final var kind = Kind.other
    enum Kind {
        case variable, array, sort, number(Double), other
    }
    /// The key, if all that the node does is selecting a member.
    @exclusivity(unchecked) final var plainKey: String?
    /// Followed by `[]`.
    @exclusivity(unchecked) final var keepsArray = false
    /// The step binds variables, so that its path carries tuples.
    @exclusivity(unchecked) final var bindsTuple = false
    /// An array constructor at the beginning or the end of a path.
    @exclusivity(unchecked) final var isConstructor = false
    /// Predicates or a group apply to the result.
    @exclusivity(unchecked) final private var hasSuffix = false
    /// What few nodes have.
    @exclusivity(unchecked) final private var trimmings: Trimmings?

    private final class Trimmings {
        @exclusivity(unchecked) var predicates: [Node] = []
        @exclusivity(unchecked) var group: Grouping?
        @exclusivity(unchecked) var stages: [Stage] = []
        @exclusivity(unchecked) var focus: VariableID?
        @exclusivity(unchecked) var index: VariableID?
        @exclusivity(unchecked) var ancestor: ParentSlot?
        @exclusivity(unchecked) var seekingParent: [ParentSlot] = []
    }

    init(_ position: Int) { self.position = position }

    private final var ownTrimmings: Trimmings {
        if let trimmings { return trimmings }
        let made = Trimmings()
        trimmings = made
        return made
    }

    /// Filters on the result of the node as a whole.
    final var predicates: [Node] { trimmings?.predicates ?? [] }
    /// `{key: value}` behind the node.
    final var group: Grouping? { trimmings?.group }

    // What concerns steps of a path.

    /// Filters on what the step selects for each item, and positions (`#$i`) taken between them.
    final var stages: [Stage] {
        get { trimmings?.stages ?? [] }
        set { if !newValue.isEmpty || trimmings != nil { ownTrimmings.stages = newValue } }
    }
    final var hasStages: Bool { trimmings.map { !$0.stages.isEmpty } ?? false }
    /// `@$name`: the step's result goes to a variable, the context stays.
    final var focus: VariableID? {
        get { trimmings?.focus }
        set { ownTrimmings.focus = newValue }
    }
    /// `#$name`
    final var index: VariableID? {
        get { trimmings?.index }
        set { ownTrimmings.index = newValue }
    }
    /// Where a `%` looks for the item that this step was taken from.
    final var ancestor: ParentSlot? {
        get { trimmings?.ancestor }
        set { ownTrimmings.ancestor = newValue }
    }
    /// The `%` in this node whose items are to be found in steps before it.
    final var seekingParent: [ParentSlot] {
        get { trimmings?.seekingParent ?? [] }
        set { if !newValue.isEmpty || trimmings != nil { ownTrimmings.seekingParent = newValue } }
    }

    final func add(predicate: Node) {
        ownTrimmings.predicates.append(predicate)
        hasSuffix = true
    }

    final func movePredicatesToStages() {
        guard let trimmings else { return }
        trimmings.stages += trimmings.predicates.map { .filter($0) }
        trimmings.predicates = []
        hasSuffix = group != nil && !(self is PathNode)
    }

    final func set(group: Grouping) {
        ownTrimmings.group = group
        // A path groups its items itself, because it knows the variables that belong to them.
        hasSuffix = !(self is PathNode)
    }

    /// Neither filtered nor grouped.
    final var isPlain: Bool { !hasSuffix && !hasStages }

    final func evaluate(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        try evaluator.enter()
        var result = try compute(input, frame, evaluator)
        if hasSuffix { result = try applySuffix(result, frame, evaluator) }
        if let nesting = result.nesting, nesting.level > Nesting.maximum { throw .tooDeep(position: position) }
        evaluator.leave()
        return unwrapped(result, keepsArray: keepsArray)
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
}

/// A sequence of one item stands for the item, an empty one for nothing.
@inline(__always)
func unwrapped(_ value: Value, keepsArray: Bool = false) -> Value {
    guard case .array(let array) = value, array.isSequence else { return value }
    switch array.elements.count {
    case 0: return .undefined
    case 1:
        if array.flags.contains(.keepsSingleton) { return value }
        return keepsArray ? .array(array.with(.keepsSingleton)) : array.elements[0]
    default: return value
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
        try select(result, index: index, count: count, evaluator) { () throws(JSONataError) in
            try evaluator.allocate(elements: 1)
            results.append(item)
        }
    }
    return results.isEmpty ? .none : results.count == 1 ? .one(results[0]) : .items(.values(results))
}

/// Decides by a predicate's result how often the item at an index is taken.
@inline(__always)
func select(
    _ result: Value, index: Int, count: Int, _ evaluator: Evaluator, _ take: () throws(JSONataError) -> Void
) throws(JSONataError) {
    switch result {
    case .bool(let value): if value { try take() }
    case .undefined: break
    case .number, .integer:
        if position(try result.finiteNumber() ?? 0, in: count) == index { try take() }
    case .array, .jsonArray:
        let items = result.asItems
        var numbers: [Double] = []
        for element in 0..<items.count {
            try evaluator.spend()
            guard let number = try items[element].finiteNumber() else {
                if try evaluator.isTrue(result) { try take() }
                return
            }
            numbers.append(number)
        }
        for number in numbers where position(number, in: count) == index { try take() }
    default: if try evaluator.isTrue(result) { try take() }
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
