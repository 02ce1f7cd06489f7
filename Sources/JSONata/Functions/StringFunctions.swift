extension Builtin {
    static let stringFunctions: [Builtin] = [
        Builtin("string", "<x-b?:s>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let text = try arguments[0].text(evaluator, isPretty: try evaluator.isTrue(arguments[1])) else {
                return .undefined
            }
            return .string(text)
        },
        Builtin("substring", "<s-nn?:s>", arity: 3) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            try evaluator.spend(bytes: text.utf8.count * 4)
            guard let start = try arguments.number(1) else {
                // Without a start there is no end to count to.
                return arguments[2].isUndefined ? .string(text) : .string("")
            }
            return .string(text.substring(from: start, length: try arguments.number(2)))
        },
        Builtin("substringBefore", "<s-s:s>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            guard let part = arguments.string(1), let range = try evaluator.firstRange(of: part, in: text) else {
                return .string(text)
            }
            return .string(String(text[..<range.lowerBound]))
        },
        Builtin("substringAfter", "<s-s:s>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            guard let part = arguments.string(1), let range = try evaluator.firstRange(of: part, in: text) else {
                return .string(text)
            }
            return .string(String(text[range.upperBound...]))
        },
        Builtin("lowercase", "<s-:s>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            return .string(try evaluator.converted(text) { String($0).ecmaScriptLowercased })
        },
        Builtin("uppercase", "<s-:s>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            return .string(try evaluator.converted(text) { $0.uppercased() })
        },
        Builtin("length", "<s-:n>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            try evaluator.spend(bytes: text.utf8.count)
            return Value(text.unicodeScalars.count)
        },
        Builtin("trim", "<s-:s>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            try evaluator.spend(bytes: text.utf8.count * 8)
            try evaluator.allocate(text.utf8.count * 2)
            let words = text.utf8.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
            return .string(words.map { String(Substring($0)) }.joined(separator: " "))
        },
        Builtin("pad", "<s-ns?:s>", arity: 3) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            let width = try arguments.number(1) ?? 0
            return .string(try pad(text, to: width, with: arguments.string(2) ?? "", evaluator))
        },
        Builtin("join", "<a<s>s?:s>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items else { return .undefined }
            let separator = arguments.string(1) ?? ""
            var result = ""
            for index in 0..<items.count {
                let text = items[index].stringValue ?? ""
                try evaluator.spend()
                try evaluator.spend(bytes: text.utf8.count + separator.utf8.count)
                try evaluator.allocate(text.utf8.count + separator.utf8.count)
                if index > 0 { result += separator }
                result += text
            }
            return .string(result)
        },
    ]

    /// Fills up with whole characters of the padding, counted in code points; a negative width fills on the left.
    private static func pad(
        _ text: String, to width: Double, with padding: String, _ evaluator: Evaluator
    ) throws(JSONataError) -> String {
        try evaluator.spend(bytes: text.utf8.count + padding.utf8.count * 8)
        let missing = width.magnitude.rounded(.down) - Double(text.unicodeScalars.count)
        guard missing > 0 else { return text }
        let filler = Array((padding.isEmpty ? " " : padding).unicodeScalars)
        guard missing < 1e9 else { throw .outOfMemory }
        try evaluator.allocate(Int(missing) * 4)
        var fill = String.UnicodeScalarView()
        for index in 0..<Int(missing) {
            try evaluator.pace(index)
            fill.append(filler[index % filler.count])
        }
        return width > 0 ? text + String(fill) : String(fill) + text
    }
}

extension String {
    var isASCII: Bool { utf8.allSatisfy { $0 < 0x80 } }

    /// Code points from a position, from the end if negative, up to a length.
    func substring(from start: Double, length: Double?) -> String {
        if let length, length <= 0 { return "" }
        let ascii = isASCII
        let count = ascii ? utf8.count : unicodeScalars.count
        var start = start
        if Double(count) + start < 0 { start = 0 }
        func clamped(_ position: Double) -> Int {
            let whole = position.rounded(.towardZero)
            return Int(min(max(whole < 0 ? Double(count) + whole : whole, 0), Double(count)))
        }
        let low = clamped(start)
        let high: Int
        if let length {
            high = clamped(start >= 0 ? start + length : Double(count) + start + length)
        } else {
            high = count
        }
        guard low < high else { return "" }
        if ascii {
            let begin = utf8.index(startIndex, offsetBy: low)
            return String(self[begin..<utf8.index(begin, offsetBy: high - low)])
        }
        let begin = unicodeScalars.index(startIndex, offsetBy: low)
        return String(self[begin..<unicodeScalars.index(begin, offsetBy: high - low)])
    }

    /// Where a short text occurs first, by its bytes.
    func firstRange(of part: String, from start: String.Index? = nil) -> Range<String.Index>? {
        let finder = TextFinder(part)
        var search = TextFinder.Search.unfinished(
            position: start.map { utf8.distance(from: startIndex, to: $0) } ?? 0)
        while case .unfinished(let position) = search { search = finder.search(self, from: position) }
        guard case .found(let position) = search else { return nil }
        let lower = utf8.index(startIndex, offsetBy: position)
        return lower..<utf8.index(lower, offsetBy: part.utf8.count)
    }

    /// Lower case as JavaScript makes it: a sigma that ends a word has a form of its own.
    var ecmaScriptLowercased: String {
        guard unicodeScalars.contains("Σ") else { return lowercased() }
        let scalars = Array(unicodeScalars)
        var result = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if scalar == "Σ" {
                let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
                let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
                let isFinal = before?.properties.isCased == true && after?.properties.isCased != true
                result.append(isFinal ? "ς" : "σ")
            } else {
                result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return String(result)
    }
}
