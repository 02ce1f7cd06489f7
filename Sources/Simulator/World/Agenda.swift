import HeapModule

/// What is going to happen, by virtual time; at the same time, first come, first served.
struct Agenda<Happening> {
    private struct Entry: Comparable {
        let at: Double
        let order: Int
        let happening: Happening

        static func < (left: Self, right: Self) -> Bool { (left.at, left.order) < (right.at, right.order) }
        static func == (left: Self, right: Self) -> Bool { left.order == right.order }
    }

    private var heap = Heap<Entry>()
    private var order = 0

    mutating func add(_ happening: Happening, at seconds: Double) {
        order += 1
        heap.insert(Entry(at: seconds, order: order, happening: happening))
    }

    mutating func next() -> (at: Double, happening: Happening)? {
        heap.popMin().map { ($0.at, $0.happening) }
    }
}
