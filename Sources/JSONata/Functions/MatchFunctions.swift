internal import RegularExpression

extension Builtin {
    static let matchFunctions: [Builtin] = [
        Builtin("contains", "<s-(sf):b>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            if let part = arguments.string(1) { return .bool(try evaluator.firstRange(of: part, in: text) != nil) }
            guard let matcher = arguments.function(1) else { return .undefined }
            var matches = try Matches(matcher, text, evaluator)
            return .bool(try matches.next() != nil)
        },
        Builtin("match", "<s-f<s:o>n?:a<o>>", arity: 3) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0), let matcher = arguments.function(1) else { return .undefined }
            let limit = try arguments.limit(2, code: "D3040")
            var results: [Value] = []
            var matches = try Matches(matcher, text, evaluator)
            while Double(results.count) < limit, let match = try matches.next() {
                let object = ObjectValue(capacity: 3)
                object.append(new: "match", .string(match.text))
                object.append(new: "index", Value(match.start))
                object.append(new: "groups", .array(of: match.groups))
                try evaluator.allocate(256 + match.text.utf8.count)
                results.append(.object(object))
            }
            return .sequence(results)
        },
        Builtin("replace", "<s-(sf)(sf)n?:s>", arity: 4) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            if arguments.string(1)?.isEmpty == true {
                throw JSONataError("D3010", arguments[1], details: .init(index: 2))
            }
            let limit = try arguments.limit(3, code: "D3011")
            if let matcher = arguments.function(1) {
                return .string(try replace(text, matcher, with: arguments[2], limit: limit, evaluator))
            }
            guard let part = arguments.string(1), let replacement = arguments.string(2) else { return .string(text) }
            return .string(try replace(text, part, with: replacement, limit: limit, evaluator))
        },
        Builtin("split", "<s-(sf)n?:a<s>>", arity: 3) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            let limit = try arguments.limit(2, code: "D3020")
            if let matcher = arguments.function(1) {
                return .array(of: try split(text, matcher, limit: limit, evaluator))
            }
            guard let separator = arguments.string(1) else { return .array(of: [.string(text)]) }
            return .array(of: try split(text, separator, limit: limit.rounded(.down), evaluator))
        },
    ]

    private static func replace(
        _ text: String, _ part: String, with replacement: String, limit: Double, _ evaluator: Evaluator
    ) throws(JSONataError) -> String {
        var result = ""
        var position = text.startIndex
        var count = 0.0
        while count < limit, let range = try evaluator.firstRange(of: part, in: text, from: position) {
            try evaluator.spend()
            try evaluator.spend(bytes: replacement.utf8.count)
            try evaluator.allocate(text.utf8.distance(from: position, to: range.lowerBound) + replacement.utf8.count)
            result += text[position..<range.lowerBound]
            result += replacement
            position = range.upperBound
            count += 1
        }
        return result + text[position...]
    }

    private static func replace(
        _ text: String, _ matcher: Function, with replacement: Value, limit: Double, _ evaluator: Evaluator
    ) throws(JSONataError) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        var count = 0.0
        var matches = try Matches(matcher, text, evaluator)
        while count < limit, let match = try matches.next() {
            result.append(contentsOf: matches.textBefore(match))
            let substitute: Value
            if let template = replacement.stringValue {
                try evaluator.spend(bytes: template.utf8.count * 8)
                substitute = .string(expand(template, match))
            } else if let function = replacement.functionValue {
                substitute = try evaluator.call(function, [match.value(evaluator)])
            } else {
                substitute = .undefined
            }
            guard let text = substitute.stringValue else { throw JSONataError("D3012", substitute) }
            try evaluator.allocate(text.utf8.count + match.text.utf8.count)
            result.append(contentsOf: text.utf8)
            count += 1
        }
        result.append(contentsOf: matches.rest)
        return String(decoding: result, as: UTF8.self)
    }

    /// Puts groups for `$1` and so on, the match for `$0`, a dollar for `$$`. Of the digits behind a dollar as many
    /// count as there are digits in the number of groups.
    private static func expand(_ template: String, _ match: Match) -> String {
        guard template.utf8.contains(UInt8(ascii: "$")) else { return template }
        let scalars = Array(template.unicodeScalars)
        var result = String.UnicodeScalarView()
        var position = 0
        func number(_ digits: Int) -> (value: Int, length: Int)? {
            var value = 0
            var length = 0
            while length < digits, position + length < scalars.count,
                let digit = scalars[position + length].value.asciiDigit
            {
                value = value * 10 + digit
                length += 1
            }
            return length > 0 ? (value, length) : nil
        }
        while position < scalars.count {
            let scalar = scalars[position]
            position += 1
            guard scalar == "$" else {
                result.append(scalar)
                continue
            }
            if position < scalars.count, scalars[position] == "$" {
                result.append("$")
                position += 1
            } else if position < scalars.count, scalars[position] == "0" {
                result.append(contentsOf: match.text.unicodeScalars)
                position += 1
            } else {
                let groups = match.groups.count
                let digits = groups == 0 ? 1 : String(groups).utf8.count
                var index = number(digits)
                if digits > 1, let found = index, found.value > groups { index = number(digits - 1) }
                if let index {
                    if index.value > 0, index.value <= groups, let group = match.groups[index.value - 1].stringValue {
                        result.append(contentsOf: group.unicodeScalars)
                    }
                    position += String(index.value).utf8.count
                } else {
                    result.append("$")
                }
            }
        }
        return String(result)
    }

    private static func split(
        _ text: String, _ matcher: Function, limit: Double, _ evaluator: Evaluator
    ) throws(JSONataError) -> [Value] {
        guard limit > 0 else { return [] }
        var results: [Value] = []
        var matches = try Matches(matcher, text, evaluator)
        while Double(results.count) < limit, let match = try matches.next() {
            let part = String(decoding: matches.textBefore(match), as: UTF8.self)
            try evaluator.allocate(part.utf8.count + 32)
            results.append(.string(part))
        }
        if Double(results.count) < limit { results.append(.string(String(decoding: matches.rest, as: UTF8.self))) }
        return results
    }

    private static func split(
        _ text: String, _ separator: String, limit: Double, _ evaluator: Evaluator
    ) throws(JSONataError) -> [Value] {
        guard limit > 0 else { return [] }
        var results: [Value] = []
        if separator.isEmpty {
            // Into code units; halves of a pair cannot stand alone and stay together.
            for scalar in text.unicodeScalars where Double(results.count) < limit {
                try evaluator.spend()
                try evaluator.allocate(32)
                results.append(.string(String(scalar)))
            }
            return results
        }
        var position = text.startIndex
        while Double(results.count) < limit,
            let range = try evaluator.firstRange(of: separator, in: text, from: position)
        {
            try evaluator.spend()
            try evaluator.allocate(32 + text.utf8.distance(from: position, to: range.lowerBound))
            results.append(.string(String(text[position..<range.lowerBound])))
            position = range.upperBound
        }
        if Double(results.count) < limit { results.append(.string(String(text[position...]))) }
        return results
    }
}

extension Arguments {
    /// A number that limits how often something is done; without one there is no limit.
    fileprivate func limit(_ index: Int, code: String) throws(JSONataError) -> Double {
        guard let limit = try number(index) else { return .infinity }
        guard limit >= 0 else { throw JSONataError(code, self[index], details: .init(index: index + 1)) }
        return limit
    }
}

extension UInt32 {
    var asciiDigit: Int? { self &- 0x30 < 10 ? Int(self - 0x30) : nil }
}
