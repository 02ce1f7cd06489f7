/// Where log groups lie below a folder: `/aws/vendedlogs/states/orders` in `aws/vendedlogs/states/orders.jsonl`.
struct LogPlaces: Sendable {
    let folder: String

    static let ending = ".jsonl"

    /// The group's folder and its file's path. A name cannot lead out of the log folder, nor name a hidden file.
    func place(of group: String) -> (folder: String, file: String) {
        var parts = group.utf8.split(separator: UInt8(ascii: "/")).map { Self.encoded(Substring($0)) }
        let name = parts.popLast() ?? "%"
        let folder = ([folder] + parts).joined(separator: "/")
        return (folder, folder + "/" + name + Self.ending)
    }

    /// The group that a file below the folder belongs to; nil for a file that is no log.
    static func group(ofFile path: String) -> String? {
        guard path.hasSuffix(ending) else { return nil }
        return "/" + path.dropLast(ending.count).split(separator: "/").map { decoded($0) }.joined(separator: "/")
    }

    private static func encoded(_ part: Substring) -> String {
        var text = ""
        for (index, byte) in part.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "-"):
                text += index == 0 ? hexadecimal(byte) : String(UnicodeScalar(byte))
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "#"):
                text += String(UnicodeScalar(byte))
            default: text += hexadecimal(byte)
            }
        }
        return text
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
    }

    private static func decoded(_ part: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = part.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
