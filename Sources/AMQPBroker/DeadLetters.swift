import AMQP
import Logging
import Synchronization
import TaskProtocol
import Telemetry

/// A message that is to go to the dead letters, and is not there yet.
struct DeadLetter: Sendable {
    var delivery: Delivery
    var message: OutboundMessage
    /// How often the consuming connection had been made when it arrived; after the next time it comes again by itself.
    var connects: Int
    var isSecondAttempt = false
}

extension AMQPBroker {
    /// Acknowledged once the dead letter is safe. Until then it stays with us: given back it would come again at once.
    func bury(_ delivery: Delivery, reason: String) {
        metrics.dead.increment()
        configuration.logger.warning(
            "a message was moved to the dead letters",
            metadata: ["queue": "\(delivery.queue)", "reason": "\(reason)"])
        bury(
            DeadLetter(
                delivery: delivery, message: messages.dead(delivery, reason: reason),
                connects: consumer.statistics.connects))
    }

    private func bury(_ letter: DeadLetter) {
        let sent = ContinuousClock.now
        publisher.publish([letter.message]) { [weak self, consumer] outcomes in
            if outcomes == [.confirmed] { return consumer.ack([letter.delivery.ticket]) }
            guard let self else { return }
            var letter = letter
            let isFirstAttempt = !letter.isSecondAttempt
            letter.isSecondAttempt = true
            unburied.withLock { $0.append(letter) }
            // Without a connection the next one brings another attempt. With one, the queue is gone most likely; should it
            // not help to declare it, nothing is gained by hurrying.
            if case .lost? = outcomes.first, publisher.isStanding, .now - sent > .seconds(10) {
                didNotAnswer(configuration.names.deadQueue)
                return buryAgain()
            }
            guard isFirstAttempt, case .returned? = outcomes.first else { return }
            work.add {
                _ = try? await self.publisher.declare(self.baseTopology)
                self.buryAgain()
            }
        }
    }

    func buryAgain() {
        let connects = consumer.statistics.connects
        let letters = unburied.withLock { letters in
            defer { letters = [] }
            return letters
        }
        for letter in letters where letter.connects == connects { bury(letter) }
    }
}
