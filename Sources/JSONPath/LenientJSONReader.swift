import JSONValue

/// Reads a literal within a path: JSON, and also text in single quotes.
struct LenientJSONReader {
    private let scalars: [Unicode.Scalar]
    private(set) var position: Int
    private let end: Int
    private var depth = 0

    init(_ scalars: [Unicode.Scalar], from position: Int, to end: Int) {
        self.scalars = scalars
        self.position = position
        self.end = end
    }

    private var current: Unicode.Scalar? { position < end ? scalars[position] : nil }

    private var failure: PathError { PathError(.invalid, "Could not parse a literal", offset: position) }

    private mutating func skipBlanks() {
        while let next = current, next.properties.isWhitespace { position += 1 }
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard current == scalar else { return false }
        position += 1
        return true
    }

    mutating func read() throws(PathError) -> JSON {
        guard depth < PathParser.maximumDepth else { throw failure }
        depth += 1
        defer { depth -= 1 }
        skipBlanks()
        switch current {
        case "[": return try readArray()
        case "{": return try readObject()
        case "'", "\"": return .string(try readString())
        default: return try readWord()
        }
    }

    private mutating func readArray() throws(PathError) -> JSON {
        position += 1
        var elements: [JSON] = []
        if skip("]") { return .array(elements) }
        while true {
            elements.append(try read())
            if skip("]") { return .array(elements) }
            guard skip(",") else { throw failure }
        }
    }

    private mutating func readObject() throws(PathError) -> JSON {
        position += 1
        var object = JSONObject()
        if skip("}") { return .object(object) }
        while true {
            skipBlanks()
            guard current == "'" || current == "\"" else { throw failure }
            let key = try readString()
            guard skip(":") else { throw failure }
            object[key] = try read()
            if skip("}") { return .object(object) }
            guard skip(",") else { throw failure }
        }
    }

    private mutating func readString() throws(PathError) -> String {
        let parser = PathParser(scalars, from: position, to: end, depth: 0, filterPathCount: 0)
        guard let close = parser.indexOfUnescaped(scalars[position], after: position) else { throw failure }
        defer { position = close + 1 }
        return parser.unescapedText(position + 1, close)
    }

    private mutating func readWord() throws(PathError) -> JSON {
        let start = position
        while let next = current, next != ",", next != "]", next != "}", next != ")", next != ":",
            !next.properties.isWhitespace
        {
            position += 1
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[start..<position])
        guard let value = try? JSON(parsing: String(view)) else { throw failure }
        return value
    }
}
