import Testing

@testable import AMQP

@Suite struct SessionRehearsalTests {
    @Test("It confirms what is published, again and again")
    func publishing() throws {
        var rehearsal = try SessionRehearsal.start(delivering: [])
        for count in [1, 3, 300] {
            let messages = (0..<count).map { OutboundMessage(routingKey: "key", body: [UInt8($0 & 255)]) }
            let confirmed = try rehearsal.publish(messages)
            #expect(confirmed == count)
        }
    }

    @Test("It delivers its messages, again and again")
    func consuming() throws {
        let messages = (0..<10).map {
            OutboundMessage(
                routingKey: "key", properties: MessageProperties(headers: ["number": .int(Int64($0))]), body: [7])
        }
        var rehearsal = try SessionRehearsal.start(delivering: messages)
        for round in 0..<3 {
            var deliveries: [Delivery] = []
            try rehearsal.consume { deliveries += $0 }
            #expect(deliveries.map(\.properties) == messages.map(\.properties))
            #expect(deliveries.map(\.tag) == (0..<10).map { UInt64(round * 10 + $0 + 1) })
        }
    }
}
