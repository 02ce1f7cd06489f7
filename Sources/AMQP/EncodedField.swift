/// One value of a field table as it travels; valid as long as the bytes that it stands in.
package struct EncodedField {
    /// The octet that says what it is.
    let kind: UInt8
    /// The value; without the size before those that have one.
    let bytes: UnsafeRawBufferPointer

    /// Whether a size of 32 bits stands before its bytes.
    var hasSize: Bool { FieldKind.hasSize(kind) }

    /// The text of a string, or of bytes that are valid UTF-8: brokers and clients disagree on which of the two is sent.
    package var text: String? {
        kind == FieldKind.text || kind == FieldKind.bytes ? String(validUTF8: bytes) : nil
    }

    /// An integer of any width, as far as it fits.
    package var integer: Int64? {
        switch kind {
        case FieldKind.int8: Int64(load(Int8.self))
        case FieldKind.uint8: Int64(load(UInt8.self))
        case FieldKind.int16: Int64(load(Int16.self))
        case FieldKind.uint16: Int64(load(UInt16.self))
        case FieldKind.int32: Int64(load(Int32.self))
        case FieldKind.uint32: Int64(load(UInt32.self))
        case FieldKind.int64: load(Int64.self)
        case FieldKind.uint64: Int64(exactly: load(UInt64.self))
        default: nil
        }
    }

    package var value: AMQPFieldValue { value(depth: 0) }

    private func value(depth: Int) -> AMQPFieldValue {
        if let integer { return .int(integer) }
        return switch kind {
        case FieldKind.bool: .bool(bytes[0] != 0)
        case FieldKind.uint64: .double(Double(load(UInt64.self)))
        case FieldKind.float32: .double(Double(Float(bitPattern: load(UInt32.self))))
        case FieldKind.float64: .double(Double(bitPattern: load(UInt64.self)))
        case FieldKind.decimal: .double(decimal)
        // A long string is octets by the specification: what is not UTF-8 must not be altered.
        case FieldKind.text: String(validUTF8: bytes).map { .string($0) } ?? .bytes([UInt8](bytes))
        case FieldKind.bytes: .bytes([UInt8](bytes))
        case FieldKind.timestamp: .timestamp(Int64(clamping: load(UInt64.self)))
        case FieldKind.table: .table(Self.table(bytes, depth: depth + 1))
        case FieldKind.array: .array(Self.elements(bytes, depth: depth + 1))
        default: .null
        }
    }

    private func load<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type) -> Integer {
        Integer(bigEndian: bytes.loadUnaligned(as: Integer.self))
    }

    private var decimal: Double {
        var scale = 1.0
        for _ in 0..<bytes[0] { scale *= 10 }
        return Double(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: Int32.self))) / scale
    }

    static func table(_ bytes: UnsafeRawBufferPointer, depth: Int) -> [String: AMQPFieldValue] {
        var values: [String: AMQPFieldValue] = [:]
        guard depth < FieldTable.depthLimit else { return values }
        var reader = FieldReader(bytes)
        while let (name, field) = reader.entry() {
            let name = String(decoding: name, as: UTF8.self)
            if values[name] == nil { values[name] = field.value(depth: depth) }
        }
        return values
    }

    private static func elements(_ bytes: UnsafeRawBufferPointer, depth: Int) -> [AMQPFieldValue] {
        var values: [AMQPFieldValue] = []
        guard depth < FieldTable.depthLimit else { return values }
        var reader = FieldReader(bytes)
        while let field = reader.field() { values.append(field.value(depth: depth)) }
        return values
    }
}

/// The octets before values, as RabbitMQ understands them: the specification's own differ for some integers.
/// https://www.rabbitmq.com/amqp-0-9-1-errata
enum FieldKind {
    static let bool = UInt8(ascii: "t")
    static let int8 = UInt8(ascii: "b")
    static let uint8 = UInt8(ascii: "B")
    static let int16 = UInt8(ascii: "s")
    static let uint16 = UInt8(ascii: "u")
    static let int32 = UInt8(ascii: "I")
    static let uint32 = UInt8(ascii: "i")
    static let int64 = UInt8(ascii: "l")
    static let uint64 = UInt8(ascii: "L")
    static let float32 = UInt8(ascii: "f")
    static let float64 = UInt8(ascii: "d")
    static let decimal = UInt8(ascii: "D")
    static let text = UInt8(ascii: "S")
    static let bytes = UInt8(ascii: "x")
    static let timestamp = UInt8(ascii: "T")
    static let array = UInt8(ascii: "A")
    static let table = UInt8(ascii: "F")
    static let void = UInt8(ascii: "V")

    /// In bytes; nil where a size of 32 bits says it, or there is no such kind.
    static func size(of kind: UInt8) -> Int? {
        switch kind {
        case void: 0
        case bool, int8, uint8: 1
        case int16, uint16: 2
        case int32, uint32, float32: 4
        case decimal: 5
        case int64, uint64, float64, timestamp: 8
        default: nil
        }
    }

    /// Whether a size of 32 bits stands before the value.
    static func hasSize(_ kind: UInt8) -> Bool { kind == text || kind == table || kind == bytes || kind == array }
}

/// Takes a table or an array apart, without leaving its bytes.
struct FieldReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private var isAtEnd: Bool { position == bytes.count }

    /// Nil at the end, and where something is no entry.
    mutating func entry() -> (name: UnsafeRawBufferPointer, field: EncodedField)? {
        guard position < bytes.count else { return nil }
        let start = position + 1
        let end = start + Int(bytes[position])
        guard end <= bytes.count else { return nil }
        position = end
        guard let field = field() else {
            position = start - 1
            return nil
        }
        return (UnsafeRawBufferPointer(rebasing: bytes[start..<end]), field)
    }

    /// Nil at the end, and where something is no value.
    mutating func field() -> EncodedField? {
        guard position < bytes.count else { return nil }
        let kind = bytes[position]
        var start = position + 1
        let size: Int
        if let fixed = FieldKind.size(of: kind) {
            size = fixed
        } else {
            guard FieldKind.hasSize(kind), start + 4 <= bytes.count else { return nil }
            size = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
            start += 4
        }
        guard size <= bytes.count - start else { return nil }
        position = start + size
        return EncodedField(kind: kind, bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]))
    }

    /// Whether the bytes are a table from end to end; what is nested too deep to be read is not looked at.
    static func isTable(_ bytes: UnsafeRawBufferPointer, depth: Int = 0) -> Bool {
        var reader = FieldReader(bytes)
        while let (_, field) = reader.entry() { guard isSound(field, depth: depth) else { return false } }
        return reader.isAtEnd
    }

    private static func isArray(_ bytes: UnsafeRawBufferPointer, depth: Int) -> Bool {
        var reader = FieldReader(bytes)
        while let field = reader.field() { guard isSound(field, depth: depth) else { return false } }
        return reader.isAtEnd
    }

    private static func isSound(_ field: EncodedField, depth: Int) -> Bool {
        if depth + 1 >= FieldTable.depthLimit { return true }
        return switch field.kind {
        case FieldKind.table: isTable(field.bytes, depth: depth + 1)
        case FieldKind.array: isArray(field.bytes, depth: depth + 1)
        default: true
        }
    }
}
