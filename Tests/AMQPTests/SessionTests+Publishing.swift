import Testing

@testable import AMQP

/// What is published: windows, confirms, returns.
extension SessionTests {
    @Test("The window bounds what is unconfirmed; confirms open it again")
    func window() throws {
        var settings = SessionSettings()
        settings.windowMessages = 3
        let harness = try SessionHarness.ready(settings: settings)
        harness.session.publish(1, (0..<5).map { _ in message() })
        #expect(harness.sent().names == Array(repeating: "1 publish", count: 3))
        harness.receive(.method(1, .ack(tag: 2, multiple: true)))
        #expect(harness.sent().names == Array(repeating: "1 publish", count: 2))
        harness.receive(.method(1, .nack(tag: 4, multiple: false, requeue: false)))
        harness.receive(.method(1, .ack(tag: 5, multiple: false)))
        #expect(harness.settled.isEmpty)
        harness.receive(.method(1, .ack(tag: 3, multiple: false)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.confirmed, .confirmed, .confirmed, .rejected, .confirmed]])
    }

    @Test("The window in bytes lets one larger message through alone")
    func windowBytes() throws {
        var settings = SessionSettings()
        settings.windowBytes = 100
        let harness = try SessionHarness.ready(settings: settings)
        harness.session.publish(1, [message(size: 60), message(size: 60), message(size: 500), message(size: 1)])
        #expect(harness.sent().names.count == 1)
        harness.receive(.method(1, .ack(tag: 1, multiple: false)))
        #expect(harness.sent().names.count == 1)
        harness.receive(.method(1, .ack(tag: 2, multiple: false)))
        #expect(harness.sent().names.count == 1)
        harness.receive(.method(1, .ack(tag: 3, multiple: false)))
        #expect(harness.sent().names.count == 1)
    }

    @Test("A returned message is told from its neighbours by its id")
    func returned() throws {
        let harness = try SessionHarness.ready()
        var messages = (0..<3).map { _ in message("gone", mandatory: true) }
        for index in 0..<3 { messages[index].properties.messageID = "m\(index)" }
        harness.session.publish(1, messages)
        _ = harness.sent()
        harness.receive(
            .method(1, .returned(code: 312, text: "NO_ROUTE", exchange: "", routingKey: "gone")),
            .header(1, bodySize: 1, messages[1].properties), .body(1, [7]), .method(1, .ack(tag: 3, multiple: true)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.confirmed, .returned(code: 312, text: "NO_ROUTE"), .confirmed]])
    }

    @Test("While blocked nothing is published, and nobody is given up")
    func blocked() throws {
        let harness = try SessionHarness.ready()
        harness.session.publish(1, [message()])
        _ = harness.sent()
        harness.receive(.method(0, .connectionBlocked(reason: "low on memory")))
        harness.session.publish(2, [message()])
        #expect(harness.sent().isEmpty)
        for _ in 0..<20 {
            harness.advance(.seconds(10))
            harness.receive(.heartbeat)
            #expect(harness.sent().names.isEmpty)
        }
        harness.receive(.method(0, .connectionUnblocked))
        #expect(harness.sent().names == ["1 publish"])
        harness.advance(.seconds(1))
        harness.receive(.method(1, .ack(tag: 2, multiple: true)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.confirmed], 2: [.confirmed]])
    }

    @Test("A message that is never confirmed is given up, and does not fill the window for ever")
    func unconfirmed() throws {
        var settings = SessionSettings()
        settings.windowMessages = 1
        settings.heartbeat = .zero
        let harness = try SessionHarness.ready(settings: settings)
        harness.session.publish(1, [message(), message()])
        #expect(harness.sent().names == ["1 publish"])
        #expect(harness.nextDeadline == harness.now + .seconds(60))
        harness.advance(.seconds(60))
        #expect(harness.sent().names == ["1 publish"])
        harness.receive(.method(1, .ack(tag: 1, multiple: false)))
        harness.receive(.method(1, .ack(tag: 2, multiple: false)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.lost, .confirmed]])
    }

    @Test("When the channel fails, what was sent is lost and what waits follows on the next")
    func publishChannelFails() throws {
        var settings = SessionSettings()
        settings.windowMessages = 2
        let topology = Topology(exchanges: [.init("x", kind: .direct)])
        let harness = try SessionHarness.ready(settings: settings, topology: topology)
        harness.session.publish(1, (0..<3).map { _ in message() })
        _ = harness.sent()
        harness.receive(.method(1, .channelClose(code: 404, text: "NOT_FOUND - no exchange 'x'")))
        let sent = harness.settle()
        #expect(
            sent.names == [
                "1 channelCloseOk", "2 exchangeDeclare", "1 channelOpen", "1 confirmSelect", "1 publish",
            ])
        harness.receive(.method(1, .ack(tag: 1, multiple: false)))
        _ = harness.sent()
        #expect(harness.settled == [1: [.lost, .lost, .confirmed]])
    }
}
