extension UnsafeRawBufferPointer {
    var isASCII: Bool {
        var offset = 0
        while offset + 8 <= count {
            if loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
            offset += 8
        }
        while offset < count {
            if self[offset] >= 0x80 { return false }
            offset += 1
        }
        return true
    }

    func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var offset = 0
        while offset + 8 <= count {
            let own = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if own != other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
            offset += 8
        }
        while offset < count {
            if self[offset] != other[offset] { return false }
            offset += 1
        }
        return true
    }
}

extension String {
    /// Nil where it is not UTF-8. The library's own check is not specialised for these bytes, and takes several times as
    /// long as to decode them.
    init?(validUTF8 bytes: UnsafeRawBufferPointer) {
        self.init(decoding: bytes, as: UTF8.self)
        if bytes.isASCII { return }
        // What had to be repaired is not what it was.
        guard utf8.elementsEqual(bytes) else { return nil }
    }

    func isEqual(to bytes: UnsafeRawBufferPointer) -> Bool {
        utf8.withContiguousStorageIfAvailable { UnsafeRawBufferPointer($0).isEqual(to: bytes) } ?? false
    }
}

/// A text that is the same in most messages: made anew only where it is another than the last time.
struct RepeatedText {
    private var last = ""

    /// Repairs what is not UTF-8.
    mutating func text(_ bytes: UnsafeRawBufferPointer) -> String {
        if !last.isEqual(to: bytes) { last = String(decoding: bytes, as: UTF8.self) }
        return last
    }
}

/// Takes values from bytes in network order. What is not there is nil, and so is everything after it.
struct WireReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// What has not been taken.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position...]) }

    mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type) -> Integer? {
        let size = MemoryLayout<Integer>.size
        guard bytes.count - position >= size else { return fail() }
        defer { position += size }
        return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Integer.self))
    }

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count <= bytes.count - position else { return fail() }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// A text with its length in one byte before it.
    mutating func shortString() -> UnsafeRawBufferPointer? { integer(UInt8.self).flatMap { take(Int($0)) } }

    private mutating func fail<Value>() -> Value? {
        position = bytes.count
        return nil
    }
}

/// Puts values into bytes in network order, and none beyond their end.
struct WireWriter {
    private let room: UnsafeMutableRawBufferPointer
    private(set) var position = 0
    /// Whether everything had room.
    private(set) var isWhole = true

    init(_ room: UnsafeMutableRawBufferPointer) { self.room = room }

    mutating func put<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer) {
        let size = MemoryLayout<Integer>.size
        guard room.count - position >= size else { return fail() }
        room.storeBytes(of: value.bigEndian, toByteOffset: position, as: Integer.self)
        position += size
    }

    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard room.count - position >= bytes.count else { return fail() }
        if let source = bytes.baseAddress {
            room.baseAddress.map { $0 + position }?.copyMemory(from: source, byteCount: bytes.count)
        }
        position += bytes.count
    }

    /// At most 255 bytes, with their number in one before them.
    mutating func put(shortString text: String) {
        var text = text
        text.withUTF8 { bytes in
            put(UInt8(truncatingIfNeeded: bytes.count))
            put(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Leaves the rest to `fill`, which says how much of it it used, or that it had no room.
    mutating func fill(_ fill: (UnsafeMutableRawBufferPointer) -> Int?) {
        guard isWhole, let count = fill(UnsafeMutableRawBufferPointer(rebasing: room[position...])) else {
            return fail()
        }
        position += count
    }

    private mutating func fail() { isWhole = false }
}
