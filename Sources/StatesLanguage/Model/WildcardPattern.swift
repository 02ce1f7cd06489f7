/// A `StringMatches` pattern: `*` stands for any run of characters, `\*` for a star, `\\` for a backslash.
package struct WildcardPattern: Sendable, Hashable {
    package let text: String
    /// What stands between the stars, as UTF-8; always at least one, and just one if there is no star.
    private let literals: [[UInt8]]

    /// A backslash before any other character stands for itself.
    package init(_ text: String) {
        self.text = text
        var literals: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in text.utf8 {
            switch (byte, isEscaped) {
            case (UInt8(ascii: "\\"), false):
                isEscaped = true
                continue
            case (UInt8(ascii: "*"), false):
                literals.append([])
            case (UInt8(ascii: "\\"), true), (UInt8(ascii: "*"), true), (_, false):
                literals[literals.count - 1].append(byte)
            case (_, true):
                literals[literals.count - 1] += [UInt8(ascii: "\\"), byte]
            }
            isEscaped = false
        }
        if isEscaped { literals[literals.count - 1].append(UInt8(ascii: "\\")) }
        self.literals = literals
    }

    /// Whether the whole string matches, byte by byte. Takes time in proportion to the lengths of both.
    package func matches(_ string: String) -> Bool {
        var string = string
        return string.withUTF8 { bytes in
            guard let first = literals.first, let last = literals.last else { return bytes.isEmpty }
            guard literals.count > 1 else { return bytes.elementsEqual(first) }
            guard bytes.count >= first.count + last.count, bytes.starts(with: first),
                bytes.suffix(last.count).elementsEqual(last)
            else { return false }
            // What lies between start and end: taking the leftmost place for each literal leaves the most for the rest.
            var position = first.count
            let end = bytes.count - last.count
            for literal in literals[1..<(literals.count - 1)] {
                guard let found = Self.position(after: literal, in: bytes, from: position, to: end) else {
                    return false
                }
                position = found
            }
            return true
        }
    }

    /// The position after the first occurrence of a literal: the algorithm of Knuth, Morris and Pratt.
    private static func position(
        after literal: [UInt8], in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) -> Int? {
        guard !literal.isEmpty else { return start }
        guard literal.count <= end - start else { return nil }
        var borders = [0]
        var border = 0
        for index in literal.indices.dropFirst() {
            while border > 0 && literal[index] != literal[border] { border = borders[border - 1] }
            if literal[index] == literal[border] { border += 1 }
            borders.append(border)
        }
        var matched = 0
        for index in start..<end {
            while matched > 0 && bytes[index] != literal[matched] { matched = borders[matched - 1] }
            if bytes[index] == literal[matched] { matched += 1 }
            if matched == literal.count { return index + 1 }
        }
        return nil
    }
}
