/// Chance that does not depend on order: every question has its own number, made of the seed and the question.
///
/// So taking one fault out of a scenario leaves all other throws as they were, which is what makes shrinking work.
struct Dice: Sendable {
    let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    /// A number for a question; the same question gets the same number.
    func number(_ question: StaticString, _ details: some Sequence<UInt64>) -> UInt64 {
        var state = seed ^ 0x9E37_79B9_7F4A_7C15
        question.withUTF8Buffer { for byte in $0 { state = Self.mixed(state ^ UInt64(byte)) } }
        for detail in details { state = Self.mixed(state ^ detail) }
        return state
    }

    func number(_ question: StaticString, _ details: UInt64...) -> UInt64 { number(question, details) }

    /// FNV-1a (Fowler, Noll, Vo): texts as details of a question.
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    func chance(_ percent: Double, _ question: StaticString, _ details: UInt64...) -> Bool {
        fraction(number(question, details)) * 100 < percent
    }

    /// Uniform in `range`.
    func seconds(_ range: ClosedRange<Double>, _ question: StaticString, _ details: UInt64...) -> Double {
        range.lowerBound + fraction(number(question, details)) * (range.upperBound - range.lowerBound)
    }

    func index(below count: Int, _ question: StaticString, _ details: UInt64...) -> Int {
        Int(number(question, details) % UInt64(count))
    }

    private func fraction(_ number: UInt64) -> Double { Double(number >> 11) / Double(1 << 53) }

    /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
