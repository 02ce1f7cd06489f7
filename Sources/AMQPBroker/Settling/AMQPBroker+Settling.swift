import AMQP
import CrashPoints
package import Orchestrator
import Synchronization

/// Deliveries are acknowledged when what they brought is on disk, or in a queue again.
extension AMQPBroker {
    func hold(_ message: MessageOrigin) -> BrokerDelivery { unsettled.withLock { $0.hold(message) } }

    func settle(_ messages: [MessageOrigin]) {
        consumer.ack(unsettled.withLock { unsettled in messages.compactMap { unsettled.settle($0) } })
    }

    package func acknowledge(_ references: [BrokerDelivery]) {
        crashPoint(.beforeAcknowledgement)
        consumer.ack(
            unsettled.withLock { unsettled in
                references.compactMap { unsettled.take($0).flatMap { unsettled.settle($0) } }
            })
        crashPoint(.afterAcknowledgement)
    }

    package func giveBack(_ references: [BrokerDelivery]) {
        let messages = unsettled.withLock { unsettled in references.compactMap { unsettled.take($0) } }
        var tickets: [DeliveryTicket] = []
        for message in messages {
            switch message {
            case .delivery(let delivery): tickets.append(delivery.ticket)
            case .batch: putBack(message)
            }
        }
        consumer.nack(tickets, requeue: true)
    }

    package func bury(_ reference: BrokerDelivery, reason: String) {
        guard let message = unsettled.withLock({ $0.take(reference) }) else { return }
        bury(message, reason: reason)
    }
}
