internal import JSONValue

extension Value {
    /// The value as JSON; nil for nothing and for functions. Within arrays nothing and functions become null, within
    /// objects such members are left out, as JavaScript writes them.
    ///
    /// Numbers that are not finite become text (`"Infinity"`) or null, as `nonFinite` says.
    func json(_ evaluator: Evaluator) throws(JSONataError) -> JSON? {
        let nonFinite = evaluator.environment.nonFiniteNumbers
        switch self {
        case .undefined, .function, .tailCall, .tuples: return nil
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .number(let value): return Self.json(value, nonFinite)
        case .integer(let value): return .int(value)
        case .string(let value): return .string(value)
        case .jsonArray(let value): return .array(value)
        case .jsonObject(let value): return .object(value)
        case .array(let array):
            // Parts that the value shares are parts of their own in JSON.
            try evaluator.spend(array.elements.count)
            try evaluator.allocate(elements: array.elements.count)
            var elements: [JSON] = []
            elements.reserveCapacity(array.elements.count)
            for index in array.elements.indices { elements.append(try array.elements[index].json(evaluator) ?? .null) }
            return .array(elements)
        case .object(let object):
            try evaluator.spend(object.count)
            try evaluator.allocate(object.count * 48)
            var members: [JSONObject.Member] = []
            members.reserveCapacity(object.count)
            for position in object.keys.indices {
                guard let value = try object.values[position].json(evaluator) else { continue }
                members.append((object.keys[position], value))
            }
            return .object(JSONObject(distinct: members))
        }
    }

    /// The value as errors show it; nil also for one that is too large to be shown.
    var errorValue: JSON? {
        var room = 10_000
        return errorValue(&room)
    }

    private func errorValue(_ room: inout Int) -> JSON? {
        switch self {
        case .undefined, .function, .tailCall, .tuples: return nil
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .number(let value): return Self.json(value, .null)
        case .integer(let value): return .int(value)
        case .string(let value): return .string(value)
        case .jsonArray(let value): return .array(value)
        case .jsonObject(let value): return .object(value)
        case .array(let array):
            room -= array.elements.count + 1
            guard room > 0 else { return nil }
            return .array(array.elements.map { $0.errorValue(&room) ?? .null })
        case .object(let object):
            room -= object.count + 1
            guard room > 0 else { return nil }
            var members: [JSONObject.Member] = []
            for position in object.keys.indices {
                if let value = object.values[position].errorValue(&room) {
                    members.append((object.keys[position], value))
                }
            }
            return .object(JSONObject(distinct: members))
        }
    }

    private static func json(_ value: Double, _ nonFinite: NonFiniteNumbers) -> JSON {
        guard value.isFinite else {
            switch nonFinite {
            case .null: return .null
            case .text: return .string(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
            }
        }
        // Minus zero as well becomes 0, as in JavaScript's JSON.
        if let integer = Int64(exactly: value) { return .int(integer) }
        // Below 10^21 JavaScript writes all digits of an integer.
        if value.magnitude < 1e21, value == value.rounded(.towardZero) { return .number(value.ecmaScriptText) }
        return .double(value)
    }
}

extension Double {
    /// The number as ECMAScript's Number::toString writes it: the shortest digits that give the same number, plain
    /// from 1e-6 up to 21 digits, otherwise with an exponent.
    var ecmaScriptText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
        if let integer = Int64(exactly: self), integer.magnitude < 1 << 53 { return String(integer) }
        let (digits, exponent) = magnitude.shortestDigits
        let sign = self < 0 ? "-" : ""
        let text = String(decoding: digits, as: UTF8.self)
        let count = digits.count
        // The value is 0.digits × 10^exponent.
        switch exponent {
        case count...21 where exponent >= count:
            return sign + text + String(repeating: "0", count: exponent - count)
        case 1...21:
            return sign + text.prefix(exponent) + "." + text.dropFirst(exponent)
        case -5...0:
            return sign + "0." + String(repeating: "0", count: -exponent) + text
        default:
            let power = exponent - 1
            let fraction = count > 1 ? "." + text.dropFirst() : ""
            return sign + text.prefix(1) + fraction + "e" + (power < 0 ? "-" : "+") + String(power.magnitude)
        }
    }

    /// Decimal digits d1 d2 … without zeros at either end, and the exponent e with which 0.d1d2… × 10^e is the
    /// number.
    /// The number is positive and finite.
    var shortestDigits: (digits: [UInt8], exponent: Int) {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        var text = Substring(description)
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = text[..<mark]
        }
        for byte in text.utf8 {
            if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte) }
        }
        exponent += point ?? digits.count
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(zeros)
        exponent -= zeros
        while let last = digits.last, last == UInt8(ascii: "0") { digits.removeLast() }
        return digits.isEmpty ? ([UInt8(ascii: "0")], 1) : (digits, exponent)
    }
}
