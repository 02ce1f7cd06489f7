import JSONValue
import TaskProtocol
import Testing

@Suite struct TaskMessageTests {
    static let full = TaskMessage(
        token: "0.1.2.abc",
        messageID: "attempt-1",
        replyTo: "baton.results.0",
        timestamp: Timestamp(milliseconds: 1_700_000_000_000),
        expirationMilliseconds: 60_000,
        execution: "arn:aws:states:local:123456789012:execution:m:e",
        stateMachine: "arn:aws:states:local:123456789012:stateMachine:m",
        state: "Überweisen",
        attempt: 2,
        heartbeatSeconds: 30,
        deadline: Timestamp(milliseconds: 1_700_000_060_123),
        answerBatch: 1_000,
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        body: Array(#"{"a":1}"#.utf8))

    @Test func `every field survives the way`() throws {
        #expect(try TaskMessage(decoding: Self.full.encoded()) == Self.full)
    }

    @Test func `the least survives the way`() throws {
        let message = TaskMessage(
            token: "t", messageID: "m", replyTo: "r", execution: "e", stateMachine: "s", state: "S", body: [])
        #expect(try TaskMessage(decoding: message.encoded()) == message)
    }

    @Test func `properties are those of the contract`() {
        let envelope = Self.full.encoded()
        #expect(envelope.contentType == "application/json")
        #expect(envelope.deliveryMode == 2)
        #expect(envelope.messageID == "attempt-1")
        #expect(envelope.correlationID == "0.1.2.abc")
        #expect(envelope.replyTo == "baton.results.0")
        #expect(envelope.type == "task")
        #expect(envelope.timestamp == 1_700_000_000)
        #expect(envelope.appID == "baton")
        #expect(envelope.expiration == "60000")
        #expect(envelope.headers["baton-protocol"] == 1)
        #expect(envelope.headers["baton-attempt"] == 2)
        #expect(envelope.headers["baton-heartbeat-seconds"] == 30)
        #expect(envelope.headers["baton-deadline"] == "2023-11-14T22:14:20.123Z")
        #expect(envelope.headers["baton-state"] == "Überweisen")
    }

    static let batchHeaders: [(HeaderValue, Int?)] = [
        ("2", 2), (100_000, 1_000), (1, nil), (0, nil), (-1, nil), ("many", nil),
    ]

    @Test(arguments: batchHeaders)
    func `only a number of several answers is leave to send them in batches`(header: HeaderValue, most: Int?) throws {
        var envelope = Self.full.encoded()
        envelope.headers["baton-batch"] = header
        #expect(try TaskMessage(decoding: envelope).answerBatch == most)
    }

    @Test func `numbers may come as text`() throws {
        var envelope = Self.full.encoded()
        envelope.headers["baton-attempt"] = "2"
        envelope.headers["baton-heartbeat-seconds"] = "30"
        #expect(try TaskMessage(decoding: envelope) == Self.full)
    }

    @Test func `what is absent is empty`() throws {
        let message = try TaskMessage(decoding: ProtocolEnvelope(correlationID: "t", replyTo: "r", body: [0x7B]))
        #expect(message.messageID == "t")
        #expect(message.attempt == 0)
        #expect(message.state.isEmpty)
        #expect(message.heartbeatSeconds == nil)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var reason: String
        var isOfUnknownVersion = false
        var change: @Sendable (inout ProtocolEnvelope) -> Void
        var testDescription: String { reason }
    }

    static let malformed: [Change] = [
        Change(reason: "no correlation_id (the task token)") { $0.correlationID = nil },
        Change(reason: "no correlation_id (the task token)") { $0.correlationID = "" },
        Change(reason: "correlation_id is longer than 1024 characters") {
            $0.correlationID = String(repeating: "x", count: 1_025)
        },
        Change(reason: "no reply_to") { $0.replyTo = nil },
        Change(reason: "type cancel where a task was expected") { $0.type = "cancel" },
        Change(reason: "unknown type \"what?ever\"") { $0.type = "what\never" },
        Change(reason: "header baton-attempt is not a number") { $0.headers["baton-attempt"] = "one" },
        Change(reason: "header baton-attempt is out of range") { $0.headers["baton-attempt"] = -1 },
        Change(reason: "header baton-heartbeat-seconds is not positive") { $0.headers["baton-heartbeat-seconds"] = 0 },
        Change(reason: "header baton-deadline is not an RFC 3339 time") { $0.headers["baton-deadline"] = "tomorrow" },
        Change(reason: "expiration is not a number") { $0.expiration = "soon" },
        Change(reason: "protocol version 2 is not known, this is 1", isOfUnknownVersion: true) {
            $0.headers["baton-protocol"] = 2
        },
        Change(reason: "header baton-protocol is not a number", isOfUnknownVersion: true) {
            $0.headers["baton-protocol"] = "new"
        },
    ]

    @Test(arguments: malformed)
    func `a task that cannot be one is refused`(_ change: Change) {
        var envelope = Self.full.encoded()
        change.change(&envelope)
        let expected = MalformedMessage(change.reason, isOfUnknownVersion: change.isOfUnknownVersion)
        #expect(throws: expected) { try TaskMessage(decoding: envelope) }
    }

    @Test func `a foreign clock beyond all bounds does no harm`() throws {
        var envelope = Self.full.encoded()
        envelope.timestamp = .max
        #expect(try TaskMessage(decoding: envelope).timestamp == nil)
    }
}
