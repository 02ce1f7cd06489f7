/// Elements that are gathered until it is known how many they are: those of inner arrays and objects above those of
/// outer ones, so that each array is made once, and no larger than it has to be.
///
/// Whoever makes one has to deallocate it, and may not copy it: as a type that cannot be copied it would do that by
/// itself, but generic types that hold such a one crash the compiler (6.3.1).
struct ElementStack<Element> {
    private var start: UnsafeMutablePointer<Element>
    private var capacity: Int
    private var isLent = true
    private(set) var count = 0

    /// - Parameter room: Where the first elements are, which most often is enough; not empty, and there until the stack
    ///   is deallocated.
    init(in room: UnsafeMutableBufferPointer<Element>) {
        guard let start = room.baseAddress else { preconditionFailure("there is no room") }
        self.start = start
        capacity = room.count
    }

    func deallocate() {
        start.deinitialize(count: count)
        if !isLent { start.deallocate() }
    }

    /// Where the elements are that were pushed after so many.
    func elements(after base: Int) -> UnsafeBufferPointer<Element> {
        UnsafeBufferPointer(start: start + base, count: count - base)
    }

    mutating func push(_ element: consuming Element) {
        if count == capacity { grow() }
        (start + count).initialize(to: element)
        count += 1
    }

    mutating func replace(_ place: Int, with element: consuming Element) { start[place] = element }

    /// Takes away all that were pushed after so many.
    mutating func take(after base: Int) -> [Element] {
        let taken = count - base
        count = base
        return Array(unsafeUninitializedCapacity: taken) { buffer, initialized in
            buffer.baseAddress?.moveInitialize(from: start + base, count: taken)
            initialized = taken
        }
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: start, count: count)
        if !isLent { start.deallocate() }
        start = larger
        capacity *= 2
        isLent = false
    }
}
