extension JSON {
    /// Arrays and objects nested deeper than this are refused, so that no input can exhaust a thread's stack.
    public static let maximumDepth = 512

    /// Parses one JSON text (RFC 8259): nothing but whitespace may stand around it, a byte order mark is refused.
    ///
    /// Of members with the same key the last wins. An escape of half a surrogate pair becomes U+FFFD.
    public init(parsing text: String, maximumDepth: Int = JSON.maximumDepth) throws(JSONError) {
        var text = text
        self = try text.withUTF8 {
            JSONParser.parse(UnsafeRawBufferPointer($0), maximumDepth: maximumDepth)
        }.get()
    }

    /// Parses UTF-8 bytes; bytes that are not UTF-8 are refused.
    public init(parsing bytes: [UInt8], maximumDepth: Int = JSON.maximumDepth) throws(JSONError) {
        self = try bytes.withUnsafeBytes { JSONParser.parse($0, maximumDepth: maximumDepth) }.get()
    }

    /// Parses UTF-8 bytes, which are not kept.
    public init(parsing bytes: UnsafeRawBufferPointer, maximumDepth: Int = JSON.maximumDepth) throws(JSONError) {
        self = try JSONParser.parse(bytes, maximumDepth: maximumDepth).get()
    }
}

extension JSONParser where Recorder == NoPositions {
    static func parse(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int) -> Result<JSON, JSONError> {
        parse(bytes, maximumDepth: maximumDepth, recorder: NoPositions()).map(\.0)
    }
}

extension JSONError {
    /// Line and column, from 1, of the offending byte in the text that was parsed. Columns count characters.
    public func position(in text: String) -> (line: Int, column: Int) {
        LineIndex(Array(text.utf8)).position(ofByte: offset)
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String { "\(message) at byte \(offset)" }
}
