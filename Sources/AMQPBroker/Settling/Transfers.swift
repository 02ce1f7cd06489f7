import AMQP
import Logging
import Synchronization
import TaskProtocol
import Telemetry

/// A message that is to go to another queue before its delivery is acknowledged, and is not there yet.
struct Transfer: Sendable {
    var origin: MessageOrigin
    var message: OutboundMessage
    /// How often the consuming connection had been made when it arrived; after the next time it comes again by itself.
    var connects: Int
    var isSecondAttempt = false
}

extension AMQPBroker {
    /// To the dead letters. Acknowledged once it is safe there. Until then it stays with us: given back it would come again
    /// at once.
    func bury(_ origin: MessageOrigin, reason: String) {
        guard let delivery = unsettled.withLock({ $0.delivery(of: origin) }) else { return }
        metrics.dead.increment()
        configuration.logger.warning(
            "a message was moved to the dead letters",
            metadata: ["queue": "\(delivery.queue)", "reason": "\(reason)"])
        transfer(origin, as: messages.dead(delivery, reason: reason))
    }

    /// A message of a batch goes back to its queue alone. With the whole batch those would come again that are done, and
    /// of starts without a name nobody could tell.
    func putBack(_ origin: MessageOrigin) {
        guard let delivery = unsettled.withLock({ $0.delivery(of: origin) }) else { return }
        transfer(origin, as: messages.again(delivery))
    }

    private func transfer(_ origin: MessageOrigin, as message: OutboundMessage) {
        publish(Transfer(origin: origin, message: message, connects: consumer.statistics.connects))
    }

    private func publish(_ transfer: Transfer) {
        let sent = ContinuousClock.now
        publisher.publish([transfer.message]) { [weak self] outcomes in
            guard let self else { return }
            if outcomes == [.confirmed] { return settle([transfer.origin]) }
            var transfer = transfer
            let isFirstAttempt = !transfer.isSecondAttempt
            transfer.isSecondAttempt = true
            stranded.withLock { $0.append(transfer) }
            // Without a connection the next one brings another attempt. With one, the queue is gone most likely; should it
            // not help to declare it, nothing is gained by hurrying.
            if case .lost? = outcomes.first, publisher.isStanding, .now - sent > .seconds(10) {
                didNotAnswer(transfer.message.routingKey)
                return transferAgain()
            }
            guard isFirstAttempt, case .returned? = outcomes.first else { return }
            work.add {
                _ = try? await self.publisher.declare(self.baseTopology)
                self.transferAgain()
            }
        }
    }

    func transferAgain() {
        let connects = consumer.statistics.connects
        let transfers = stranded.withLock { transfers in
            defer { transfers = [] }
            return transfers
        }
        for transfer in transfers {
            // What came over a connection that is gone comes again; acknowledging it means nothing any more.
            if transfer.connects == connects { publish(transfer) } else { settle([transfer.origin]) }
        }
    }
}
