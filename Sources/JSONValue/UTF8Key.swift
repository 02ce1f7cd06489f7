/// A string that equals another only if their UTF-8 bytes are the same: a key for dictionaries of JSON names.
package struct UTF8Key: Hashable, Sendable {
    package let string: String

    package init(_ string: String) { self.string = string }

    package static func == (left: Self, right: Self) -> Bool { left.string.hasSameUTF8(as: right.string) }

    package func hash(into hasher: inout Hasher) {
        let contiguous: Void? = string.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if contiguous == nil {
            for byte in string.utf8 { hasher.combine(bytes: byte) }
        }
        hasher.combine(0xFF as UInt8)
    }
}

extension Hasher {
    fileprivate mutating func combine(bytes byte: UInt8) {
        withUnsafeBytes(of: byte) { combine(bytes: $0) }
    }
}

extension String {
    /// Whether both strings have the same UTF-8 bytes. `==` would also take `"é"` for `"e\u{301}"`.
    @inlinable @inline(__always)
    package func hasSameUTF8(as other: String) -> Bool {
        utf8.count == other.utf8.count && hasSameBytes(as: other)
    }

    /// Of a string with as many bytes.
    @inlinable
    package func hasSameBytes(as other: String) -> Bool {
        let isSame = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in
                UnsafeRawBufferPointer(left).hasSameBytes(as: UnsafeRawBufferPointer(right))
            }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    /// Order by UTF-16 code units, that of Java and JavaScript.
    package func precedesInUTF16(_ other: String) -> Bool {
        utf16.lexicographicallyPrecedes(other.utf16)
    }
}

extension UnsafeRawBufferPointer {
    /// Compares buffers of the same length, eight bytes at a time; the last eight may overlap those before.
    @inlinable @inline(__always)
    package func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count >= 8 else { return count >= 4 ? hasSame(UInt32.self, as: other) : hasFewSameBytes(as: other) }
        return hasSame(UInt64.self, as: other)
    }

    @inlinable @inline(__always)
    package func hasSame<Word: FixedWidthInteger>(_: Word.Type, as other: UnsafeRawBufferPointer) -> Bool {
        let last = count - MemoryLayout<Word>.size
        var offset = 0
        while offset < last {
            guard
                loadUnaligned(fromByteOffset: offset, as: Word.self)
                    == other.loadUnaligned(fromByteOffset: offset, as: Word.self)
            else { return false }
            offset += MemoryLayout<Word>.size
        }
        return loadUnaligned(fromByteOffset: last, as: Word.self)
            == other.loadUnaligned(fromByteOffset: last, as: Word.self)
    }

    @inlinable @inline(__always)
    package func hasFewSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        for offset in 0..<count where self[offset] != other[offset] { return false }
        return true
    }
}
