/// A set of scalars as a character class describes it.
struct ScalarSet: Sendable {
    enum Predefined: Sendable, Hashable {
        case digit, word, space
    }

    enum Member: Sendable {
        case range(ClosedRange<UInt32>)
        case predefined(Predefined, isNegated: Bool)
        /// A class within a class (Java).
        case set(ScalarSet)
    }

    var members: [Member] = []
    var isNegated = false
    /// `&&` (Java): what must also hold.
    var intersections: [ScalarSet] = []
    var dialect: RegularExpression.Dialect

    func contains(_ value: UInt32, ignoringCase: Bool) -> Bool {
        var isMember = hasMember(value)
        if !isMember, ignoringCase {
            let lower = foldedCase(value)
            isMember = lower != value && hasMember(lower) || hasMember(uppercase(of: lower))
        }
        if isMember, !intersections.isEmpty {
            isMember = intersections.allSatisfy { $0.contains(value, ignoringCase: ignoringCase) }
        }
        return isMember != isNegated
    }

    private func hasMember(_ value: UInt32) -> Bool {
        for member in members {
            let matches =
                switch member {
                case .range(let range): range.contains(value)
                case .predefined(let set, let isNegated): Self.contains(set, value, dialect) != isNegated
                case .set(let set): set.contains(value, ignoringCase: false)
                }
            if matches { return true }
        }
        return false
    }

    static func contains(_ set: Predefined, _ value: UInt32, _ dialect: RegularExpression.Dialect) -> Bool {
        switch set {
        case .digit: value &- 0x30 < 10
        case .word: value &- 0x30 < 10 || (value | 0x20) &- 0x61 < 26 || value == 0x5F
        case .space:
            switch value {
            case 0x09...0x0D, 0x20: true
            case 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF: dialect == .ecmaScript
            default: false
            }
        }
    }
}

/// Simple case folding: the lower case where it is a single scalar.
func foldedCase(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value &- 0x41 < 26 ? value | 0x20 : value }
    guard let scalar = Unicode.Scalar(value) else { return value }
    let lower = scalar.properties.lowercaseMapping.unicodeScalars
    guard lower.count == 1, let folded = lower.first else { return value }
    return folded.value
}

func uppercase(of value: UInt32) -> UInt32 {
    if value < 0x80 { return value &- 0x61 < 26 ? value & ~0x20 : value }
    guard let scalar = Unicode.Scalar(value) else { return value }
    let upper = scalar.properties.uppercaseMapping.unicodeScalars
    guard upper.count == 1, let mapped = upper.first else { return value }
    return mapped.value
}
