package import JSONValue

extension JSON {
    /// A value of any kind, not deeper than `depth`.
    package static func random(depth: Int, using random: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .int(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3:
            let value = Double(bitPattern: random.next())
            return .double(value.isFinite ? value : 0.5)
        case 4: return .double(Double(Int.random(in: -1_000_000...1_000_000, using: &random)) / 1_000)
        case 5, 6: return .string(randomText(using: &random))
        case 7, 8:
            return .array(
                (0..<Int.random(in: 0..<6, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            let count = Int.random(in: 0..<24, using: &random)
            return .object(
                JSONObject(
                    (0..<count).map { _ in (randomText(using: &random), .random(depth: depth - 1, using: &random)) }))
        }
    }

    private static func randomText(using random: inout SeededGenerator) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            let limit: UInt32 = [0x20, 0x80, 0x800, 0x1_0000, 0x11_0000].randomElement(using: &random) ?? 0x80
            text.append(Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) ?? "\u{FFFD}")
        }
        return String(text)
    }
}
