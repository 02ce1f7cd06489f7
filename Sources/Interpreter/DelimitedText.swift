package import StatesLanguage

/// Rows of delimited text, as RFC 4180 has them: fields in quotes may hold delimiters, line ends and, doubled, quotes.
///
/// Reads a row at a time, so that a large text never stands in memory as fields.
package struct DelimitedText {
    private let bytes: [UInt8]
    private let delimiter: UInt8
    private var position: Int

    package init(_ bytes: [UInt8], delimiter: ItemReader.Format.Delimiter) {
        self.bytes = bytes
        self.delimiter = delimiter.byte
        // A byte order mark is no part of the first field.
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next row that has anything in it; nil at the end.
    package mutating func nextRow() -> [String]? {
        while position < bytes.count, bytes[position] == 0x0A || bytes[position] == 0x0D { position += 1 }
        guard position < bytes.count else { return nil }
        var row: [String] = []
        while true {
            row.append(nextField())
            guard position < bytes.count else { return row }
            let byte = bytes[position]
            position += 1
            if byte == delimiter { continue }
            if byte == 0x0D, position < bytes.count, bytes[position] == 0x0A { position += 1 }
            return row
        }
    }

    /// Ends before a delimiter, a line end, or the end.
    private mutating func nextField() -> String {
        let quote = UInt8(ascii: "\"")
        var field: [UInt8] = []
        if position < bytes.count, bytes[position] == quote {
            position += 1
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                if byte != quote {
                    field.append(byte)
                } else if position < bytes.count, bytes[position] == quote {
                    field.append(quote)
                    position += 1
                } else {
                    break
                }
            }
        }
        let start = position
        while position < bytes.count, !isEnd(bytes[position]) { position += 1 }
        field += bytes[start..<position]
        return String(decoding: field, as: UTF8.self)
    }

    private func isEnd(_ byte: UInt8) -> Bool { byte == delimiter || byte == 0x0A || byte == 0x0D }
}

extension ItemReader.Format.Delimiter {
    fileprivate var byte: UInt8 {
        switch self {
        case .comma: UInt8(ascii: ",")
        case .pipe: UInt8(ascii: "|")
        case .semicolon: UInt8(ascii: ";")
        case .space: UInt8(ascii: " ")
        case .tab: 0x09
        }
    }
}
