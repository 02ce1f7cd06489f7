extension Builtin {
    static let formatFunctions: [Builtin] = [
        Builtin("formatNumber", "<n-so?:s>", arity: 3) { arguments, evaluator throws(JSONataError) in
            guard let number = try arguments.number(0) else { return .undefined }
            var format = NumberPicture.Format()
            if let options = Members(arguments[2]) {
                for index in 0..<options.count {
                    if let text = options.values[index].stringValue { format.set(options.keys[index], text) }
                }
            }
            let picture = arguments.string(1) ?? ""
            try evaluator.spend(picture: picture)
            return .string(try NumberPicture(picture, format).format(number))
        },
        Builtin("formatBase", "<n-n?:s>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let number = try arguments.number(0) else { return .undefined }
            let radix = round(try arguments.number(1) ?? 10, places: 0)
            guard radix >= 2, radix <= 36 else { throw JSONataError("D3100", .number(radix)) }
            return .string(text(round(number, places: 0), radix: radix))
        },
        Builtin("formatInteger", "<n-s:s>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let number = try arguments.number(0) else { return .undefined }
            let picture = arguments.string(1) ?? ""
            try evaluator.spend(picture: picture)
            return .string(try IntegerPicture(picture).format(number.rounded(.down)))
        },
        Builtin("parseInteger", "<s-s:n>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            let picture = arguments.string(1) ?? ""
            try evaluator.spend(picture: picture)
            try evaluator.spend(text.utf8.count)
            return .number(try IntegerPicture(picture).parse(text))
        },
    ]

    /// Digits that a double does not know are zeros.
    private static func text(_ number: Double, radix: Double) -> String {
        var rest = number.magnitude
        var digits: [UInt8] = []
        while rest >= 9_007_199_254_740_992 {
            rest = (rest / radix).rounded(.down)
            digits.append(UInt8(ascii: "0"))
        }
        repeat {
            let digit = rest.truncatingRemainder(dividingBy: radix)
            digits.append(contentsOf: String(Int(digit), radix: 36).utf8)
            rest = ((rest - digit) / radix).rounded(.down)
        } while rest > 0
        return (number < 0 ? "-" : "") + String(decoding: digits.reversed(), as: UTF8.self)
    }
}

extension Evaluator {
    /// Analysing a picture takes time that grows with the square of its length; no sensible one is long.
    func spend(picture: String) throws(JSONataError) {
        let length = picture.utf8.count
        guard length <= 2_000 else { throw .outOfMemory }
        try spend(length * (1 + length / 32))
    }
}
