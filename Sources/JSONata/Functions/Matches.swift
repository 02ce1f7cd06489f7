internal import JSONValue
internal import RegularExpression

/// One match, as functions that match see it. Offsets count UTF-16 code units.
struct Match {
    let text: String
    let start: Int
    let end: Int
    /// Texts of the groups; nothing for one that took no part.
    let groups: [Value]
    /// The next match, when asked.
    let next: Function?

    /// The object that replacing functions are called with.
    func value(_ evaluator: Evaluator) -> Value {
        let object = ObjectValue(capacity: 5)
        object.append(new: "match", .string(text))
        object.append(new: "start", Value(start))
        object.append(new: "end", Value(end))
        object.append(new: "groups", .array(of: groups))
        if let next { object.append(new: "next", .function(next)) }
        return .object(object)
    }

    /// What a regular expression yields when called as a function.
    func value(_ search: RegexSearch) -> Value {
        let object = ObjectValue(capacity: 5)
        object.append(new: "match", .string(text))
        object.append(new: "start", Value(start))
        object.append(new: "end", Value(end))
        object.append(new: "groups", .array(of: groups))
        object.append(new: "next", .function(Function(.nextMatch(search))))
        return .object(object)
    }
}

/// Looks for a regular expression in a text, one match after the other.
final class RegexSearch {
    private let regex: RegularExpression
    private let scalars: [Unicode.Scalar]
    private let utf8: [UInt8]
    /// Where each scalar begins in `utf8`, and the end; nil if all are ASCII, one byte each.
    private let byteOffsets: [Int]?
    private let source: String
    private let errorPosition: Int
    private var position = 0
    private var previousEnd = 0
    private var matchStart = 0
    /// A place and its number of UTF-16 code units, from where others are counted.
    private var knownPosition = 0
    private var knownOffset = 0

    init(
        _ regex: RegularExpression, _ text: String, source: String, position: Int, _ evaluator: Evaluator
    ) throws(JSONataError) {
        try evaluator.spend(bytes: text.utf8.count * 8)
        try evaluator.allocate(text.utf8.count * 5)
        self.regex = regex
        self.source = source
        scalars = Array(text.unicodeScalars)
        utf8 = Array(text.utf8)
        if scalars.count == utf8.count {
            byteOffsets = nil
        } else {
            var offsets = [0]
            offsets.reserveCapacity(scalars.count + 1)
            for scalar in scalars { offsets.append(offsets[offsets.count - 1] + UTF8.width(scalar)) }
            byteOffsets = offsets
        }
        errorPosition = position
    }

    /// Nil after the last match. An empty match is good for the first one only, since the search would not get on.
    func next(_ evaluator: Evaluator, isFirst: Bool = true) throws(JSONataError) -> Match? {
        if !isFirst, position >= scalars.count { return nil }
        guard let found = try evaluator.firstMatch(regex, in: scalars, from: position) else { return nil }
        if !isFirst, found.range.isEmpty {
            throw JSONataError("D1004", position: errorPosition, value: .string(source))
        }
        // Groups within groups may have much more text than there is.
        var length = found.range.count
        for case let group? in found.groups { length += group.count }
        try evaluator.spend(bytes: length * 4)
        try evaluator.allocate(length)
        previousEnd = position
        matchStart = found.range.lowerBound
        position = found.range.upperBound
        return Match(
            text: String(decoding: bytes(found.range), as: UTF8.self), start: offset(found.range.lowerBound),
            end: offset(found.range.upperBound),
            groups: found.groups.map { group in
                group.map { .string(String(decoding: bytes($0), as: UTF8.self)) } ?? .undefined
            }, next: nil)
    }

    /// What lies between the last match and the one before it.
    var textBefore: ArraySlice<UInt8> { bytes(previousEnd..<matchStart) }

    /// What lies behind the last match.
    var rest: ArraySlice<UInt8> { bytes(position..<scalars.count) }

    private func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> {
        guard let byteOffsets else { return utf8[range] }
        return utf8[byteOffsets[range.lowerBound]..<byteOffsets[range.upperBound]]
    }

    /// In UTF-16 code units.
    private func offset(_ position: Int) -> Int {
        guard byteOffsets != nil else { return position }
        if position < knownPosition { (knownPosition, knownOffset) = (0, 0) }
        knownOffset += scalars[knownPosition..<position].reduce(0) { $0 + UTF16.width($1) }
        knownPosition = position
        return knownOffset
    }
}

extension Evaluator: StepMeter {
    func firstMatch(
        _ regex: RegularExpression, in scalars: [Unicode.Scalar], from start: Int
    ) throws(JSONataError) -> RegularExpression.Match? {
        do throws(RegularExpressionError) {
            return try regex.firstMatch(in: scalars, from: start, meter: self)
        } catch {
            throw .timeout
        }
    }

    /// In small portions, so that the time is looked at in between.
    func grantSteps() -> Int {
        let portion = 256
        do throws(JSONataError) {
            try spend(portion)
            return portion
        } catch {
            return 0
        }
    }
}

/// The matches of a regular expression, or of a function that acts like one.
struct Matches {
    private let matcher: Function
    private let text: String
    private let evaluator: Evaluator
    private let search: RegexSearch?
    private var pending: Function?
    private var isFirst = true
    /// For functions: where the last match and the one before ended, in code units.
    private var end = 0
    private var previousEnd = 0

    init(_ matcher: Function, _ text: String, _ evaluator: Evaluator) throws(JSONataError) {
        self.matcher = matcher
        self.text = text
        self.evaluator = evaluator
        if case .regex(let regex, let source, let position) = matcher.kind {
            search = try RegexSearch(regex, text, source: source, position: position, evaluator)
        } else {
            search = nil
        }
    }

    mutating func next() throws(JSONataError) -> Match? {
        defer { isFirst = false }
        try evaluator.spend()
        if let search { return try search.next(evaluator, isFirst: isFirst) }
        let result: Value
        if isFirst {
            result = try evaluator.call(matcher, [.string(text)])
        } else {
            guard let pending else { return nil }
            result = try evaluator.call(pending, [])
        }
        if result.isUndefined { return nil }
        // Parts are cut out of the text by code units, which takes its length.
        try evaluator.spend(bytes: text.utf8.count * 8)
        let start = result.member("start")
        let groups = result.member("groups")
        let next = result.member("next").functionValue
        guard result.isObject, start.doubleValue != nil || groups.isArray || next != nil else {
            throw JSONataError("T1010")
        }
        pending = next
        previousEnd = end
        let match = Match(
            text: result.member("match").stringValue ?? "", start: Int(start.doubleValue ?? 0),
            end: Int(result.member("end").doubleValue ?? 0), groups: groups.asItems.values, next: next)
        end = match.end
        return match
    }

    /// What lies between a match, the last one found, and the one before it.
    func textBefore(_ match: Match) -> ArraySlice<UInt8> {
        search?.textBefore ?? part(previousEnd, match.start)
    }

    /// What lies behind the last match.
    var rest: ArraySlice<UInt8> { search?.rest ?? part(end, text.utf16.count) }

    private func part(_ start: Int, _ end: Int) -> ArraySlice<UInt8> {
        let units = Array(text.utf16)
        let low = min(max(start, 0), units.count)
        let high = min(max(end, low), units.count)
        return Array(String(decoding: units[low..<high], as: UTF16.self).utf8)[...]
    }
}
