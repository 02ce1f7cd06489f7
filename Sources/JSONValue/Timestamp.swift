/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct Timestamp: Sendable, Hashable, Comparable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(milliseconds: Int64) { self.microseconds = milliseconds * 1_000 }

    /// Rounded down, also before 1970.
    public var milliseconds: Int64 { flooredQuotient(microseconds, 1_000) }
    /// Seconds since the epoch with a fraction, the form of AWS JSON 1.0.
    public var seconds: Double { Double(microseconds) / 1_000_000 }

    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// Saturates instead of overflowing.
    public func adding(seconds: Double) -> Timestamp {
        let sum = Double(microseconds) + (seconds * 1_000_000).rounded()
        return Timestamp(microseconds: sum >= 9.2e18 ? .max : sum <= -9.2e18 ? .min : Int64(sum))
    }
}

/// The quotient rounded toward negative infinity.
func flooredQuotient(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}
