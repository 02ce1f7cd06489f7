import Dispatch

/// Acknowledgements of deliveries that were dealt with, on their way together.
///
/// Each costs the broker a write to its disk, which under little load is in the way of the next task. Nothing waits for
/// them: a delivery that comes again because its acknowledgement got lost is a late duplicate.
struct HeldAcknowledgements {
    static let patience = DispatchTimeInterval.milliseconds(10)
    /// So many are not held.
    static let enough = 64

    enum Decision: Hashable { case nothing, later, now }

    private var deliveries: [BrokerDelivery] = []

    /// - Returns: when to `take`; `later` only once for those that are taken together.
    mutating func add(_ more: [BrokerDelivery]) -> Decision {
        guard !more.isEmpty else { return .nothing }
        let waited = !deliveries.isEmpty
        deliveries += more
        if deliveries.count >= Self.enough { return .now }
        return waited ? .nothing : .later
    }

    mutating func take() -> [BrokerDelivery] {
        defer { deliveries = [] }
        return deliveries
    }
}
