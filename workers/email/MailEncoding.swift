import JSONValue

/// How text is written in a mail: RFC 2047 in headers, RFC 2045 in bodies. Folded lines end with `\n`.
enum MailEncoding {
    /// A line may have 78 characters; an encoded word 75.
    private static let lineLength = 78
    private static let wordLength = 75
    private static let wordStart = "=?utf-8?Q?"
    private static let wordEnd = "?="

    /// - Parameter after: how much of the line is taken already.
    static func unstructured(_ text: String, after column: Int) -> String {
        let plain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        let edges = text.first != " " && text.last != " "
        return plain && edges && !text.contains("=?") && column + text.utf8.count <= lineLength
            ? text : encodedWords(text, after: column)
    }

    static func mailbox(_ mailbox: MailMessage.Mailbox, after column: Int) -> String {
        guard !mailbox.name.isEmpty else { return mailbox.address }
        let name = phrase(mailbox.name, after: column)
        let lastLine = name.utf8.reversed().prefix { $0 != 0x0A }.count
        let used = lastLine + (name.utf8.contains(0x0A) ? 0 : column)
        let separator = used + mailbox.address.utf8.count + 3 > lineLength ? "\n " : " "
        return "\(name)\(separator)<\(mailbox.address)>"
    }

    private static func phrase(_ text: String, after column: Int) -> String {
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !text.contains("=?"),
            column + text.utf8.count + 2 <= lineLength
        else { return encodedWords(text, after: column) }
        let isAtoms = text.utf8.allSatisfy { isAtom($0) || $0 == 0x20 }
        guard !isAtoms || text.first == " " || text.last == " " || text.contains("  ") else { return text }
        return "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    /// Words of at most 75 characters, each of whole characters, each on its own line but the first.
    private static func encodedWords(_ text: String, after column: Int) -> String {
        var words: [String] = []
        var word = ""
        var room = min(wordLength, lineLength - column) - wordStart.utf8.count - wordEnd.utf8.count
        for scalar in text.unicodeScalars {
            let encoded = encoded(scalar)
            if word.utf8.count + encoded.utf8.count > room {
                words.append(word)
                word = ""
                room = wordLength - wordStart.utf8.count - wordEnd.utf8.count
            }
            word += encoded
        }
        words.append(word)
        return words.map { wordStart + $0 + wordEnd }.joined(separator: "\n ")
    }

    /// The letters, digits and few signs that stand for themselves even in a phrase (RFC 2047 section 5).
    private static func encoded(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "!", "*", "+", "-", "/": String(scalar)
        case " ": "_"
        default: String(scalar).utf8.map(hexadecimal).joined()
        }
    }

    /// RFC 2045 section 6.7; lines of at most 76 characters.
    static func quotedPrintable(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let bytes = Array(line.utf8)
            var lines: [String] = []
            var current = ""
            for (index, byte) in bytes.enumerated() {
                let isLast = index == bytes.count - 1
                let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
                // White space may stand for itself, but not at the end of a line.
                let isInnerSpace = (byte == 0x20 || byte == 0x09) && !isLast
                let encoded = isPlain || isInnerSpace ? String(Unicode.Scalar(byte)) : hexadecimal(byte)
                if current.utf8.count + encoded.utf8.count > (isLast ? 76 : 75) {
                    lines.append(current + "=")
                    current = ""
                }
                current += encoded
            }
            lines.append(current)
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// `Sun, 22 Nov 2026 18:07:10 +0000`
    static func date(_ time: Timestamp) -> String {
        let text = time.rfc3339
        func part(_ offset: Int, _ count: Int) -> String { String(text.dropFirst(offset).prefix(count)) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let seconds = time.milliseconds / 1_000
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let weekday = weekdays[Int((days % 7 + 7) % 7)]
        let month = months[max(1, min(12, Int(part(5, 2)) ?? 1)) - 1]
        return "\(weekday), \(part(8, 2)) \(month) \(part(0, 4)) \(part(11, 8)) +0000"
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "=0\(digits)" : "=\(digits)"
    }

    private static func isAtom(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
        }
    }
}
