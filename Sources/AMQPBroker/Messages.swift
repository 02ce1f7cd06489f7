import AMQP
import Interpreter
import JSONValue
import Orchestrator
import TaskMessaging
import TaskProtocol

/// Baton's rows as messages on the wire.
struct Messages: Sendable {
    let names: TopologyNames
    let partition: Int

    func task(_ row: TaskRow, at now: Timestamp) -> OutboundMessage {
        let deadline = row.timeoutSeconds.map { row.scheduledAt.adding(seconds: Double($0)) }
        let message = TaskMessage(
            token: row.token, messageID: Self.attemptID(row), replyTo: names.resultsQueue(partition),
            timestamp: row.scheduledAt,
            expirationMilliseconds: deadline.map { max(1, $0.milliseconds - now.milliseconds) },
            execution: row.executionARN, stateMachine: row.stateMachineARN, state: row.state, attempt: row.attempt,
            heartbeatSeconds: row.heartbeatSeconds.map(Int64.init), deadline: deadline,
            answerBatch: MessageBatch.maximumCount, body: row.input)
        return message.encoded().message(
            exchange: names.tasksExchange, routingKey: names.key(of: row.target), mandatory: true)
    }

    /// The same however often the attempt is published, and never used for another.
    static func attemptID(_ row: TaskRow) -> String { "\(row.executionARN)#\(row.key.task)" }

    func cancellation(token: String) -> OutboundMessage {
        CancelMessage(token: token).encoded().message(exchange: names.controlExchange, routingKey: "")
    }

    /// The same fields as DescribeExecution, in a body of its own: listeners need no access to the API.
    /// - Parameter key: its `eventKey`.
    func announcement(_ change: ExecutionAnnouncement, key: String) -> OutboundMessage {
        var body: JSONObject = [
            "executionArn": .string(change.executionARN), "stateMachineArn": .string(change.stateMachineARN),
            "name": .string(change.name), "status": .string(change.status.rawValue),
            "startDate": .string(change.startedAt.rfc3339),
        ]
        body["stopDate"] = change.stoppedAt.map { .string($0.rfc3339) }
        body["output"] = change.output.map { .string($0) }
        body["error"] = change.error.map { .string($0) }
        body["cause"] = change.cause.map { .string($0) }
        return ProtocolEnvelope(
            contentType: "application/json", deliveryMode: 2, type: "execution", appID: "baton",
            headers: [
                HeaderName.version: .int(ProtocolVersion.current),
                HeaderName.execution: .string(change.executionARN),
                HeaderName.stateMachine: .string(change.stateMachineARN),
            ], body: Array(JSON.object(body).serialized().utf8)
        ).message(exchange: names.eventsExchange, routingKey: key, mandatory: true)
    }

    func eventKey(_ change: ExecutionAnnouncement) -> String {
        names.eventKey(status: change.status.rawValue, stateMachine: change.stateMachineName)
    }

    /// A message beyond understanding, as it came, with the reason beside it.
    func dead(_ delivery: Delivery, reason: String) -> OutboundMessage {
        var properties = delivery.properties
        // The broker would refuse a user id that is not ours, and drop what expires.
        properties.userID = nil
        properties.expiration = nil
        properties.deliveryMode = 2
        properties.headers[HeaderName.deadReason.text] = .string(String(reason.prefix(1_000)))
        properties.headers[HeaderName.deadQueue.text] = .string(delivery.queue)
        return OutboundMessage(
            routingKey: names.deadQueue, mandatory: true, properties: properties, body: delivery.body)
    }

    /// A message to the queue from which it came, as it came.
    func again(_ delivery: Delivery) -> OutboundMessage {
        var properties = delivery.properties
        properties.userID = nil
        return OutboundMessage(
            routingKey: delivery.queue, mandatory: true, properties: properties, body: delivery.body)
    }
}
