/// A field table of AMQP 0-9-1 (4.2.5.5), such as the headers of a message, in the form in which it travels.
///
/// Most tables are only read once, or passed on as they came: values are made where they are asked for. Entries keep
/// their order, which counts when tables are compared. Looking something up goes through all entries before it.
package struct FieldTable: Sendable, Hashable {
    /// Deeper nesting is not read, and refused when written: both directions recurse.
    static let depthLimit = 32

    /// The entries, without the size before them.
    private(set) var encoded: [UInt8]
    /// False where a name is longer than 255 bytes, or tables are nested too deep: it cannot be sent.
    private(set) var isEncodable = true

    package init() { encoded = [] }

    /// Entries that are written in one go.
    /// - Parameter size: theirs, as `FieldWriter.size` says it; what has no room makes the table unfit to be sent.
    package init(size: Int, _ write: (inout FieldWriter) -> Void) {
        var isEncodable = true
        encoded = [UInt8](unsafeUninitializedCapacity: size) { room, count in
            var writer = FieldWriter(UnsafeMutableRawBufferPointer(room))
            write(&writer)
            isEncodable = writer.isEncodable
            count = writer.position
        }
        self.isEncodable = isEncodable
    }

    /// - Parameter bytes: the entries, without the size before them.
    /// - Returns: nil where they are no table from end to end.
    init?(validating bytes: UnsafeRawBufferPointer) {
        guard FieldReader.isTable(bytes) else { return nil }
        encoded = [UInt8](bytes)
    }

    package init(_ values: some Sequence<(key: String, value: AMQPFieldValue)>) {
        self.init()
        for (name, value) in values { append(name, value) }
    }

    package var isEmpty: Bool { encoded.isEmpty }

    package var count: Int {
        var count = 0
        visit { _, _ in count += 1 }
        return count
    }

    /// The first value of that name. Setting it puts the entry at the end.
    package subscript(name: String) -> AMQPFieldValue? {
        get {
            var name = name
            return name.withUTF8 { wanted in
                encoded.withUnsafeBytes { bytes in
                    var reader = FieldReader(bytes)
                    while let entry = reader.entry() {
                        if entry.name.elementsEqual(wanted) { return entry.field.value }
                    }
                    return nil
                }
            }
        }
        set {
            remove(name)
            if let newValue { append(name, newValue) }
        }
    }

    /// All entries as they stand; what is handed over is valid during the call.
    package func visit(_ body: (_ name: UnsafeRawBufferPointer, _ field: EncodedField) -> Void) {
        encoded.withUnsafeBytes { bytes in
            var reader = FieldReader(bytes)
            while let entry = reader.entry() { body(entry.name, entry.field) }
        }
    }

    /// Of several values of one name the first.
    package var dictionary: [String: AMQPFieldValue] { dictionary(depth: 0) }

    fileprivate func dictionary(depth: Int) -> [String: AMQPFieldValue] {
        encoded.withUnsafeBytes { EncodedField.table($0, depth: depth) }
    }

    private mutating func remove(_ name: String) {
        guard self[name] != nil else { return }
        var rest = FieldTable()
        rest.isEncodable = isEncodable
        var name = name
        name.withUTF8 { removed in
            visit { name, field in
                if !name.elementsEqual(removed) { rest.appendEncoded(name, field) }
            }
        }
        self = rest
    }

    private mutating func appendEncoded(_ name: UnsafeRawBufferPointer, _ field: EncodedField) {
        encoded.append(UInt8(truncatingIfNeeded: name.count))
        encoded.append(contentsOf: name)
        encoded.append(field.kind)
        if field.hasSize { append(bigEndian: UInt32(truncatingIfNeeded: field.bytes.count)) }
        encoded.append(contentsOf: field.bytes)
    }

    // MARK: Writing

    /// Adds an entry, whether or not there is one of that name.
    package mutating func append(_ name: String, _ text: String) {
        appendName(name)
        append(text: text)
    }

    /// Adds an entry, whether or not there is one of that name.
    package mutating func append(_ name: String, _ number: Int64) {
        appendName(name)
        append(number: number)
    }

    /// Adds an entry, whether or not there is one of that name.
    package mutating func append(_ name: String, _ value: AMQPFieldValue) {
        appendName(name)
        append(value, depth: 0)
    }

    private mutating func appendName(_ name: String) {
        let size = name.utf8.count
        if size > 255 { isEncodable = false }
        encoded.append(UInt8(truncatingIfNeeded: size))
        append(utf8Of: name)
    }

    private mutating func append(utf8Of text: String) {
        var text = text
        text.withUTF8 { encoded.append(contentsOf: $0) }
    }

    private mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        withUnsafeBytes(of: value.bigEndian) { encoded.append(contentsOf: $0) }
    }

    private mutating func append(text: String) {
        encoded.append(FieldKind.text)
        append(bigEndian: UInt32(truncatingIfNeeded: text.utf8.count))
        append(utf8Of: text)
    }

    private mutating func append(number: Int64) {
        // RabbitMQ's own arguments (x-max-length, x-message-ttl, …) accept any width; but 32 bits are all that AMQP 0-9-1
        // itself has, and some clients stop at any other.
        if let short = Int32(exactly: number) {
            encoded.append(FieldKind.int32)
            append(bigEndian: short)
        } else {
            encoded.append(FieldKind.int64)
            append(bigEndian: number)
        }
    }

    private mutating func append(_ value: AMQPFieldValue, depth: Int) {
        switch value {
        case .string(let text): append(text: text)
        case .int(let number): append(number: number)
        case .bool(let value): encoded += [FieldKind.bool, value ? 1 : 0]
        case .double(let value):
            encoded.append(FieldKind.float64)
            append(bigEndian: value.bitPattern)
        case .bytes(let bytes):
            encoded.append(FieldKind.bytes)
            append(bigEndian: UInt32(truncatingIfNeeded: bytes.count))
            encoded += bytes
        case .timestamp(let seconds):
            encoded.append(FieldKind.timestamp)
            append(bigEndian: UInt64(clamping: seconds))
        case .null: encoded.append(FieldKind.void)
        case .array(let values):
            appendNested(FieldKind.array, depth) { for value in values { $0.append(value, depth: depth + 1) } }
        case .table(let values):
            appendNested(FieldKind.table, depth) { table in
                for (name, value) in values {
                    table.appendName(name)
                    table.append(value, depth: depth + 1)
                }
            }
        }
    }

    private mutating func appendNested(_ kind: UInt8, _ depth: Int, _ fill: (inout FieldTable) -> Void) {
        guard depth < Self.depthLimit else {
            isEncodable = false
            encoded.append(FieldKind.void)
            return
        }
        encoded.append(kind)
        let start = encoded.count
        append(bigEndian: UInt32(0))
        fill(&self)
        let size = UInt32(truncatingIfNeeded: encoded.count - start - 4)
        withUnsafeBytes(of: size.bigEndian) { encoded.replaceSubrange(start..<start + 4, with: $0) }
    }
}

extension FieldTable: ExpressibleByDictionaryLiteral, CustomStringConvertible {
    package init(dictionaryLiteral elements: (String, AMQPFieldValue)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }

    package var description: String { "\(dictionary)" }
}
