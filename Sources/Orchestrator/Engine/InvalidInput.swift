package import JSONValue

/// AWS's words for an execution input that is not JSON.
package enum InvalidInput {
    package static func message(for input: String, _ error: JSONError) -> String {
        "Invalid State Machine Execution Input: '\(reason(for: input, error))'"
    }

    private static func reason(for input: String, _ error: JSONError) -> String {
        let bytes = Array(input.utf8)
        guard bytes.contains(where: { !isSpace($0) }) else { return "Invalid execution input." }
        guard bytes.indices.contains(error.offset) else { return "Unexpected end-of-input: \(error.message)" }
        let rest = bytes[error.offset...]
        let word = rest.prefix { isWord($0) }
        if !word.isEmpty {
            return "Unrecognized token '\(String(decoding: word, as: UTF8.self))': was expecting (JSON String, Number,"
                + " Array, Object or token 'null', 'true' or 'false')"
        }
        let scalar = String(decoding: rest, as: UTF8.self).unicodeScalars.first.map { $0 } ?? "?"
        let before = bytes[..<error.offset].last { !isSpace($0) }
        let expected =
            before == UInt8(ascii: "{")
            ? "was expecting double-quote to start field name" : error.message
        return "Unexpected character ('\(scalar)' (code \(scalar.value))): \(expected)"
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0d].contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
