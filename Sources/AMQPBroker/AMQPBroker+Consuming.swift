import AMQP
import Interpreter
import JSONValue
import Logging
package import Orchestrator
import Synchronization
import TaskMessaging
import TaskProtocol

/// What workers and clients send, read and handed to the engine.
extension AMQPBroker {
    func received(answers deliveries: [Delivery], for route: Route) {
        var answers: [TaskAnswer] = []
        answers.reserveCapacity(deliveries.count)
        for message in unpacked(deliveries) {
            do throws(MalformedMessage) {
                let (answer, json) = try AnswerMessage.read(message.envelope)
                let queue = meter.heard(answer.kind, token: answer.token, duration: answer.duration)
                if let queue { watch.answered(queue) }
                answers.append(
                    TaskAnswer(
                        token: answer.token, kind: answer.answerKind(json), worker: answer.worker,
                        delivery: hold(message.origin)))
            } catch {
                if let refusal = error.refusal(of: message.envelope) {
                    answers.append(
                        TaskAnswer(
                            token: refusal.token, kind: refusal.answerKind(refusal.json), worker: refusal.worker,
                            delivery: hold(message.origin)))
                } else {
                    bury(message.origin, reason: error.reason)
                }
            }
        }
        if !answers.isEmpty { route.send(.answers(answers)) }
    }

    func received(starts deliveries: [Delivery]) {
        var starts: [StartDelivery] = []
        for message in unpacked(deliveries) {
            let envelope = message.envelope
            if case .batch = message.origin, let queue = envelope.replyTo { batchingClients.sentBatch(replyTo: queue) }
            do throws(MalformedMessage) {
                if envelope.type == MessageType.recreated.rawValue {
                    try noticed(RecreatedNotice(decoding: envelope), message.origin)
                    continue
                }
                if envelope.type == MessageType.task.rawValue {
                    returned(try ReturnedTask(decoding: envelope), message.origin)
                    continue
                }
                let start = try TaskProtocol.StartMessage(decoding: envelope)
                starts.append(
                    StartDelivery(
                        stateMachine: start.stateMachine, name: start.name,
                        input: String(decoding: start.input, as: UTF8.self),
                        reply: start.replyTo.map {
                            .init(queue: $0, correlationID: start.correlationID ?? start.name)
                        }, traceHeader: start.traceparent, delivery: hold(message.origin)))
            } catch {
                refuse(start: envelope, error)
                bury(message.origin, reason: error.reason)
            }
        }
        if !starts.isEmpty { signals.send(.starts(starts)) }
    }

    /// Tells whoever waits for the outcome of a start that cannot be read.
    private func refuse(start envelope: ProtocolEnvelope, _ error: MalformedMessage) {
        guard let refusal = error.outcome(of: envelope), let queue = envelope.replyTo else { return }
        publisher.publish([refusal.encoded().message(routingKey: queue, mandatory: true)]) { _ in }
    }

    /// The messages of these deliveries, in their order. A batch that is none is buried whole.
    private func unpacked(_ deliveries: [Delivery]) -> [ReceivedMessage] {
        var messages: [ReceivedMessage] = []
        messages.reserveCapacity(deliveries.count)
        for delivery in deliveries {
            let envelope = ProtocolEnvelope(delivery)
            guard envelope.type == MessageType.batch.rawValue else {
                messages.append(ReceivedMessage(envelope: envelope, origin: .delivery(delivery)))
                continue
            }
            do throws(MalformedMessage) {
                let members = try MessageBatch.unpack(envelope)
                let batch = unsettled.withLock { $0.open(delivery, of: members.count) }
                for member in members {
                    messages.append(ReceivedMessage(envelope: member, origin: .batch(batch, member)))
                }
            } catch {
                if delivery.queue == configuration.names.startQueue { refuse(start: envelope, error) }
                bury(.delivery(delivery), reason: error.reason)
            }
        }
        if let queue = deliveries.first?.queue { adjustPrefetch(of: queue, deliveries.count, messages.count) }
        return messages
    }

    private func adjustPrefetch(of queue: String, _ deliveries: Int, _ messages: Int) {
        let change = intakes.withLock { intakes -> (Consumer, UInt16)? in
            guard let prefetch = intakes[queue]?.window.note(deliveries: deliveries, messages: messages),
                let consumer = intakes[queue]?.consumer
            else { return nil }
            return (consumer, prefetch)
        }
        if let (consumer, prefetch) = change { self.consumer.setPrefetch(prefetch, for: consumer) }
    }

    /// A worker found its queue gone: only it can know. It declares it when the broker has confirmed this notice.
    private func noticed(_ notice: RecreatedNotice, _ origin: MessageOrigin) throws(MalformedMessage) {
        guard let target = configuration.names.target(ofQueue: notice.queue) else {
            throw MalformedMessage("\(notice.queue) is no queue for tasks")
        }
        configuration.logger.notice(
            "a worker found its queue gone: what was outstanding on it is published again",
            metadata: ["queue": "\(notice.queue)"])
        signals.sendToExpress(.recreated([target], nil))
        signals.send(.recreated([target], hold(origin)))
    }

    /// The broker gives a task up. Nobody else would ever answer it.
    private func returned(_ task: ReturnedTask, _ origin: MessageOrigin) {
        guard let failure = task.failure else { return settle([origin]) }
        configuration.logger.warning(
            "the broker gives a task up, which fails it",
            metadata: ["queue": "\(task.queue)", "reason": "\(task.reason)"])
        let isExpress = TaskToken(task.token)?.partition == configuration.expressPartition
        let answer = TaskAnswer(
            token: task.token, kind: .failure(StateFailure(error: failure.error, cause: failure.cause)), worker: nil,
            delivery: hold(origin))
        (isExpress ? express?.route ?? route : route).send(.answers([answer]))
    }

    func handedOver(_ delivery: Delivery) -> TakenTask? {
        guard let token = delivery.properties.correlationID else {
            bury(.delivery(delivery), reason: "no correlation_id (the task token)")
            return nil
        }
        meter.heard(.started, token: token)
        return TakenTask(
            token: token, input: String(decoding: delivery.body, as: UTF8.self), delivery: hold(.delivery(delivery)))
    }

    package func take(activity name: String, timeout: Duration) async -> TakenTask? {
        watch.polled(configuration.names.activityQueue(name))
        return await desk.take(activity: name, timeout: timeout)
    }
}

extension AnswerMessage {
    /// - Parameter json: What the body was parsed to.
    fileprivate func answerKind(_ json: JSON?) -> TaskAnswer.Kind {
        switch kind {
        case .started: .started
        case .heartbeat: .heartbeat(json)
        case .success: .success(json ?? .null)
        case .failure: .failure(StateFailure(error: failure?.error, cause: failure?.cause))
        }
    }
}
