import AMQP
import Orchestrator
import TaskMessaging
import TaskProtocol

/// Where a message came from, and so what is acknowledged for it.
///
/// Held by reference: it goes from hand to hand, and waits in a table for its acknowledgement.
indirect enum MessageOrigin: Sendable {
    /// It came alone.
    case delivery(Delivery)
    /// It is one of a batch, by the number that `Unsettled` gave that.
    case batch(UInt64, ProtocolEnvelope)
}

struct ReceivedMessage: Sendable {
    var envelope: ProtocolEnvelope
    var origin: MessageOrigin
}

/// Messages that the engine has and has not settled yet, and batches of which not all messages are settled.
///
/// A batch is acknowledged when the last of its messages is settled, never before. Who dies in between gets all of it again,
/// as messages that came alone would come again one by one: what is on disk by then is known there as a late answer, or
/// as a start that has its name already.
struct Unsettled: Sendable {
    private struct Batch {
        /// Without its body, which its messages have.
        var delivery: Delivery
        var unsettled: Int
    }

    private var lastNumber: UInt64 = 0
    private var messages: [UInt64: MessageOrigin] = [:]
    private var batches: [UInt64: Batch] = [:]

    var isEmpty: Bool { messages.isEmpty && batches.isEmpty }

    /// - Parameter count: at least 1.
    mutating func open(_ batch: Delivery, of count: Int) -> UInt64 {
        lastNumber += 1
        var delivery = batch
        delivery.body = []
        batches[lastNumber] = Batch(delivery: delivery, unsettled: count)
        return lastNumber
    }

    mutating func hold(_ message: MessageOrigin) -> BrokerDelivery {
        lastNumber += 1
        messages[lastNumber] = message
        let epoch =
            switch message {
            case .delivery(let delivery): delivery.epoch
            case .batch(let number, _): batches[number]?.delivery.epoch ?? 0
            }
        return BrokerDelivery(id: lastNumber, epoch: epoch)
    }

    /// Nil for one that was taken before.
    mutating func take(_ reference: BrokerDelivery) -> MessageOrigin? { messages.removeValue(forKey: reference.id) }

    /// - Returns: what is to be acknowledged now: nothing while other messages of its batch are unsettled.
    mutating func settle(_ message: MessageOrigin) -> DeliveryTicket? {
        switch message {
        case .delivery(let delivery): return delivery.ticket
        case .batch(let number, _):
            guard let place = batches.index(forKey: number) else { return nil }
            batches.values[place].unsettled -= 1
            guard batches.values[place].unsettled == 0 else { return nil }
            return batches.remove(at: place).value.delivery.ticket
        }
    }

    /// The message as it would have come alone. Nil for one of a batch that is settled.
    func delivery(of message: MessageOrigin) -> Delivery? {
        switch message {
        case .delivery(let delivery): return delivery
        case .batch(let number, let envelope):
            guard var delivery = batches[number]?.delivery else { return nil }
            delivery.properties = envelope.amqpProperties
            delivery.body = envelope.body
            return delivery
        }
    }
}
