/// Bytes that grow by many small pieces.
///
/// An array asks before every byte whether it is its only owner. This one always is: it cannot be copied.
@usableFromInline
package struct TextBuffer: ~Copyable {
    @usableFromInline var start: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    @usableFromInline var used = 0

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
    @inlinable @inline(__always)
    package mutating func reserve(_ more: Int) {
        if used + more > capacity { grow(used + more) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ least: Int) {
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
        while rest >= 10 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            first -= 2
            first.update(from: pairsOfDigits.utf8Start + 2 * Int(truncatingIfNeeded: pair), count: 2)
            rest = quotient
        }
        if rest > 0 {
            first -= 1
            first.pointee = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)
        }
        if value < 0 {
            first -= 1
            first.pointee = UInt8(ascii: "-")
        }
        (start + used).update(from: first, count: end - first)
        used += end - first
    }

    /// A key with its quotes and colon, behind a comma if it is not the first. Inlined, because a key that is known can
    /// be written without looking at its bytes.
    @inlinable @inline(__always)
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
        let target = UnsafeMutableRawPointer(start + used)
        let (high, low) = (UInt32(truncatingIfNeeded: value >> 32), UInt32(truncatingIfNeeded: value))
        target.storeBytes(of: high.hexadecimalDigits.bigEndian, as: UInt64.self)
        target.storeBytes(of: low.hexadecimalDigits.bigEndian, toByteOffset: 8, as: UInt64.self)
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
        let target = UnsafeMutableRawPointer(start + used)
        target.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        if bytes.copyIfPlain(to: target + 1) {
            target.storeBytes(of: UInt8(ascii: "\""), toByteOffset: bytes.count + 1, as: UInt8.self)
            used += bytes.count + 2
        } else {
            used += 1
            escape(bytes)
            append(UInt8(ascii: "\""))
        }
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

private let pairsOfDigits: StaticString = """
    0001020304050607080910111213141516171819\
    2021222324252627282930313233343536373839\
    4041424344454647484950515253545556575859\
    6061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899
    """

extension UnsafeRawBufferPointer {
    /// Copies the bytes, up to some place where JSON demands an escape; false if there is one.
    @inline(__always)
    fileprivate func copyIfPlain(to target: UnsafeMutableRawPointer) -> Bool {
        guard count >= 8 else {
            for offset in 0..<count {
                let byte = self[offset]
                if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
                target.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
            }
            return true
        }
        // The last eight may overlap those before.
        let last = count - 8
        var offset = 0
        while true {
            let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if word.quotesBackslashesAndControls != 0 { return false }
            target.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
            if offset == last { return true }
            offset = Swift.min(offset + 8, last)
        }
    }
}

extension UInt32 {
    /// Eight digits in lower case, the first in the highest byte.
    fileprivate var hexadecimalDigits: UInt64 {
        // One digit of four bits in each byte.
        var digits = UInt64(self)
        digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits | digits << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // Those from ten on come to sixteen and more with six added.
        let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return digits + 0x3030_3030_3030_3030 + letters * UInt64(UInt8(ascii: "a") - UInt8(ascii: "0") - 10)
    }
}
