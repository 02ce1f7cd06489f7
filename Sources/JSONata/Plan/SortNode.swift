internal import JSONValue

/// `^(a, >b)` as a step of a path.
final class SortNode: Node, @unchecked Sendable {
    typealias Term = (isDescending: Bool, key: Node)

    let terms: [Term]

    init(_ terms: [Term], _ position: Int) {
        self.terms = terms
        super.init(position)
        kind = .sort
    }

    func select(_ current: Selection, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Selection {
        let items = current.items.values
        var selection = current
        if items.count > 1 {
            selection = .whole(.array(of: try order(items, [], frame, evaluator).map { items[$0] }))
        }
        for stage in stages {
            guard case .filter(let predicate) = stage else { continue }
            selection = try filter(selection.boxed, by: predicate, frame, evaluator)
        }
        return selection
    }

    /// Sorts tuples, or items that become tuples here; stages are applied by the path.
    func select(
        _ stream: TupleStream?, _ current: Selection, _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> TupleStream {
        let tuples = stream?.tuples ?? current.items.values.map { Tuple(context: $0) }
        let order = try order(tuples.map(\.context), tuples.map { $0.frame(frame) }, frame, evaluator)
        let sorted = TupleStream(order.map { tuples[$0] })
        if stream == nil, let index { return sorted.numbered(index) }
        return sorted
    }

    /// The sorted positions of items; `frames` are their scopes, if they have scopes of their own.
    private func order(
        _ items: [Value], _ frames: [Frame], _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> [Int] {
        guard items.count > 1 else { return Array(items.indices) }
        try evaluator.allocate(elements: items.count * (terms.count + 1))
        var order = try KeyOrder(self, items, frames, frame, evaluator)
        return try mergeSort(Array(items.indices), by: &order, evaluator)
    }
}

/// The order of items by the keys that the terms give. Each key is evaluated once, and only where the keys before it do
/// not decide.
private struct KeyOrder: SortOrder {
    private let terms: [SortNode.Term]
    private let position: Int
    private let items: [Value]
    private let frames: [Frame]
    private let frame: Frame
    private let evaluator: Evaluator
    /// The keys by term and item.
    private var keys: [[Value?]]
    /// The first keys, if all are numbers; otherwise empty.
    private var numbers: [Double] = []
    private let numbersDescend: Bool

    init(
        _ node: SortNode, _ items: [Value], _ frames: [Frame], _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) {
        terms = node.terms
        position = node.position
        self.items = items
        self.frames = frames
        self.frame = frame
        self.evaluator = evaluator
        keys = Array(repeating: Array(repeating: nil, count: items.count), count: terms.count)
        numbersDescend = terms[0].isDescending
        numbers.reserveCapacity(items.count)
        for item in items.indices {
            if case .number(let number) = try key(item, 0) { numbers.append(number) }
        }
        if numbers.count < items.count { numbers = [] }
    }

    mutating func isAfter(_ left: Int, _ right: Int) throws(JSONataError) -> Bool {
        if !numbers.isEmpty {
            let (first, second) = (numbers[left], numbers[right])
            if first != second { return (first > second) != numbersDescend }
        }
        for term in (numbers.isEmpty ? 0 : 1)..<terms.count {
            let first = try key(left, term)
            let second = try key(right, term)
            let comparison = try compare(first, second)
            if comparison != 0 {
                // Nothing comes last in either direction.
                let isDescending = terms[term].isDescending && !first.isUndefined && !second.isUndefined
                return isDescending ? comparison < 0 : comparison > 0
            }
        }
        return false
    }

    private mutating func key(_ item: Int, _ term: Int) throws(JSONataError) -> Value {
        if let known = keys[term][item] { return known }
        let value = try terms[term].key.evaluate(items[item], frames.isEmpty ? frame : frames[item], evaluator)
        keys[term][item] = value
        return value
    }

    private func compare(_ first: Value, _ second: Value) throws(JSONataError) -> Int {
        if case .number(let left) = first, case .number(let right) = second {
            return left == right ? 0 : left < right ? -1 : 1
        }
        if first.isUndefined { return second.isUndefined ? 0 : 1 }
        if second.isUndefined { return -1 }
        guard first.isOrdered, second.isOrdered else {
            throw JSONataError("T2008", first.isOrdered ? second : first, position: position)
        }
        if case .string(let left) = first, case .string(let right) = second {
            try evaluator.spend(bytes: min(left.utf8.count, right.utf8.count))
            if left.hasSameUTF8(as: right) { return 0 }
            return left.isOrderedBefore(right) ? -1 : 1
        }
        guard let left = first.doubleValue, let right = second.doubleValue else {
            throw JSONataError("T2007", first, position: position, details: .init(value2: second.errorValue))
        }
        return left == right ? 0 : left < right ? -1 : 1
    }
}
