import AMQP
import JSONValue
import TaskMessaging
import TaskProtocol

/// What messages cost a process that publishes and consumes them, without sockets and threads.
enum MessageWorks {
    static let all = [
        // Tasks as the server sends them, one message each.
        Work("amqp/publish", unit: "messages/s", count: Double(count), calls: 4_000) {
            let tasks = Self.tasks
            let session = try Rehearsal(delivering: [])
            return {
                let messages = tasks.map { $0.encoded().message(routingKey: "baton.task.verify", mandatory: true) }
                guard try session.publish(messages) == count else { throw WorkFailed("messages are not confirmed") }
            }
        },
        // The same, as a worker gets them.
        Work("amqp/consume", unit: "messages/s", count: Double(count), calls: 3_000) {
            let session = try Rehearsal(delivering: tasks.map { $0.encoded().message(routingKey: "baton.task.verify") })
            return {
                var decoded = 0
                try session.consume { deliveries in
                    for delivery in deliveries {
                        guard let task = try? TaskMessage(decoding: ProtocolEnvelope(delivery)) else { continue }
                        if task.state == "VerifyIdentity" { decoded += 1 }
                    }
                }
                guard decoded == count else { throw WorkFailed("messages are missing") }
            }
        },
        // Answers in one batch, as a worker sends them and the server takes them.
        Work("amqp/batch", unit: "messages/s", count: Double(count), calls: 3_000) {
            let answers = (0..<count).map { number in
                var answer = AnswerMessage(
                    token: "token-\(1_000_000 + number)", kind: .success, worker: "billing-7f9c@host:1",
                    body: Array(body.utf8))
                answer.duration = 0.012
                return answer
            }
            return {
                let batch = MessageBatch.pack(answers.map { $0.encoded() })
                let read = try MessageBatch.unpack(batch).map { try AnswerMessage.read($0) }
                guard read.count == count else { throw WorkFailed("answers are missing") }
            }
        },
    ]

    private static let count = 100
    private static let body = #"{"userId":"u-12345","plan":"premium","email":"grace@example.com","attempts":3}"#

    private static let tasks: [TaskMessage] = (0..<count).map { number in
        TaskMessage(
            token: "7Zk3o9QvT2mXw5Rc8Yb1Nd4Lf6Hj0GsA-\(1_000_000 + number)", messageID: "m-\(1_000_000 + number)-0",
            replyTo: "baton.answers.0", timestamp: Timestamp(microseconds: 1_700_000_000_000_000),
            execution: "arn:aws:states:us-east-1:000000000000:execution:onboarding:e-\(1_000_000 + number)",
            stateMachine: "arn:aws:states:us-east-1:000000000000:stateMachine:onboarding", state: "VerifyIdentity",
            heartbeatSeconds: 30, deadline: Timestamp(microseconds: 1_700_000_060_000_000), answerBatch: 1000,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", body: Array(body.utf8))
    }
}

/// What the work of several calls has in common.
private final class Rehearsal {
    private var session: SessionRehearsal

    init(delivering messages: [OutboundMessage]) throws { session = try .start(delivering: messages) }

    func publish(_ messages: [OutboundMessage]) throws -> Int { try session.publish(messages) }

    func consume(_ take: ([Delivery]) -> Void) throws { try session.consume(take) }
}
