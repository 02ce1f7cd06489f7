import AMQP
import Orchestrator
import Synchronization
import TaskMessaging
import TaskProtocol

/// Clients that understand batches, since they sent their starts in one: they get their replies likewise.
///
/// Remembered in memory alone, by their queues: after a restart replies go one by one, until the next batch of starts.
final class BatchingClients: Sendable {
    /// Remembered at most; beyond it all are forgotten, and remembered again with their next batch.
    static let limit = 1_000

    struct Portion {
        var message: OutboundMessage
        /// Of the outbox messages in it.
        var numbers: [Int64]

        init(_ envelope: ProtocolEnvelope, to queue: String, numbers: [Int64]) {
            message = envelope.message(routingKey: queue, mandatory: true)
            self.numbers = numbers
        }
    }

    private let queues = Mutex<Set<String>>([])

    func sentBatch(replyTo queue: String) {
        guard !queue.isEmpty else { return }
        queues.withLock { queues in
            if queues.contains(queue) { return }
            if queues.count >= Self.limit { queues = [] }
            queues.insert(queue)
        }
    }

    /// What is to be published for these replies, in their order as far as each queue is concerned.
    func portions(of outbox: [OutboxMessage]) -> [Portion] {
        let batching = queues.withLock { $0 }
        var portions: [Portion] = []
        var together: [String: [OutboxMessage]] = [:]
        for reply in outbox {
            if batching.contains(reply.queue) {
                together[reply.queue, default: []].append(reply)
            } else {
                portions.append(Portion(reply.outcome.encoded(), to: reply.queue, numbers: [reply.number]))
            }
        }
        for (queue, replies) in together {
            var rest = replies[...]
            for portion in MessageBatch.portions(of: replies.map { $0.outcome.encoded() }) {
                portions.append(
                    Portion(portion.message, to: queue, numbers: rest.prefix(portion.count).map(\.number)))
                rest = rest.dropFirst(portion.count)
            }
        }
        return portions
    }
}

extension OutboxMessage {
    fileprivate var outcome: StartOutcome {
        StartOutcome(
            correlationID: correlationID, execution: executionARN.isEmpty ? nil : executionARN,
            succeeded: type == MessageType.success.rawValue, body: body)
    }
}
