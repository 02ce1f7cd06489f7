import JSONValue
import TaskProtocol
import Testing

@Suite struct AnswerMessageTests {
    @Test(arguments: [
        AnswerMessage(token: "t", kind: .success, worker: "w", body: Array("[1, 2]".utf8)),
        AnswerMessage(token: "t", kind: .success, body: Array("null".utf8)),
        .failure(token: "t", error: "Some.Error", cause: "because \"x\"\n", worker: "w"),
        .failure(token: "t", error: nil, cause: nil),
        AnswerMessage(token: "t", kind: .heartbeat, worker: "w"),
        AnswerMessage(token: "t", kind: .heartbeat, body: Array("0.5".utf8)),
        AnswerMessage(token: "t", kind: .started, worker: "w"),
    ])
    func `answers survive the way`(_ answer: AnswerMessage) throws {
        let envelope = answer.encoded()
        #expect(envelope.type == answer.kind.rawValue)
        #expect(envelope.deliveryMode == 2)
        #expect(envelope.correlationID == "t")
        #expect(try AnswerMessage(decoding: envelope) == answer)
    }

    @Test func `how long it took survives in milliseconds, and nonsense in its place is ignored`() throws {
        var answer = AnswerMessage(token: "t", kind: .success, body: Array("1".utf8))
        answer.duration = 1.2344
        var envelope = answer.encoded()
        #expect(envelope.headers["baton-duration-ms"] == 1234)
        #expect(try AnswerMessage(decoding: envelope).duration == 1.234)
        for nonsense: HeaderValue in ["soon", -1, ""] {
            envelope.headers["baton-duration-ms"] = nonsense
            #expect(try AnswerMessage(decoding: envelope).duration == nil)
        }
    }

    @Test func `a failure names error and cause`() throws {
        let answer = AnswerMessage.failure(token: "t", error: "E", cause: "c")
        #expect(String(decoding: answer.body, as: UTF8.self) == #"{"error":"E","cause":"c"}"#)
        #expect(answer.failure == TaskFailureBody(error: "E", cause: "c"))
        #expect(AnswerMessage(token: "t", kind: .success).failure == nil)
    }

    @Test func `what a worker sends of itself is cut to the limits`() throws {
        let long = String(repeating: "é", count: 40_000)
        let failure = TaskFailureBody(error: long, cause: long)
        #expect(failure.error?.unicodeScalars.count == 256)
        #expect(failure.cause?.unicodeScalars.count == 32_768)
        #expect(try TaskFailureBody(decoding: failure.encoded()) == failure)
    }

    @Test func `the longest cause of control characters fits`() throws {
        let failure = TaskFailureBody(error: "E", cause: String(repeating: "\u{1}", count: 32_768))
        #expect(try TaskFailureBody(decoding: failure.encoded()) == failure)
    }

    struct Malformed: Sendable, CustomTestStringConvertible {
        var envelope: ProtocolEnvelope
        var reason: String
        var testDescription: String { reason }

        init(_ reason: String, token: String? = "t", type: String? = "success", body: String = "1") {
            self.reason = reason
            envelope = ProtocolEnvelope(correlationID: token, type: type, body: Array(body.utf8))
        }
    }

    static let tooLong = String(repeating: "x", count: 32_769)
    static let malformed: [Malformed] = [
        Malformed("no type", type: nil),
        Malformed("unknown type \"succes\"", type: "succes"),
        Malformed("type task is not an answer", type: "task"),
        Malformed("type cancel is not an answer", type: "cancel"),
        Malformed("no correlation_id (the task token)", token: nil),
        Malformed("empty body, JSON expected", body: ""),
        Malformed(
            "body of 262145 bytes, at most 262144 are allowed", type: "heartbeat",
            body: String(repeating: " ", count: 262_144) + "1"),
        Malformed("body of a failure is not an object", type: "failure", body: "[]"),
        Malformed("empty body, JSON expected", type: "failure", body: ""),
        Malformed("error of a failure is not a string", type: "failure", body: #"{"error":1}"#),
        Malformed(
            "error of a failure is longer than 256 characters", type: "failure",
            body: #"{"error":"\#(String(repeating: "x", count: 257))"}"#),
        Malformed(
            "cause of a failure is longer than 32768 characters", type: "failure", body: #"{"cause":"\#(tooLong)"}"#),
    ]

    @Test(arguments: malformed)
    func `an answer that cannot be one is refused`(_ malformed: Malformed) {
        #expect(throws: MalformedMessage(malformed.reason)) { try AnswerMessage(decoding: malformed.envelope) }
    }

    @Test(arguments: ["success", "failure", "heartbeat"], ["{", "{'a':1}", "\u{1}", "NaN"])
    func `a body that is not JSON is refused`(type: String, body: String) {
        let envelope = ProtocolEnvelope(correlationID: "t", type: type, body: Array(body.utf8))
        let error = #expect(throws: MalformedMessage.self) { try AnswerMessage(decoding: envelope) }
        #expect(error?.reason.hasPrefix("body is not JSON: ") == true)
    }

    /// One beyond the limit is for the orchestrator to refuse: it fails the task, and must not vanish.
    @Test(arguments: [262_144, 262_145, ProtocolLimits.readableBodyBytes])
    func `a large output is understood`(size: Int) throws {
        let body = [0x22] + [UInt8](repeating: 0x61, count: size - 2) + [0x22]
        let envelope = ProtocolEnvelope(correlationID: "t", type: "success", body: body)
        #expect(try AnswerMessage(decoding: envelope).body.count == size)
    }

    @Test func `an output that is beyond all measure is refused`() {
        let body = [UInt8](repeating: 0x20, count: ProtocolLimits.readableBodyBytes + 1)
        let envelope = ProtocolEnvelope(correlationID: "t", type: "success", body: body)
        #expect(throws: MalformedMessage.self) { try AnswerMessage(decoding: envelope) }
    }
}
