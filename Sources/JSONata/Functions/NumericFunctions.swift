#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

extension Builtin {
    static let numericFunctions: [Builtin] = [
        aggregate("sum") { numbers in numbers.reduce(0, +) },
        aggregate("max") { numbers in numbers.max() },
        aggregate("min") { numbers in numbers.min() },
        aggregate("average") { numbers in numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count) },
        Builtin("number", "<(nsb)-:n>", arity: 1) { arguments, evaluator throws(JSONataError) in
            switch arguments[0] {
            case .undefined: return .undefined
            case .number, .integer: return arguments[0]
            case .bool(let value): return .number(value ? 1 : 0)
            case .string(let text):
                try evaluator.spend(bytes: text.utf8.count)
                if let number = parseNumber(text) { return .number(number) }
            default: break
            }
            throw JSONataError("D3030", arguments[0], details: .init(index: 1))
        },
        unary("abs") { $0.magnitude },
        unary("floor") { $0.rounded(.down) },
        unary("ceil") { $0.rounded(.up) },
        Builtin("round", "<n-n?:n>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let number = try arguments.number(0) else { return .undefined }
            // No double has digits farther away from the point.
            let places = max(min(try arguments.number(1) ?? 0, 1_000), -1_000)
            return .number(round(number, places: Int(clamping: places)))
        },
        Builtin("sqrt", "<n-:n>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let number = try arguments.number(0) else { return .undefined }
            guard number >= 0 else { throw JSONataError("D3060", arguments[0], details: .init(index: 1)) }
            return .number(number.squareRoot())
        },
        Builtin("power", "<n-n:n>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let base = try arguments.number(0) else { return .undefined }
            let exponent = try arguments.number(1) ?? .nan
            let result = pow(base, exponent)
            guard result.isFinite else {
                throw JSONataError(
                    "D3061", arguments[0], details: .init(index: 1, value2: arguments[1].errorValue))
            }
            return .number(result)
        },
        Builtin("random", "<:n>", arity: 0) { arguments, evaluator throws(JSONataError) in
            .number(evaluator.random.nextUnit())
        },
    ]

    private static func unary(_ name: String, _ calculate: @escaping @Sendable (Double) -> Double) -> Builtin {
        Builtin(name, "<n-:n>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let number = try arguments.number(0) else { return .undefined }
            return .number(calculate(number))
        }
    }

    private static func aggregate(
        _ name: String, _ calculate: @escaping @Sendable ([Double]) -> Double?
    ) -> Builtin {
        Builtin(name, "<a<n>:n>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items else { return .undefined }
            try evaluator.allocate(items.count * 8)
            var numbers: [Double] = []
            numbers.reserveCapacity(items.count)
            for index in 0..<items.count {
                try evaluator.pace(index)
                numbers.append(try items[index].finiteNumber() ?? 0)
            }
            return calculate(numbers).map { .number($0) } ?? .undefined
        }
    }

    /// A decimal number as JSON writes it, though leading zeros are allowed; or a hexadecimal, octal or binary one.
    private static func parseNumber(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        if bytes.count > 2, bytes[0] == UInt8(ascii: "0") {
            let radix: Double? =
                switch bytes[1] | 0x20 {
                case UInt8(ascii: "x"): 16
                case UInt8(ascii: "o"): 8
                case UInt8(ascii: "b"): 2
                default: nil
                }
            if let radix {
                var value = 0.0
                for byte in bytes[2...] {
                    guard let digit = hexValue(byte), Double(digit) < radix else { return nil }
                    value = value * radix + Double(digit)
                }
                return value
            }
        }
        var position = 0
        func skipDigits() -> Bool {
            let start = position
            while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
            return position > start
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard skipDigits() else { return nil }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard skipDigits() else { return nil }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
                position += 1
            }
            guard skipDigits() else { return nil }
        }
        guard position == bytes.count, let value = Double(text), value.isFinite else { return nil }
        return value
    }
}

extension Int {
    /// The whole part of a number, as near as Int can hold it.
    init(clamping number: Double) {
        self = number.isNaN ? 0 : number >= 9e18 ? .max : number <= -9e18 ? .min : Int(number)
    }
}

/// Rounds half to even at a decimal place, on the decimal digits that stand for the number.
func round(_ number: Double, places: Int) -> Double {
    let shifted = places == 0 ? number : number.shifted(by: places)
    var result = (shifted + 0.5).rounded(.down)
    // Adding a half may itself round up.
    if result - shifted > 0.5 { result -= 1 }
    if (result - shifted).magnitude == 0.5, result.truncatingRemainder(dividingBy: 2).magnitude == 1 { result -= 1 }
    let value = places == 0 ? result : result.shifted(by: -places)
    return value == 0 ? 0 : value
}

extension Double {
    /// The decimal point moved, without the errors of multiplying by a power of ten.
    func shifted(by places: Int) -> Double {
        guard isFinite, self != 0 else { return self }
        // Both factors exact and the result too: one correctly rounded operation.
        if places < 0, places >= -22, magnitude < 9_007_199_254_740_992, self == rounded() {
            return self / powersOfTen[-places]
        }
        if let quick = magnitude.shiftedExactly(by: places) { return self < 0 ? -quick : quick }
        let (digits, exponent) = magnitude.shortestDigits
        let literal = "0.\(String(decoding: digits, as: UTF8.self))e\(exponent + max(min(places, 10_000), -10_000))"
        let value = Double(literal) ?? .infinity
        return self < 0 ? -value : value
    }
}

extension Double {
    /// The same for numbers of not too many digits, without making text of them: of two exact factors, so that the
    /// result is rounded once.
    fileprivate func shiftedExactly(by places: Int) -> Double? {
        var significand: UInt64 = 0
        var exponent = 0
        var hasPoint = false
        for byte in description.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                // Seventeen digits at most, and a zero behind the point.
                significand = significand &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
                if hasPoint { exponent -= 1 }
            case UInt8(ascii: "."): hasPoint = true
            default: return nil
            }
        }
        if significand % 10 == 0 {
            significand /= 10
            exponent += 1
        }
        guard significand < 1 << 53, (-22...22).contains(exponent + places) else { return nil }
        let power = exponent + places
        return power < 0 ? Double(significand) / powersOfTen[-power] : Double(significand) * powersOfTen[power]
    }
}

let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
