import JSONValue

/// The texts that a test was given, to show what comes of them as AWS does: values that went through a state unchanged
/// keep the white space that they came with.
struct SourceTexts: Sendable {
    private struct Slice {
        var source: Int
        var range: Range<Int>
    }

    private let sources: [[UInt8]]
    /// Objects and arrays with white space in them, by the bytes that they take without it.
    private var slices: [Int: [Slice]] = [:]

    /// Larger texts are left out, and larger values written without white space.
    private static let limit = 65_536

    init(_ texts: [String]) {
        sources = texts.filter { $0.utf8.count <= Self.limit }.map { Array($0.utf8) }
        for source in sources.indices { collect(source) }
    }

    private mutating func collect(_ source: Int) {
        var open: [(start: Int, count: Int)] = []
        var (count, isText, isEscaped) = (0, false, false)
        for (offset, byte) in sources[source].enumerated() {
            if isText {
                count += 1
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): open.append((offset, count))
            default: break
            }
            count += 1
            guard byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]"), let begin = open.popLast() else { continue }
            let range = begin.start..<(offset + 1)
            if range.count > count - begin.count {
                slices[count - begin.count, default: []].append(Slice(source: source, range: range))
            }
        }
    }

    /// The value's JSON text.
    func text(of value: JSON) -> String {
        let compact = value.serialized()
        guard !slices.isEmpty, compact.utf8.count <= Self.limit else { return compact }
        return text(of: value, compact)
    }

    private func text(of value: JSON, _ compact: String) -> String {
        if let original = original(of: compact) { return original }
        switch value {
        case .array(let elements) where !elements.isEmpty:
            return "[" + elements.map { text(of: $0, $0.serialized()) }.joined(separator: ",") + "]"
        case .object(let object) where !object.isEmpty:
            let members = object.members.map { member in
                JSON.string(member.key).serialized() + ":" + text(of: member.value, member.value.serialized())
            }
            return "{" + members.joined(separator: ",") + "}"
        default: return compact
        }
    }

    private func original(of compact: String) -> String? {
        for slice in slices[compact.utf8.count] ?? [] {
            let bytes = Array(sources[slice.source][slice.range])
            guard let value = try? JSON(parsing: bytes), value.serialized().utf8.elementsEqual(compact.utf8) else {
                continue
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        return nil
    }
}
