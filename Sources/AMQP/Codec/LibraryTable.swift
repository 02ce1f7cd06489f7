import CRabbitMQ

/// Between Swift values and librabbitmq's field tables, where it is the library that reads or writes what they are in.
enum LibraryTable {
    static func decode(_ table: amqp_table_t, depth: Int = 0) -> [String: AMQPFieldValue] {
        var result: [String: AMQPFieldValue] = [:]
        guard let entries = table.entries, table.num_entries > 0, depth < FieldTable.depthLimit else { return result }
        result.reserveCapacity(Int(table.num_entries))
        for index in 0..<Int(table.num_entries) {
            result[String(amqp: entries[index].key)] = decode(entries[index].value, depth: depth)
        }
        return result
    }

    private static func decode(_ field: amqp_field_value_t, depth: Int) -> AMQPFieldValue {
        switch amqp_field_value_kind_t(UInt32(field.kind)) {
        case AMQP_FIELD_KIND_BOOLEAN: .bool(field.value.boolean != 0)
        case AMQP_FIELD_KIND_I8: .int(Int64(field.value.i8))
        case AMQP_FIELD_KIND_U8: .int(Int64(field.value.u8))
        case AMQP_FIELD_KIND_I16: .int(Int64(field.value.i16))
        case AMQP_FIELD_KIND_U16: .int(Int64(field.value.u16))
        case AMQP_FIELD_KIND_I32: .int(Int64(field.value.i32))
        case AMQP_FIELD_KIND_U32: .int(Int64(field.value.u32))
        case AMQP_FIELD_KIND_I64: .int(field.value.i64)
        case AMQP_FIELD_KIND_U64: Int64(exactly: field.value.u64).map { .int($0) } ?? .double(Double(field.value.u64))
        case AMQP_FIELD_KIND_F32: .double(Double(field.value.f32))
        case AMQP_FIELD_KIND_F64: .double(field.value.f64)
        case AMQP_FIELD_KIND_DECIMAL: .double(decimal(field.value.decimal))
        case AMQP_FIELD_KIND_UTF8: text(field.value.bytes)
        case AMQP_FIELD_KIND_BYTES: .bytes([UInt8](amqp: field.value.bytes))
        case AMQP_FIELD_KIND_TIMESTAMP: .timestamp(Int64(clamping: field.value.u64))
        case AMQP_FIELD_KIND_TABLE: .table(decode(field.value.table, depth: depth + 1))
        case AMQP_FIELD_KIND_ARRAY: .array(elements(field.value.array, depth: depth + 1))
        default: .null
        }
    }

    /// A long string is octets by the specification: what is not UTF-8 must not be altered.
    private static func text(_ bytes: amqp_bytes_t) -> AMQPFieldValue {
        let raw = UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len)
        return String(validating: raw, as: UTF8.self).map { .string($0) } ?? .bytes([UInt8](raw))
    }

    private static func decimal(_ value: amqp_decimal_t) -> Double {
        var scale = 1.0
        for _ in 0..<min(value.decimals, 255) { scale *= 10 }
        return Double(Int32(bitPattern: value.value)) / scale
    }

    private static func elements(_ array: amqp_array_t, depth: Int) -> [AMQPFieldValue] {
        guard let entries = array.entries, array.num_entries > 0, depth < FieldTable.depthLimit else { return [] }
        return (0..<Int(array.num_entries)).map { decode(entries[$0], depth: depth) }
    }
}

/// Memory for the C structures of one frame; `reset` keeps the pages.
struct Arena: ~Copyable {
    private var pool = amqp_pool_t()

    init() { init_amqp_pool(&pool, 4096) }
    deinit {
        var pool = pool
        empty_amqp_pool(&pool)
    }

    mutating func reset() { recycle_amqp_pool(&pool) }

    /// A method, by the library's decoder; its texts stay where they are.
    mutating func method(_ id: UInt32, _ arguments: UnsafeRawBufferPointer) throws(AMQPError) -> Method {
        var decoded: UnsafeMutableRawPointer?
        let bytes = amqp_bytes_t(
            len: arguments.count, bytes: UnsafeMutableRawPointer(mutating: arguments.baseAddress))
        let status = amqp_decode_method(id, &pool, bytes, &decoded)
        guard status == AMQP_STATUS_OK.rawValue else { throw FrameReader.undecodable(String(amqpStatus: status)) }
        return Method(amqp_method_t(id: id, decoded: decoded))
    }

    mutating func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { bytes(UnsafeRawBufferPointer($0)) }
    }

    mutating func bytes(_ raw: UnsafeRawBufferPointer) -> amqp_bytes_t {
        guard let base = raw.baseAddress, !raw.isEmpty, let room = amqp_pool_alloc(&pool, raw.count) else {
            return amqp_empty_bytes
        }
        room.copyMemory(from: base, byteCount: raw.count)
        return amqp_bytes_t(len: raw.count, bytes: room)
    }

    mutating func table(_ values: [String: AMQPFieldValue]) -> amqp_table_t {
        guard !values.isEmpty,
            let room = amqp_pool_alloc(&pool, values.count * MemoryLayout<amqp_table_entry_t>.stride)
        else { return amqp_empty_table }
        let entries = room.bindMemory(to: amqp_table_entry_t.self, capacity: values.count)
        for (index, pair) in values.enumerated() {
            entries[index] = amqp_table_entry_t(key: bytes(pair.key), value: field(pair.value))
        }
        return amqp_table_t(num_entries: Int32(values.count), entries: entries)
    }

    private mutating func array(_ values: [AMQPFieldValue]) -> amqp_array_t {
        guard !values.isEmpty,
            let room = amqp_pool_alloc(&pool, values.count * MemoryLayout<amqp_field_value_t>.stride)
        else { return amqp_empty_array }
        let entries = room.bindMemory(to: amqp_field_value_t.self, capacity: values.count)
        for (index, value) in values.enumerated() { entries[index] = field(value) }
        return amqp_array_t(num_entries: Int32(values.count), entries: entries)
    }

    private mutating func field(_ value: AMQPFieldValue) -> amqp_field_value_t {
        var field = amqp_field_value_t()
        switch value {
        case .bool(let value):
            field.kind = UInt8(AMQP_FIELD_KIND_BOOLEAN.rawValue)
            field.value.boolean = value ? 1 : 0
        case .int(let value):
            // RabbitMQ's own arguments (x-max-length, x-message-ttl, …) accept any width; but 32 bits are all that
            // AMQP 0-9-1 itself has, and some clients stop at any other.
            if let short = Int32(exactly: value) {
                field.kind = UInt8(AMQP_FIELD_KIND_I32.rawValue)
                field.value.i32 = short
            } else {
                field.kind = UInt8(AMQP_FIELD_KIND_I64.rawValue)
                field.value.i64 = value
            }
        case .double(let value):
            field.kind = UInt8(AMQP_FIELD_KIND_F64.rawValue)
            field.value.f64 = value
        case .string(let text):
            field.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            field.value.bytes = bytes(text)
        case .bytes(let raw):
            field.kind = UInt8(AMQP_FIELD_KIND_BYTES.rawValue)
            field.value.bytes = raw.withUnsafeBytes { bytes($0) }
        case .timestamp(let seconds):
            field.kind = UInt8(AMQP_FIELD_KIND_TIMESTAMP.rawValue)
            field.value.u64 = UInt64(clamping: seconds)
        case .array(let values):
            field.kind = UInt8(AMQP_FIELD_KIND_ARRAY.rawValue)
            field.value.array = array(values)
        case .table(let values):
            field.kind = UInt8(AMQP_FIELD_KIND_TABLE.rawValue)
            field.value.table = table(values)
        case .null:
            field.kind = UInt8(AMQP_FIELD_KIND_VOID.rawValue)
        }
        return field
    }
}

extension String {
    /// Repairs what is not UTF-8.
    init(amqp bytes: amqp_bytes_t) {
        self.init(decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
    }
}

extension [UInt8] {
    init(amqp bytes: amqp_bytes_t) {
        self.init(UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len))
    }
}
