import JSONValue

/// Compares a recorded value, which may hold placeholders like `<uuid:1>`, with an actual one.
struct Unifier {
    /// Name, with its brackets, to kind: bind, uuid, any or date.
    var kinds: [String: String]
    var literals: [String: String]
    var bound: [String: String] = [:]
    var tolerated: Set<String> = []
    private(set) var differences: [String] = []
    private var depth = 0

    init(kinds: [String: String] = [:], literals: [String: String] = [:], tolerated: Set<String> = []) {
        self.kinds = kinds
        self.literals = literals
        self.tolerated = tolerated
    }

    mutating func compare(_ expected: JSON, _ actual: JSON, _ path: String = "$") {
        if case .string(let text) = actual, depth < 1 {
            switch expected {
            case .object(let object) where object["$unordered"] == nil:
                nested(expected, (try? JSON(parsing: text)) ?? actual, path)
                return
            case .array:
                nested(expected, (try? JSON(parsing: text)) ?? actual, path)
                return
            case .string(let recorded) where path.hasSuffix(".input") || path.hasSuffix(".output"):
                if let left = try? JSON(parsing: recorded), let right = try? JSON(parsing: text), left.isContainer,
                    right.isContainer
                {
                    nested(left, right, path)
                    return
                }
            case .int, .double, .bool:
                // The recorder has read texts that are JSON.
                nested(expected, (try? JSON(parsing: text)) ?? actual, path)
                return
            default: break
            }
        }
        plain(expected, actual, path)
    }

    private mutating func nested(_ expected: JSON, _ actual: JSON, _ path: String) {
        depth += 1
        plain(expected, actual, path)
        depth -= 1
    }

    private mutating func plain(_ expected: JSON, _ actual: JSON, _ path: String) {
        switch (expected, actual) {
        case (.object(let left), .object(let right)): members(left, right, path)
        case (.array(let left), .array(let right)):
            if left.count != right.count { note(path + ".length", .int(Int64(left.count)), actual) }
            for (index, (one, other)) in zip(left, right).enumerated() { compare(one, other, "\(path)[\(index)]") }
        case (.string(let left), _):
            if !text(left, actual) { note(path, expected, actual) }
        default:
            if expected != actual { note(path, expected, actual) }
        }
    }

    private mutating func members(_ expected: JSONObject, _ actual: JSONObject, _ path: String) {
        var left = actual
        for (key, value) in expected {
            var found = key
            if actual[key] == nil, hasPlaceholder(key) {
                found = actual.keys.first { text(key, .string($0)) } ?? key
            }
            guard let other = left[found] else {
                note("\(path).\(key)", value, "nothing")
                continue
            }
            left[found] = nil
            switch key {
            case "SdkResponseMetadata": break
            case "SdkHttpMetadata": compare(value["HttpStatusCode"] ?? .null, other["HttpStatusCode"] ?? .null, path)
            default: compare(value, other, "\(path).\(key)")
            }
        }
        for (key, value) in left where !tolerated.contains(key) { note("\(path).\(key)", "nothing", value) }
    }

    private mutating func note(_ path: String, _ expected: JSON, _ actual: JSON) {
        differences.append(
            "\(path): recorded \(expected.serialized().prefix(300)), got \(actual.serialized().prefix(300))")
    }

    private func hasPlaceholder(_ text: String) -> Bool { kinds.keys.contains { text.contains($0) } }

    private mutating func text(_ expected: String, _ actual: JSON) -> Bool {
        if case .string(let text) = actual {
            if text == expected { return true }
            guard hasPlaceholder(expected) else { return false }
            return match(parts(of: expected)[...], Substring(text))
        }
        guard !actual.isContainer else { return false }
        return kinds[expected] == "any"
    }

    private enum Part {
        case text(String)
        case placeholder(String)
    }

    private func parts(of text: String) -> [Part] {
        var parts: [Part] = []
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else { break }
            let name = String(rest[start...end])
            guard kinds[name] != nil else {
                parts.append(.text(String(rest[...start])))
                rest = rest[rest.index(after: start)...]
                continue
            }
            parts.append(.text(String(rest[..<start])))
            parts.append(.placeholder(name))
            rest = rest[rest.index(after: end)...]
        }
        parts.append(.text(String(rest)))
        return parts
    }

    private mutating func match(_ parts: ArraySlice<Part>, _ actual: Substring) -> Bool {
        guard let first = parts.first else { return actual.isEmpty }
        let rest = parts.dropFirst()
        switch first {
        case .text(let text): return actual.hasPrefix(text) && match(rest, actual.dropFirst(text.count))
        case .placeholder(let name):
            let literal = literals[name] ?? String(name.dropFirst().dropLast())
            if actual.hasPrefix(literal), match(rest, actual.dropFirst(literal.count)) { return true }
            if let value = bound[name] {
                return actual.hasPrefix(value) && match(rest, actual.dropFirst(value.count))
            }
            let kind = kinds[name]
            var end = actual.startIndex
            while end < actual.endIndex {
                end = actual.index(after: end)
                let value = String(actual[..<end])
                if kind == "uuid", value.count != 36 { continue }
                let before = bound
                if kind == "bind" || kind == "uuid" {
                    guard isFree(value, for: name) else { continue }
                    bound[name] = value
                }
                if match(rest, actual[end...]) { return true }
                bound = before
            }
            return false
        }
    }

    /// Numbered placeholders stand for different values.
    private func isFree(_ value: String, for name: String) -> Bool {
        guard let colon = name.lastIndex(of: ":"), Int(name[name.index(after: colon)...].dropLast()) != nil else {
            return true
        }
        let family = name[...colon]
        return !bound.contains { $0.key.hasPrefix(family) && $0.value == value }
    }
}

extension JSON {
    var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }
}
