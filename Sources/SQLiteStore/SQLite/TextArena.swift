/// Memory for the texts that are bound to a statement, taken and given back like a stack's: without it SQLite allocates
/// and frees for every one of them.
final class TextArena {
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 1)
    /// Bytes in use. What lies beyond a number that is set again is given back.
    var used = 0

    deinit { memory.deallocate() }

    /// A copy that stays until its place is given back; nil where there is no room.
    func copy(_ text: UnsafeBufferPointer<UInt8>) -> UnsafePointer<CChar>? {
        guard text.count <= memory.count - used, let start = memory.baseAddress else { return nil }
        let place = start + used
        used += text.count
        if let source = text.baseAddress { place.copyMemory(from: source, byteCount: text.count) }
        return UnsafePointer(place.assumingMemoryBound(to: CChar.self))
    }
}
