/// Bytes that wait to be sent: appended at one end, consumed at the other, one allocation that is kept.
struct ByteQueue: ~Copyable {
    private var storage: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    init(capacity: Int = 64 << 10) {
        storage = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit { storage.deallocate() }

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// The bytes that wait; valid until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[start..<end]) }

    mutating func consume(_ count: Int) {
        start += min(count, end - start)
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Room for at least `count` bytes, of which `fill` says how many it wrote.
    @discardableResult
    mutating func append(atMost count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        reserve(count)
        let written = fill(UnsafeMutableRawBufferPointer(rebasing: storage[end..<end + count]))
        end += written
        return written
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        append(atMost: bytes.count) { room in
            room.copyMemory(from: bytes)
            return bytes.count
        }
    }

    /// Writes over bytes that were appended, `offset` from the first that waits.
    mutating func overwrite(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        UnsafeMutableRawBufferPointer(rebasing: storage[(start + offset)...]).copyMemory(from: bytes)
    }

    private mutating func reserve(_ count: Int) {
        if end + count <= storage.count { return }
        let used = end - start
        if used + count <= storage.count, start >= used {
            storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
        } else {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(storage.count * 2, used + count), alignment: 8)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
            storage.deallocate()
            storage = larger
        }
        start = 0
        end = used
    }
}
