/// The generator of `java.util.Random`: the linear congruential one that its documentation specifies.
struct JavaRandom {
    private var state: UInt64

    private static let multiplier: UInt64 = 0x5_DEEC_E66D
    private static let mask: UInt64 = (1 << 48) - 1

    init(seed: Int64) { state = (UInt64(bitPattern: seed) ^ Self.multiplier) & Self.mask }

    /// The next 1 to 32 bits.
    mutating func next(bits: UInt64) -> Int32 {
        state = (state &* Self.multiplier &+ 0xB) & Self.mask
        return Int32(truncatingIfNeeded: state >> (48 - bits))
    }

    /// `nextInt(bound)`: from 0 to below the bound, which must be positive.
    mutating func nextInt(below bound: Int32) -> Int32 {
        if bound & (bound - 1) == 0 {
            return Int32(truncatingIfNeeded: (Int64(bound) * Int64(next(bits: 31))) >> 31)
        }
        while true {
            let bits = next(bits: 31)
            let value = bits % bound
            // Numbers of the last, incomplete run of remainders would not be equally likely.
            if bits &- value &+ (bound - 1) >= 0 { return value }
        }
    }

    mutating func nextLong() -> Int64 {
        let high = Int64(next(bits: 32)) << 32
        return high &+ Int64(next(bits: 32))
    }

    /// A number of a range that is not empty.
    mutating func next(in range: Range<Int64>) -> Int64 {
        let width = UInt64(bitPattern: range.upperBound &- range.lowerBound)
        if let bound = Int32(exactly: width) { return range.lowerBound + Int64(nextInt(below: bound)) }
        return range.lowerBound &+ Int64(bitPattern: UInt64(bitPattern: nextLong()) % width)
    }
}
