import AMQP
import BrokerFixture
import Foundation
import Testing

private let hasOpenSSL = ["/usr/bin/openssl", "/opt/homebrew/bin/openssl"].contains {
    FileManager.default.isExecutableFile(atPath: $0)
}

/// A node with TLS, and certificates made for the occasion.
@Suite(.enabled(if: BrokerFixture.isControllable && hasOpenSSL), .serialized, .timeLimit(.minutes(10)))
struct TLSTests {
    private static let node = Task { try await BrokerFixture.startTLS() }

    let broker: BrokerFixture
    let queue = "tls.\(UUID().uuidString)"

    init() async throws { broker = try await Self.node.value }

    @Test("Messages large and small travel over TLS, with the broker's certificate verified")
    func roundTrip() async throws {
        var configuration = try broker.configuration()
        configuration.url = try AMQPURL(broker.tlsURL + "?cacertfile=\(broker.certificateFile)")
        try await withConnection(configuration) { connection, statuses in
            await statuses.connected()
            try await connection.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            let received = Recorder<Delivery>()
            _ = try await connection.consume(queue, prefetch: 20) { deliveries in
                received.append(deliveries)
                connection.ack(deliveries)
            }
            var bodies = (0..<300).map { Array("message \($0)".utf8) }
            bodies += [[], [UInt8](repeating: 1, count: 131_064), [UInt8](repeating: 2, count: 2_000_000)]
            let messages = bodies.map { OutboundMessage(routingKey: queue, mandatory: true, body: $0) }
            let outcomes = await connection.publish(messages)
            #expect(outcomes.allSatisfy { $0 == .confirmed })
            #expect(await received.wait(count: bodies.count).map(\.body) == bodies)
            #expect(try await connection.inspect(queue: queue)?.messageCount == 0)
        }
    }

    @Test("An unknown certificate is refused, unless the URL says not to look")
    func verification() async throws {
        var configuration = try broker.configuration()
        configuration.url = try AMQPURL(broker.tlsURL)
        try await withConnection(configuration) { _, statuses in
            let first = await statuses.wait(count: 1)[0]
            guard case .connecting(let error?) = first else {
                Issue.record("unexpected \(first)")
                return
            }
            #expect(error.code == .connectFailed)
        }
        configuration.url = try AMQPURL(broker.tlsURL + "?verify=verify_none")
        try await withConnection(configuration) { connection, statuses in
            await statuses.connected()
            #expect(connection.status.isUsable)
        }
    }
}
