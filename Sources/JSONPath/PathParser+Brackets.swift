extension PathParser {
    /// `['key']`, `[0]`, `[1:2]`, `[*]`, `[?( )]`; the current scalar is the opening bracket.
    mutating func parseBracket() throws(PathError) -> PathStep {
        switch nextSignificant(after: position) {
        case "'": return try parseKeys(quote: "'")
        case "\"": return try parseKeys(quote: "\"")
        case "*": return try parseBracketWildcard()
        case "?": return try parseFilterStep()
        case ("0"..."9")?, "-", ":":
            if let step = try parseIndexes() { return step }
        default: break
        }
        throw invalid("Could not parse token starting at position \(position). Expected ?, ', 0-9, * ")
    }

    private mutating func parseBracketWildcard() throws(PathError) -> PathStep {
        let star = indexOfNextSignificant(after: position)
        let close = indexOfNextSignificant(after: star)
        guard scalar(at: close) == "]" else {
            throw invalid("Expected wildcard token to end with ']' on position \(star + 1)")
        }
        position = close + 1
        return .wildcard
    }

    private mutating func parseKeys(quote: Unicode.Scalar) throws(PathError) -> PathStep {
        var keys: [String] = []
        var index = position
        while true {
            index = indexOfNextSignificant(after: index)
            guard scalar(at: index) == quote else {
                throw invalid("Found empty property at index \(index)")
            }
            guard let close = indexOfUnescaped(quote, after: index) else {
                throw invalid("Property has not been closed - missing closing \(quote)")
            }
            keys.append(unescaped(index + 1, close, quote: quote))
            index = indexOfNextSignificant(after: close)
            switch scalar(at: index) {
            case ",":
                continue
            case "]":
                position = index + 1
                return keys.count == 1 ? .property(keys[0]) : .properties(keys)
            default:
                throw invalid(
                    "Property must be separated by comma or Property must be terminated close square bracket at index "
                        + "\(close)")
            }
        }
    }

    /// A backslash before the other kind of quote is part of the key, as AWS takes it.
    private func unescaped(_ start: Int, _ end: Int, quote: Unicode.Scalar) -> String {
        let otherQuote: Unicode.Scalar = quote == "'" ? "\"" : "'"
        return unescapedText(start, end) { $0 == otherQuote }
    }

    /// Resolves backslash escapes as Jayway does; an unknown one stands for its character.
    func unescapedText(_ start: Int, _ end: Int, keepsBackslash: (Unicode.Scalar) -> Bool = { _ in false }) -> String {
        var view = String.UnicodeScalarView()
        var index = start
        while index < end {
            var scalar = scalars[index]
            index += 1
            guard scalar == "\\", index < end else {
                view.append(scalar)
                continue
            }
            let escaped = scalars[index]
            index += 1
            switch escaped {
            case "t": scalar = "\t"
            case "n": scalar = "\n"
            case "r": scalar = "\r"
            case "f": scalar = "\u{C}"
            case "b": scalar = "\u{8}"
            case "u":
                guard let unit = hexUnit(at: index, end: end) else {
                    view.append("u")
                    continue
                }
                index += 4
                scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
                if unit & 0xFC00 == 0xD800, index + 5 < end, scalars[index] == "\\", scalars[index + 1] == "u",
                    let low = hexUnit(at: index + 2, end: end), low & 0xFC00 == 0xDC00
                {
                    index += 6
                    scalar = Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF) ?? "\u{FFFD}"
                }
            default:
                if keepsBackslash(escaped) { view.append("\\") }
                scalar = escaped
            }
            view.append(scalar)
        }
        return String(view)
    }

    private func hexUnit(at index: Int, end: Int) -> UInt32? {
        guard index + 4 <= end, scalars[index..<index + 4].allSatisfy(\.properties.isASCIIHexDigit) else { return nil }
        return UInt32(text(index, index + 4), radix: 16)
    }

    /// Nil if what stands between the brackets are not only digits, signs, commas and colons.
    private mutating func parseIndexes() throws(PathError) -> PathStep? {
        guard let close = scalars[position..<end].firstIndex(of: "]") else { return nil }
        let content = scalars[position + 1..<close]
        let isAllowed = content.allSatisfy { ("0"..."9").contains($0) || " ,-:".unicodeScalars.contains($0) }
        guard isAllowed else { return nil }
        let expression = text(position + 1, close).trimmingBlanks()
        let step: PathStep
        if expression.utf8.contains(UInt8(ascii: ":")) {
            step = .slice(try parseSlice(expression))
        } else {
            var indexes: [Int] = []
            for part in expression.split(separator: ",", omittingEmptySubsequences: false) {
                guard let index = Int32(part.trimmingBlanks()) else {
                    throw invalid("Failed to parse token in ArrayIndexOperation: \(expression)")
                }
                indexes.append(Int(index))
            }
            step = indexes.count == 1 ? .index(indexes[0]) : .indexes(indexes)
        }
        position = close + 1
        return step
    }

    /// A third part, the step, is accepted and has no effect.
    private func parseSlice(_ expression: String) throws(PathError) -> PathStep.Slice {
        let failure = invalid("Failed to parse SliceOperation: \(expression)")
        guard !expression.utf8.contains(where: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") }) else {
            throw failure
        }
        var bounds: [Int?] = []
        for part in expression.split(separator: ":", omittingEmptySubsequences: false) {
            guard !part.isEmpty else {
                bounds.append(nil)
                continue
            }
            guard let bound = Int32(part) else { throw failure }
            bounds.append(Int(bound))
        }
        guard bounds.count >= 2, bounds[0] != nil || bounds[1] != nil else { throw failure }
        return PathStep.Slice(from: bounds[0], to: bounds[1])
    }

    private mutating func parseFilterStep() throws(PathError) -> PathStep {
        let question = indexOfNextSignificant(after: position)
        let open = indexOfNextSignificant(after: question)
        if scalar(at: open) == "]" {
            throw invalid("Not enough predicates supplied for filter [?] at position \(position)")
        }
        guard scalar(at: open) == "(",
            let close = indexOfClosing(from: open, open: "(", close: ")", skipsRegexes: true)
        else { throw invalid("Could not parse token starting at position \(position). Expected ?, ', 0-9, * ") }
        let closeBracket = indexOfNextSignificant(after: close)
        guard scalar(at: closeBracket) == "]" else {
            throw invalid("Could not parse token starting at position \(position). Expected ?, ', 0-9, * ")
        }
        let filterText = text(position, closeBracket + 1)
        var parser = FilterParser(path: self, from: open, to: close + 1, text: filterText)
        let expression = try parser.parse()
        filterPathCount = parser.path.filterPathCount
        position = closeBracket + 1
        return .filter(expression)
    }
}

extension StringProtocol {
    func trimmingBlanks() -> String {
        var view = Substring(self).unicodeScalars
        while view.first == " " { view.removeFirst() }
        while view.last == " " { view.removeLast() }
        return String(view)
    }
}
