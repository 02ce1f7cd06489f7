import TaskProtocol
import Testing

@Suite struct StartMessageTests {
    @Test(arguments: [
        StartMessage(stateMachine: "orders", input: Array("{}".utf8)),
        StartMessage(
            stateMachine: "arn:aws:states:local:1:stateMachine:orders", name: "n", input: Array("[1]".utf8),
            replyTo: "amq.gen-1", correlationID: "c", traceparent: "00-1-2-01"),
    ])
    func `starts survive the way`(_ start: StartMessage) throws {
        #expect(try StartMessage(decoding: start.encoded()) == start)
    }

    @Test func `no body is an empty object`() throws {
        let envelope = ProtocolEnvelope(headers: ["baton-state-machine": "m"])
        #expect(try StartMessage(decoding: envelope).input == Array("{}".utf8))
    }

    @Test(arguments: [
        (ProtocolEnvelope(), "no header baton-state-machine"),
        (ProtocolEnvelope(headers: ["baton-state-machine": ""]), "no header baton-state-machine"),
        (
            ProtocolEnvelope(type: "task", headers: ["baton-state-machine": "m"]),
            "type task where a start was expected"
        ),
    ])
    func `a start that cannot be one is refused`(envelope: ProtocolEnvelope, reason: String) {
        #expect(throws: MalformedMessage(reason)) { try StartMessage(decoding: envelope) }
    }

    @Test func `an outcome belongs to its start`() {
        let outcome = StartOutcome(
            correlationID: "n", execution: "arn", succeeded: true, body: Array("1".utf8)
        ).encoded()
        #expect(outcome.correlationID == "n")
        #expect(outcome.type == "success")
        #expect(outcome.headers["baton-execution"] == "arn")
        let failed = StartOutcome(
            correlationID: nil, execution: nil, succeeded: false,
            body: TaskFailureBody(error: "E", cause: nil).encoded()
        ).encoded()
        #expect(failed.type == "failure")
        #expect(String(decoding: failed.body, as: UTF8.self) == #"{"error":"E"}"#)
    }

    @Test func `cancellations survive the way`() throws {
        let cancel = CancelMessage(token: "t")
        #expect(try CancelMessage(decoding: cancel.encoded()) == cancel)
        #expect(throws: MalformedMessage("type heartbeat where a cancellation was expected")) {
            try CancelMessage(decoding: ProtocolEnvelope(correlationID: "t", type: "heartbeat"))
        }
    }

    @Test func `notices survive the way`() throws {
        let notice = RecreatedNotice(queue: "baton.activity.a")
        #expect(notice.encoded().type == "recreated")
        #expect(notice.encoded().headers["baton-queue"] == "baton.activity.a")
        #expect(try RecreatedNotice(decoding: notice.encoded()) == notice)
        #expect(throws: MalformedMessage("no header baton-queue")) {
            try RecreatedNotice(decoding: ProtocolEnvelope(type: "recreated"))
        }
    }

    @Test(arguments: [
        ("delivery_limit", "Worker.Died"), ("rejected", "Worker.Rejected"), ("maxlen", "Worker.Rejected"),
        ("expired", nil),
    ])
    func `a task that the broker gives up fails, unless its time-out does that`(reason: String, error: String?) throws {
        var envelope = ProtocolEnvelope(correlationID: "t", replyTo: "baton.results.0", type: "task")
        #expect(throws: MalformedMessage("a task that the broker did not return")) {
            try ReturnedTask(decoding: envelope)
        }
        envelope.headers["x-first-death-reason"] = .string(reason)
        envelope.headers["x-first-death-queue"] = "baton.activity.a"
        let task = try ReturnedTask(decoding: envelope)
        #expect(task.token == "t" && task.queue == "baton.activity.a")
        #expect(task.failure?.error == error)
        envelope.correlationID = nil
        #expect(throws: MalformedMessage("no correlation_id (the task token)")) {
            try ReturnedTask(decoding: envelope)
        }
    }
}
