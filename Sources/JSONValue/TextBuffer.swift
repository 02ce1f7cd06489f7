/// Bytes that grow by many small pieces.
///
/// An array asks before every byte whether it is its only owner. This one always is: it cannot be copied.
package struct TextBuffer: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var used = 0

    package init(capacity: Int = 64) {
        self.capacity = max(capacity, 16)
        start = .allocate(capacity: self.capacity)
    }

    deinit { start.deallocate() }

    package var count: Int { used }

    /// What was written, for as long as the closure runs.
    package borrowing func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: start, count: used))
    }

    package borrowing func array() -> [UInt8] { withBytes { Array($0) } }

    /// The text of bytes that are UTF-8.
    package borrowing func text() -> String { withBytes { String(decoding: $0, as: UTF8.self) } }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        start[used] = byte
        used += 1
    }

    @inline(__always)
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        UnsafeMutableRawPointer(start + used).copyMemory(from: source, byteCount: bytes.count)
        used += bytes.count
    }

    @inline(__always)
    package mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends what is in this place already.
    package mutating func append(copyOf place: Range<Int>) {
        precondition(place.upperBound <= used)
        reserve(place.count)
        UnsafeMutableRawPointer(start + used).copyMemory(from: start + place.lowerBound, byteCount: place.count)
        used += place.count
    }

    /// Takes back what was written after so many bytes.
    package mutating func truncate(to count: Int) {
        precondition(count <= used)
        used = count
    }

    /// Makes room for so many bytes more.
    @inline(__always)
    package mutating func reserve(_ more: Int) {
        if used + more > capacity { grow(used + more) }
    }

    private mutating func grow(_ least: Int) {
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: max(least, 2 * capacity))
        larger.update(from: start, count: used)
        start.deallocate()
        start = larger
        capacity = max(least, 2 * capacity)
    }
}

// MARK: JSON

extension TextBuffer {
    package mutating func append(number value: Int64) {
        if value >= 0, value < 10 { return append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)) }
        // From the end, and then to its place: 20 bytes hold every one.
        reserve(20)
        let end = start + used + 20
        var first = end
        var rest = value.magnitude
        repeat {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            first -= 1
            first.pointee = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: remainder)
            rest = quotient
        } while rest != 0
        if value < 0 {
            first -= 1
            first.pointee = UInt8(ascii: "-")
        }
        (start + used).update(from: first, count: end - first)
        used += end - first
    }

    /// A key with its quotes and colon, behind a comma if it is not the first.
    package mutating func append(key: StaticString, isFirst: Bool) {
        let count = key.utf8CodeUnitCount
        reserve(count + 4)
        var place = start + used
        if !isFirst {
            place[0] = UInt8(ascii: ",")
            place += 1
        }
        place[0] = UInt8(ascii: "\"")
        (place + 1).update(from: key.utf8Start, count: count)
        place[count + 1] = UInt8(ascii: "\"")
        place[count + 2] = UInt8(ascii: ":")
        used += count + (isFirst ? 3 : 4)
    }

    /// 16 digits in lower case.
    package mutating func append(hexadecimal value: UInt64) {
        reserve(16)
        for place in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * place) & 15)
            start[used + place] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
        }
        used += 16
    }

    /// A text in two parts, with its quotes, that needs no escapes.
    package mutating func append(plain first: String, _ second: String) {
        append(UInt8(ascii: "\""))
        append(unquoted: first)
        append(unquoted: second)
        append(UInt8(ascii: "\""))
    }

    /// A text that is JSON as it is.
    package mutating func append(unquoted text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
        if isDone == nil { for byte in text.utf8 { append(byte) } }
    }

    /// Appends a string with its quotes. Only what RFC 8259 demands is escaped.
    package mutating func append(quoting string: String) {
        let isDone: Void? = string.utf8.withContiguousStorageIfAvailable { append(quoting: UnsafeRawBufferPointer($0)) }
        if isDone == nil { Array(string.utf8).withUnsafeBytes { append(quoting: $0) } }
    }

    private mutating func append(quoting bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count + 2)
        append(UInt8(ascii: "\""))
        if bytes.hasEscapes { escape(bytes) } else { append(bytes) }
        append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ utf8: UnsafeRawBufferPointer) {
        var plainStart = 0
        for index in utf8.indices {
            let byte = utf8[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            append(UnsafeRawBufferPointer(rebasing: utf8[plainStart..<index]))
            plainStart = index + 1
            append(UInt8(ascii: "\\"))
            switch byte {
            case 0x08: append(UInt8(ascii: "b"))
            case 0x09: append(UInt8(ascii: "t"))
            case 0x0A: append(UInt8(ascii: "n"))
            case 0x0C: append(UInt8(ascii: "f"))
            case 0x0D: append(UInt8(ascii: "r"))
            case 0..<0x20:
                append("u00")
                append(hexadecimal(byte >> 4))
                append(hexadecimal(byte & 15))
            default: append(byte)
            }
        }
        append(UnsafeRawBufferPointer(rebasing: utf8[plainStart...]))
    }

    private func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "A") - 10)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var hasEscapes: Bool {
        var offset = 0
        while offset + 8 <= count {
            if loadUnaligned(fromByteOffset: offset, as: UInt64.self).hasQuoteBackslashOrControl { return true }
            offset += 8
        }
        while offset < count {
            let byte = self[offset]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return true }
            offset += 1
        }
        return false
    }
}
