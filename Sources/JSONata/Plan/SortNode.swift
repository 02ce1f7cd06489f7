internal import JSONValue

/// `^(a, >b)` as a step of a path.
final class SortNode: Node, @unchecked Sendable {
    let terms: [(isDescending: Bool, key: Node)]

    init(_ terms: [(isDescending: Bool, key: Node)], _ position: Int) {
        self.terms = terms
        super.init(position)
        kind = .sort
    }

    func select(_ current: Selection, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Selection {
        let items = current.items.values
        var selection = current
        if items.count > 1 {
            let order = try order(items.count, evaluator) { (item, term) throws(JSONataError) -> Value in
                try self.terms[term].key.evaluate(items[item], frame, evaluator)
            }
            selection = .whole(.array(of: order.map { items[$0] }))
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
        let frames = tuples.map { $0.frame(frame) }
        let order = try order(tuples.count, evaluator) { (item, term) throws(JSONataError) -> Value in
            try self.terms[term].key.evaluate(tuples[item].context, frames[item], evaluator)
        }
        let sorted = TupleStream(order.map { tuples[$0] })
        if stream == nil, let index { return sorted.numbered(index) }
        return sorted
    }

    /// The sorted positions. Each key is evaluated once, and only where the keys before it do not decide.
    private func order(
        _ count: Int, _ evaluator: Evaluator, key: (Int, Int) throws(JSONataError) -> Value
    ) throws(JSONataError) -> [Int] {
        guard count > 1 else { return Array(0..<count) }
        try evaluator.allocate(elements: count * terms.count)
        var keys: [[Value?]] = terms.map { _ in [] }
        var numbers: [Double] = []
        for item in 0..<count {
            let value = try key(item, 0)
            keys[0].append(value)
            if case .number(let number) = value { numbers.append(number) }
        }
        for term in 1..<max(terms.count, 1) { keys[term] = Array(repeating: nil, count: count) }
        let areNumbers = numbers.count == count
        let descends = terms[0].isDescending
        return try mergeSort(Array(0..<count), evaluator) { (left, right) throws(JSONataError) -> Bool in
            if areNumbers {
                let (first, second) = (numbers[left], numbers[right])
                if first != second { return (first > second) != descends }
            }
            for index in (areNumbers ? 1 : 0)..<self.terms.count {
                let first: Value
                if let known = keys[index][left] { first = known } else { first = try key(left, index) }
                keys[index][left] = first
                let second: Value
                if let known = keys[index][right] { second = known } else { second = try key(right, index) }
                keys[index][right] = second
                let comparison = try self.compare(first, second)
                if comparison != 0 {
                    // Nothing comes last in either direction.
                    let isDescending = self.terms[index].isDescending && !first.isUndefined && !second.isUndefined
                    return isDescending ? comparison < 0 : comparison > 0
                }
            }
            return false
        }
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
            if left.hasSameUTF8(as: right) { return 0 }
            return left.isOrderedBefore(right) ? -1 : 1
        }
        guard let left = first.doubleValue, let right = second.doubleValue else {
            throw JSONataError("T2007", first, position: position, details: .init(value2: second.json(.null)))
        }
        return left == right ? 0 : left < right ? -1 : 1
    }
}

/// A stable merge sort that bears any comparison, also one that contradicts itself. `isAfter` tells whether the first
/// of two elements has to change places with the second.
func mergeSort<Element>(
    _ elements: [Element], _ evaluator: Evaluator,
    isAfter: (Element, Element) throws(JSONataError) -> Bool
) throws(JSONataError) -> [Element] {
    guard elements.count > 1 else { return elements }
    var source = elements
    var target = elements
    try mergeSort(&source, &target, 0, elements.count, evaluator, isAfter: isAfter)
    return source
}

private func mergeSort<Element>(
    _ source: inout [Element], _ target: inout [Element], _ low: Int, _ high: Int, _ evaluator: Evaluator,
    isAfter: (Element, Element) throws(JSONataError) -> Bool
) throws(JSONataError) {
    guard high - low > 1 else { return }
    let middle = low + (high - low) / 2
    try mergeSort(&source, &target, low, middle, evaluator, isAfter: isAfter)
    try mergeSort(&source, &target, middle, high, evaluator, isAfter: isAfter)
    try evaluator.spend(high - low)
    var (left, right) = (low, middle)
    for index in low..<high {
        var takesRight = left >= middle
        if !takesRight, right < high { takesRight = try isAfter(source[left], source[right]) }
        target[index] = source[takesRight ? right : left]
        if takesRight { right += 1 } else { left += 1 }
    }
    for index in low..<high { source[index] = target[index] }
}
