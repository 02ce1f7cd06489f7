extension JSON {
    /// The value as compact JSON text. Decimals print as Java prints doubles: `100.0`, `1.0E300`.
    public func serialized() -> String {
        var buffer = TextBuffer()
        serialize(into: &buffer)
        return buffer.text()
    }

    /// Appends the value as compact JSON text in UTF-8.
    public func serialize(into bytes: inout [UInt8]) {
        var buffer = TextBuffer()
        serialize(into: &buffer)
        buffer.withBytes { bytes.append(contentsOf: $0) }
    }

    /// Appends the value as compact JSON text in UTF-8.
    package func serialize(into buffer: inout TextBuffer) {
        switch self {
        case .null: buffer.append("null")
        case .bool(let value): buffer.append(value ? "true" : "false")
        case .int(let value): buffer.append(number: value)
        case .double(let value): buffer.append(unquoted: value.javaText)
        case .number(let literal): buffer.append(unquoted: literal)
        case .string(let value): buffer.append(quoting: value)
        case .array(let elements):
            buffer.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { buffer.append(UInt8(ascii: ",")) }
                isFirst = false
                element.serialize(into: &buffer)
            }
            buffer.append(UInt8(ascii: "]"))
        case .object(let object):
            buffer.append(UInt8(ascii: "{"))
            var isFirst = true
            for member in object.members {
                if !isFirst { buffer.append(UInt8(ascii: ",")) }
                isFirst = false
                buffer.append(quoting: member.key)
                buffer.append(UInt8(ascii: ":"))
                member.value.serialize(into: &buffer)
            }
            buffer.append(UInt8(ascii: "}"))
        }
    }

    /// The value on several lines, each level indented by so many spaces. Ends without a line break.
    public func prettyPrinted(indent: Int = 2) -> String {
        var buffer = TextBuffer()
        prettyPrint(into: &buffer, indent: max(indent, 0), level: 0)
        return buffer.text()
    }

    private func prettyPrint(into buffer: inout TextBuffer, indent: Int, level: Int) {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            buffer.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                buffer.beginLine(indentedBy: indent * (level + 1))
                element.prettyPrint(into: &buffer, indent: indent, level: level + 1)
            }
            buffer.beginLine(indentedBy: indent * level)
            buffer.append(UInt8(ascii: "]"))
        case .object(let object) where !object.isEmpty:
            buffer.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                buffer.beginLine(indentedBy: indent * (level + 1))
                buffer.append(quoting: member.key)
                buffer.append(UInt8(ascii: ":"))
                buffer.append(0x20)
                member.value.prettyPrint(into: &buffer, indent: indent, level: level + 1)
            }
            buffer.beginLine(indentedBy: indent * level)
            buffer.append(UInt8(ascii: "}"))
        default:
            serialize(into: &buffer)
        }
    }
}

extension TextBuffer {
    fileprivate mutating func beginLine(indentedBy spaces: Int) {
        append(0x0A)
        for _ in 0..<spaces { append(0x20) }
    }
}

extension JSON: CustomStringConvertible {
    public var description: String { serialized() }
}
