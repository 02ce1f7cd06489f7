protocol SortOrder<Element> {
    associatedtype Element

    /// Whether the first of two elements has to change places with the second.
    mutating func isAfter(_ left: Element, _ right: Element) throws(JSONataError) -> Bool
}

/// A stable merge sort that bears any order, also one that contradicts itself, and then gives what the reference
/// implementation does, because it compares the same elements.
func mergeSort<Order: SortOrder>(
    _ elements: [Order.Element], by order: inout Order, _ evaluator: Evaluator
) throws(JSONataError) -> [Order.Element] {
    guard elements.count > 1 else { return elements }
    var source = elements
    var target = elements
    try mergeSort(&source, &target, 0, elements.count, by: &order, evaluator)
    return source
}

private func mergeSort<Order: SortOrder>(
    _ source: inout [Order.Element], _ target: inout [Order.Element], _ low: Int, _ high: Int, by order: inout Order,
    _ evaluator: Evaluator
) throws(JSONataError) {
    guard high - low > 1 else { return }
    let middle = low + (high - low) / 2
    try mergeSort(&source, &target, low, middle, by: &order, evaluator)
    try mergeSort(&source, &target, middle, high, by: &order, evaluator)
    try evaluator.spend(high - low)
    var (left, right) = (low, middle)
    for index in low..<high {
        var takesRight = left >= middle
        if !takesRight, right < high { takesRight = try order.isAfter(source[left], source[right]) }
        target[index] = source[takesRight ? right : left]
        if takesRight { right += 1 } else { left += 1 }
    }
    for index in low..<high { source[index] = target[index] }
}
