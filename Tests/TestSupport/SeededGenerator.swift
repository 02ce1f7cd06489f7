/// SplitMix64 (Steele, Lea, Flood 2014): numbers that follow from a seed, the same on every platform, so that a failure
/// can be repeated.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Prints the seed: it belongs to the report of whatever fails.
    package init(seed: UInt64) {
        print("seed \(seed)")
        state = seed
    }

    /// For a number that is a part of the test itself and never varies.
    package init(fixed: UInt64) { state = fixed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
