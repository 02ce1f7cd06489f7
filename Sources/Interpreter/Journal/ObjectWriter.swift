import JSONValue

/// Writes a JSON object member by member, without making values of what is in it.
struct ObjectWriter: ~Copyable {
    private(set) var buffer: TextBuffer
    private var isFirst = true
    /// The object that was written last, and where. What a state hands on unchanged stands in several events, and is
    /// made into text only once.
    private(set) var latest = WrittenObject()

    init(reserving capacity: Int = 64) { buffer = TextBuffer(capacity: capacity) }

    var bytes: [UInt8] { buffer.array() }

    /// Nil leaves the member out, here as in all of these.
    @inline(__always)
    mutating func add(_ key: StaticString, _ value: JSON?) {
        guard let value else { return }
        begin(key)
        append(value)
    }

    @inline(__always)
    mutating func add(_ key: StaticString, _ value: Int?) {
        guard let value else { return }
        begin(key)
        buffer.append(number: Int64(value))
    }

    @inline(__always)
    mutating func add(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        begin(key)
        buffer.append(quoting: value)
    }

    /// A text in two parts that need no escapes.
    @inline(__always)
    mutating func add(_ key: StaticString, _ first: String, _ second: String) {
        begin(key)
        buffer.append(plain: first, second)
    }

    mutating func add(_ key: StaticString, _ secret: TaskToken.Secret) {
        begin(key)
        buffer.append(UInt8(ascii: "\""))
        buffer.append(hexadecimal: secret.high)
        buffer.append(hexadecimal: secret.low)
        buffer.append(UInt8(ascii: "\""))
    }

    mutating func add(_ key: StaticString, _ value: Bool) {
        begin(key)
        buffer.append(value ? "true" : "false")
    }

    @inline(__always)
    mutating func add(_ key: StaticString, _ value: Timestamp) {
        begin(key)
        buffer.append(number: value.microseconds)
    }

    mutating func add(_ key: StaticString, _ values: [Int]) {
        addArray(key, values) { writer, value in writer.buffer.append(number: Int64(value)) }
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
        buffer.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { buffer.append(separator) }
            isFirst = false
            body(&self, element)
        }
        buffer.append(UInt8(ascii: "]"))
    }

    mutating func object(_ body: (inout ObjectWriter) -> Void) {
        buffer.append(UInt8(ascii: "{"))
        isFirst = true
        body(&self)
        isFirst = false
        buffer.append(UInt8(ascii: "}"))
    }

    mutating func append(_ value: JSON) {
        guard case .object(let object) = value else { return value.serialize(into: &buffer) }
        if let place = latest.place(of: object) {
            buffer.append(copyOf: place)
        } else {
            let start = buffer.count
            value.serialize(into: &buffer)
            latest = WrittenObject(object, at: start..<buffer.count)
        }
    }

    @inline(__always)
    private mutating func begin(_ key: StaticString) {
        buffer.append(key: key, isFirst: isFirst)
        isFirst = false
    }
}

/// An object, and where in the bytes it is.
struct WrittenObject {
    private let object: JSONObject
    private let place: Range<Int>

    /// None yet.
    init() { self.init(JSONObject(), at: 0..<0) }

    init(_ object: JSONObject, at place: Range<Int>) {
        self.object = object
        self.place = place
    }

    /// Nil where that is not known.
    func place(of other: JSONObject) -> Range<Int>? { object.sharesStorage(with: other) ? place : nil }
}
