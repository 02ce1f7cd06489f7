/// Told by the parser where values and keys begin.
protocol PositionRecorder {
    mutating func beginValue(at offset: Int)
    mutating func enter(key: String, at offset: Int, isDuplicate: Bool)
    mutating func enter(index: Int)
    mutating func leave()
}

/// For parsing without positions: costs nothing, the parser is specialised for it.
struct NoPositions: PositionRecorder {
    func beginValue(at offset: Int) {}
    func enter(key: String, at offset: Int, isDuplicate: Bool) {}
    func enter(index: Int) {}
    func leave() {}
}

/// A strict recursive descent parser over UTF-8 bytes.
struct JSONParser<Recorder: PositionRecorder> {
    let bytes: UnsafeRawBufferPointer
    let maximumDepth: Int
    var recorder: Recorder
    var offset = 0
    var depth = 0
    /// Scratch for strings with escapes.
    var unescaped: [UInt8] = []

    init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int, recorder: Recorder) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.recorder = recorder
    }

    mutating func parseDocument() throws(JSONError) -> JSON {
        let value = try parseValue()
        skipWhitespace()
        guard offset == bytes.count else { throw error("unexpected text after the value") }
        return value
    }

    func error(_ message: String) -> JSONError { JSONError(message: message, offset: offset) }

    func unexpected(_ expected: String) -> JSONError {
        error(offset >= bytes.count ? "unexpected end of input, expected \(expected)" : "expected \(expected)")
    }

    /// The byte at the current offset; 0, which is legal nowhere outside of a value, at the end.
    @inline(__always)
    var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    @inline(__always)
    mutating func skipWhitespace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    mutating func parseValue() throws(JSONError) -> JSON {
        skipWhitespace()
        recorder.beginValue(at: offset)
        switch current {
        case UInt8(ascii: "\""):
            return .string(try parseString())
        case UInt8(ascii: "{"):
            return try parseObject()
        case UInt8(ascii: "["):
            return try parseArray()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try parseNumber()
        case UInt8(ascii: "t"):
            try parseWord("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try parseWord("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try parseWord("null")
            return .null
        default:
            throw unexpected("a value")
        }
    }

    private mutating func parseWord(_ word: StaticString) throws(JSONError) {
        let count = word.utf8CodeUnitCount
        for index in 0..<count {
            guard offset + index < bytes.count, bytes[offset + index] == word.utf8Start[index] else {
                throw error("expected a value")
            }
        }
        offset += count
    }

    private mutating func descend() throws(JSONError) {
        guard depth < maximumDepth else { throw error("nested deeper than \(maximumDepth) levels") }
        depth += 1
        offset += 1
    }

    private mutating func parseArray() throws(JSONError) -> JSON {
        try descend()
        var elements: [JSON] = []
        skipWhitespace()
        if current == UInt8(ascii: "]") {
            offset += 1
            depth -= 1
            return .array(elements)
        }
        while true {
            recorder.enter(index: elements.count)
            elements.append(try parseValue())
            recorder.leave()
            skipWhitespace()
            switch current {
            case UInt8(ascii: ","):
                offset += 1
            case UInt8(ascii: "]"):
                offset += 1
                depth -= 1
                return .array(elements)
            default:
                throw unexpected("',' or ']'")
            }
        }
    }

    private mutating func parseObject() throws(JSONError) -> JSON {
        try descend()
        var object = JSONObject()
        skipWhitespace()
        if current == UInt8(ascii: "}") {
            offset += 1
            depth -= 1
            return .object(object)
        }
        while true {
            skipWhitespace()
            let keyOffset = offset
            guard current == UInt8(ascii: "\"") else { throw unexpected("a key") }
            let key = try parseString()
            skipWhitespace()
            guard current == UInt8(ascii: ":") else { throw unexpected("':'") }
            offset += 1
            if Recorder.self != NoPositions.self {
                recorder.enter(key: key, at: keyOffset, isDuplicate: object[key] != nil)
            }
            object.set(key, try parseValue())
            recorder.leave()
            skipWhitespace()
            switch current {
            case UInt8(ascii: ","):
                offset += 1
            case UInt8(ascii: "}"):
                offset += 1
                depth -= 1
                return .object(object)
            default:
                throw unexpected("',' or '}'")
            }
        }
    }
}
