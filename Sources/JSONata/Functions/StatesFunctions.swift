internal import JSONValue

extension Builtin {
    /// What the Amazon States Language adds. Surplus arguments are refused, integers are cut toward zero.
    static let statesFunctions: [Builtin] = [
        Builtin("partition", "<an?:a>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items, !items.isEmpty else { return .undefined }
            guard let number = try arguments.number(1) else { return .array(of: [arguments[0]]) }
            // Cut toward zero, also from below.
            let size = Int(clamping: number)
            guard size >= 0 else {
                throw JSONataError("D3137", message: "Second argument must be zero or greater")
            }
            guard size > 0 else { return .undefined }
            let values = items.values
            try evaluator.allocate(elements: values.count + 2 * (values.count / size + 1))
            return .array(
                of: stride(from: 0, to: values.count, by: size).map { start in
                    .array(of: Array(values[start..<min(values.count, start + min(size, values.count))]))
                })
        },
        Builtin("range", "<n?n?n?:a>", arity: 3) { arguments, evaluator throws(JSONataError) in
            guard let start = try arguments.number(0)?.rounded(.towardZero),
                let end = try arguments.number(1)?.rounded(.towardZero),
                let step = try arguments.number(2)?.rounded(.towardZero), step != 0
            else { return .undefined }
            let size = ((end - start) / step).rounded(.down) + 1
            guard size >= 1 else { return .undefined }
            guard size <= 1e7 else { throw .outOfMemory }
            return .sequence(try evaluator.numbers(Int(size)) { start + Double($0) * step })
        },
        Builtin("hash", "<s?s?:s>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0), let name = arguments.string(1) else { return .undefined }
            guard let algorithm = HashAlgorithm.allCases.first(where: { $0.rawValue == name }) else {
                let names = HashAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                throw JSONataError("D3137", message: "Hash algorithm '\(name)' must be one of \(names)")
            }
            guard let hash = evaluator.environment.hash else {
                throw JSONataError("D3137", message: "Hash algorithms are not available")
            }
            try evaluator.spend(text.utf8.count / 8)
            return .string(hex(hash(algorithm, Array(text.utf8))))
        },
        Builtin("random", "<n?:n>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let seed = try arguments.number(0) else { return .number(evaluator.random.nextUnit()) }
            return .number(javaRandom(seed: Int64(clamping: Int(clamping: seed))))
        },
        Builtin("uuid", "<:s>", arity: 0) { arguments, evaluator throws(JSONataError) in
            var bytes = withUnsafeBytes(of: (evaluator.random.next(), evaluator.random.next())) { Array($0) }
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
            let text = Array(hex(bytes).utf8)
            let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(decoding: text[$0], as: UTF8.self) }
            return .string(parts.joined(separator: "-"))
        },
        Builtin("parse", "<s:x>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            try evaluator.spend(text.utf8.count / 8)
            try evaluator.allocate(text.utf8.count * 4)
            guard let parsed = try? PositionedJSON.parse(text), parsed.duplicateKeys.isEmpty else {
                throw JSONataError("D3137", message: "Invalid JSON")
            }
            if case .double(let number) = parsed.value, number == 0 { return .number(0) }
            return Value(parsed.value)
        },
    ]

    private static func hex(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.flatMap { [hexDigits[Int($0 >> 4)], hexDigits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The first `nextDouble()` of java.util.Random with a seed.
    private static func javaRandom(seed: Int64) -> Double {
        var state = (UInt64(bitPattern: seed) ^ 0x5_DEEC_E66D) & (1 << 48 - 1)
        func next(_ bits: UInt64) -> UInt64 {
            state = (state &* 0x5_DEEC_E66D &+ 0xB) & (1 << 48 - 1)
            return state >> (48 - bits)
        }
        let high = next(26)
        let low = next(27)
        return Double(high << 27 + low) / 9_007_199_254_740_992
    }
}
