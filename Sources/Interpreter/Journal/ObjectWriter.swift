import JSONValue

/// Writes a JSON object member by member, without making values of what is in it.
struct ObjectWriter {
    private(set) var bytes: [UInt8]
    private var isFirst = true
    /// The object that was written last, and where. What a state hands on unchanged stands in several events, and is
    /// made into text only once.
    private var latest: (object: JSONObject, place: Range<Int>)?

    init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Nil leaves the member out, here as in all of these.
    mutating func add(_ key: StaticString, _ value: JSON?) {
        guard let value else { return }
        begin(key)
        append(value)
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

    /// A text in two parts that need no escapes.
    mutating func add(_ key: StaticString, _ first: String, _ second: String) {
        begin(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: first.utf8)
        bytes.append(contentsOf: second.utf8)
        bytes.append(UInt8(ascii: "\""))
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

    mutating func append(_ value: JSON) {
        guard case .object(let object) = value else { return value.serialize(into: &bytes) }
        if let place = place(of: object) {
            let start = bytes.count
            // Not a slice of the array: that would be a second owner, and have all of it copied.
            bytes.append(contentsOf: repeatElement(0, count: place.count))
            bytes.withUnsafeMutableBytes { all in
                UnsafeMutableRawBufferPointer(rebasing: all[start...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: all[place]))
            }
        } else {
            let start = bytes.count
            value.serialize(into: &bytes)
            latest = (object, start..<bytes.count)
        }
    }

    /// Where in `bytes` this object is already; nil where that is not known.
    func place(of object: JSONObject) -> Range<Int>? {
        guard let latest, latest.object.sharesStorage(with: object) else { return nil }
        return latest.place
    }

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
