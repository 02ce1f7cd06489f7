import Testing

@testable import Orchestrator

@Suite struct HeldAcknowledgementsTests {
    private func deliveries(_ count: Int) -> [BrokerDelivery] {
        (0..<count).map { BrokerDelivery(id: UInt64($0), epoch: 0) }
    }

    @Test func `a few wait for company, many do not`() {
        var held = HeldAcknowledgements()
        #expect(held.add([]) == .nothing)
        #expect(held.add(deliveries(1)) == .later)
        // Whoever comes for the first takes the others along.
        #expect(held.add(deliveries(2)) == .nothing)
        #expect(held.take().count == 3)
        #expect(held.take().isEmpty)
        #expect(held.add(deliveries(1)) == .later)
        #expect(held.add(deliveries(HeldAcknowledgements.enough - 1)) == .now)
        #expect(held.take().count == HeldAcknowledgements.enough)
        #expect(held.add(deliveries(HeldAcknowledgements.enough)) == .now)
    }
}
