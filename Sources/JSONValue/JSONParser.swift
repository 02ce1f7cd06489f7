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
    // Those of `parseDocument`, which deallocates them.
    private var elements: ElementStack<JSON>
    private var members: ElementStack<JSONObject.Member>

    private init(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int, recorder: Recorder, elements: ElementStack<JSON>,
        members: ElementStack<JSONObject.Member>
    ) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.recorder = recorder
        self.elements = elements
        self.members = members
    }

    /// Parses all bytes, and answers with the value and what the recorder recorded.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int, recorder: Recorder
    ) -> Result<(JSON, Recorder), JSONError> {
        // Small documents, of which there are many, need no other memory.
        withUnsafeTemporaryAllocation(of: JSON.self, capacity: 16) { elements in
            withUnsafeTemporaryAllocation(of: JSONObject.Member.self, capacity: 16) { members in
                var parser = JSONParser(
                    bytes, maximumDepth: maximumDepth, recorder: recorder, elements: ElementStack(in: elements),
                    members: ElementStack(in: members))
                do throws(JSONError) {
                    return .success((try parser.parseDocument(), parser.recorder))
                } catch {
                    return .failure(error)
                }
            }
        }
    }

    private mutating func parseDocument() throws(JSONError) -> JSON {
        defer {
            elements.deallocate()
            members.deallocate()
        }
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
        skipWhitespace()
        if current == UInt8(ascii: "]") {
            offset += 1
            depth -= 1
            return .array([])
        }
        let base = elements.count
        while true {
            recorder.enter(index: elements.count - base)
            elements.push(try parseValue())
            recorder.leave()
            skipWhitespace()
            switch current {
            case UInt8(ascii: ","):
                offset += 1
            case UInt8(ascii: "]"):
                offset += 1
                depth -= 1
                return .array(elements.take(after: base))
            default:
                throw unexpected("',' or ']'")
            }
        }
    }

    private mutating func parseObject() throws(JSONError) -> JSON {
        try descend()
        skipWhitespace()
        if current == UInt8(ascii: "}") {
            offset += 1
            depth -= 1
            return .object(JSONObject())
        }
        let base = members.count
        // Once they are many.
        var large: JSONObjectBuilder?
        while true {
            skipWhitespace()
            let keyOffset = offset
            guard current == UInt8(ascii: "\"") else { throw unexpected("a key") }
            let key = try parseString()
            skipWhitespace()
            guard current == UInt8(ascii: ":") else { throw unexpected("':'") }
            offset += 1
            if Recorder.self != NoPositions.self {
                let isDuplicate = large?.has(key) ?? (members.elements(after: base).position(of: key) != nil)
                recorder.enter(key: key, at: keyOffset, isDuplicate: isDuplicate)
            }
            let value = try parseValue()
            if large != nil {
                large?.set(key, value)
            } else if let place = members.elements(after: base).position(of: key) {
                members.replace(base + place, with: (key, value))
            } else {
                members.push((key, value))
                if members.count - base > JSONObject.largestWithoutIndex {
                    large = JSONObjectBuilder(distinct: members.take(after: base))
                }
            }
            recorder.leave()
            skipWhitespace()
            switch current {
            case UInt8(ascii: ","):
                offset += 1
            case UInt8(ascii: "}"):
                offset += 1
                depth -= 1
                if let large { return .object(JSONObject(large)) }
                return .object(JSONObject(few: members.take(after: base)))
            default:
                throw unexpected("',' or '}'")
            }
        }
    }
}
