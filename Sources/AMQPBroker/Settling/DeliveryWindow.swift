/// Keeps the number of messages that are under way near what it should be, however many come in one delivery: the broker
/// counts deliveries, and a thousand batches may be a million messages.
struct DeliveryWindow: Sendable {
    /// How many messages should be out at once: the prefetch where every delivery is one.
    private let messages: Double
    private var mean = 1.0
    private(set) var prefetch: UInt16

    /// So many deliveries are out at once even if each is a batch of the largest.
    static let least: UInt16 = 16
    /// For the mean: how many deliveries outweigh what was before them.
    private static let memory = 32.0

    init(prefetch: UInt16) {
        self.prefetch = prefetch
        messages = Double(prefetch)
    }

    /// - Returns: another prefetch, where the one that there is is far from right: to change it the consumer has to
    ///   subscribe anew.
    mutating func note(deliveries: Int, messages count: Int) -> UInt16? {
        guard deliveries > 0 else { return nil }
        let weight = min(1, Double(deliveries) / Self.memory)
        mean += (max(1, Double(count) / Double(deliveries)) - mean) * weight
        let most = UInt16(messages)
        let right = max(min(Self.least, most), UInt16(messages / mean))
        let isBackToSingles = mean < 1.01 && prefetch < most
        guard right < prefetch / 2 || right / 4 > prefetch || isBackToSingles else { return nil }
        prefetch = right
        return right
    }
}
