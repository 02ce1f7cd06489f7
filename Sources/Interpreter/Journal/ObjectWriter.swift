import JSONValue

/// Writes a JSON object member by member, without making values of what is in it.
struct ObjectWriter {
    private(set) var bytes: [UInt8]
    private var isFirst = true

    init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Nil leaves the member out, here as in all of these.
    mutating func add(_ key: StaticString, _ value: JSON?) {
        guard let value else { return }
        begin(key)
        value.serialize(into: &bytes)
    }

    mutating func add(_ key: StaticString, _ value: Int?) {
        guard let value else { return }
        begin(key)
        append(Int64(value))
    }

    mutating func add(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        begin(key)
        JSON.string(value).serialize(into: &bytes)
    }

    mutating func add(_ key: StaticString, _ value: Bool) {
        begin(key)
        JSON.bool(value).serialize(into: &bytes)
    }

    mutating func add(_ key: StaticString, _ value: Timestamp) {
        begin(key)
        append(value.microseconds)
    }

    mutating func add(_ key: StaticString, _ values: [Int]) {
        addArray(key, values) { writer, value in writer.append(Int64(value)) }
    }

    mutating func addObject(_ key: StaticString, _ body: (inout ObjectWriter) -> Void) {
        begin(key)
        object(body)
    }

    mutating func addObjects<Element>(
        _ key: StaticString, _ elements: some Sequence<Element>, _ body: (inout ObjectWriter, Element) -> Void
    ) {
        addArray(key, elements) { writer, element in writer.object { body(&$0, element) } }
    }

    mutating func addArray<Element>(
        _ key: StaticString, _ elements: some Sequence<Element>, _ body: (inout ObjectWriter, Element) -> Void
    ) {
        begin(key)
        array(elements, body)
    }

    // MARK: Parts

    mutating func array<Element>(
        separator: StaticString = ",", _ elements: some Sequence<Element>,
        _ body: (inout ObjectWriter, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { append(separator) }
            isFirst = false
            body(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func object(_ body: (inout ObjectWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        body(&self)
        isFirst = false
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func append(_ value: JSON) { value.serialize(into: &bytes) }

    private mutating func begin(_ key: StaticString) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(UInt8(ascii: "\""))
        append(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ number: Int64) { JSON.int(number).serialize(into: &bytes) }
}
