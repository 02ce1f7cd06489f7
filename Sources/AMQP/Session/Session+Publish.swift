import DequeModule

/// Batches of messages on their way to being settled.
struct Publisher {
    enum Phase: Sendable, Hashable {
        /// Waits for confirm.select-ok, or for the topology to be repaired. → open
        case opening
        /// → opening
        case open
    }

    final class Batch {
        let messages: [OutboundMessage]
        /// What is not settled is lost, should the connection end.
        var outcomes: [PublishOutcome]
        /// What came back, by its place: settled as such when it is confirmed.
        var returned: [Int: PublishOutcome] = [:]
        var sent = 0
        var unsettled: Int

        init(_ messages: [OutboundMessage]) {
            self.messages = messages
            outcomes = Array(repeating: .lost, count: messages.count)
            unsettled = messages.count
        }
    }

    var phase = Phase.opening
    var ring = ConfirmRing()
    /// Batches that are not completely sent.
    var queue: Deque<BatchID> = []
    var batches: [BatchID: Batch] = [:]
    var queuedMessages = 0

    mutating func settle(
        _ batch: BatchID, _ index: Int, _ outcome: PublishOutcome, _ effects: inout [Effect],
        _ statistics: inout AMQPStatistics
    ) {
        switch outcome {
        case .confirmed: statistics.confirmed += 1
        case .returned: statistics.returned += 1
        case .rejected: statistics.rejected += 1
        case .lost: statistics.lost += 1
        }
        guard let found = batches[batch] else { return }
        found.outcomes[index] = outcome
        found.unsettled -= 1
        if found.unsettled == 0 {
            batches[batch] = nil
            effects.append(.settled(batch, found.outcomes))
        }
    }

    mutating func loseAll(_ effects: inout [Effect], _ statistics: inout AMQPStatistics) {
        for (id, batch) in batches.sorted(by: { $0.key < $1.key }) {
            statistics.lost += batch.unsettled
            effects.append(.settled(id, batch.outcomes))
        }
        self = Publisher()
    }
}

extension Session {
    var hasUnsettledMessages: Bool { !publisher.batches.isEmpty }

    mutating func publish(_ id: BatchID, _ messages: [OutboundMessage]) {
        guard !isEnded, !messages.isEmpty else {
            statistics.lost += messages.count
            effects.append(.settled(id, messages.map { _ in .lost }))
            return
        }
        publisher.batches[id] = Publisher.Batch(messages)
        publisher.queue.append(id)
        publisher.queuedMessages += messages.count
    }

    mutating func openPublishChannel(now: Instant) {
        openChannel(ChannelNumber.publish, .publish, now: now)
        send(.confirmSelect, on: ChannelNumber.publish, expecting: .confirmSelect, now: now)
    }

    /// Encodes as many messages as the window allows.
    mutating func pumpMessages(now: Instant) {
        guard publisher.phase == .open else { return }
        while let id = publisher.queue.first {
            guard let batch = publisher.batches[id] else {
                publisher.queue.removeFirst()
                continue
            }
            let messages = batch.messages
            while batch.sent < messages.count {
                let index = batch.sent
                // The ring is not copied here: a second reference would make every append copy it.
                let (sent, bytes) = (publisher.ring.count, publisher.ring.bytes)
                let isRoom =
                    sent < settings.windowMessages
                    // One message may be larger than the window.
                    && (sent == 0 || bytes + messages[index].body.count <= settings.windowBytes)
                guard isRoom else { return }
                batch.sent += 1
                publisher.queuedMessages -= 1
                statistics.published += 1
                if messages[index].isEncodable, encode(messages[index]) {
                    publisher.ring.append(
                        .init(
                            batch: id, index: index, bytes: messages[index].body.count,
                            mandatory: messages[index].mandatory, sent: now))
                } else {
                    publisher.settle(id, index, .rejected, &effects, &statistics)
                }
            }
            publisher.queue.removeFirst()
        }
    }

    mutating func settle(_ tag: UInt64, multiple: Bool, rejected: Bool) {
        var settled: [ConfirmRing.Entry] = []
        guard publisher.ring.settle(tag, multiple: multiple, { settled.append($0) }) else {
            return violation("a confirm for message \(tag), which was never sent")
        }
        for entry in settled {
            var outcome = rejected ? PublishOutcome.rejected : .confirmed
            if !rejected, entry.isReturned {
                outcome = publisher.batches[entry.batch]?.returned[entry.index] ?? .confirmed
            }
            publisher.settle(entry.batch, entry.index, outcome, &effects, &statistics)
        }
    }

    mutating func loseUnconfirmed(now: Instant) {
        let expired = publisher.ring.expire(before: now - settings.confirmTimeout)
        if expired.isEmpty { return }
        effects.append(
            .warning("\(expired.count) messages were not confirmed within \(settings.confirmTimeout) and count as lost")
        )
        for entry in expired {
            publisher.settle(entry.batch, entry.index, .lost, &effects, &statistics)
        }
    }

    /// A returned message does not say which one it is: it is the oldest that looks the same.
    mutating func messageReturned(
        code: UInt16, text: String, exchange: String, routingKey: String, _ properties: MessageProperties
    ) {
        let batches = publisher.batches
        let found = publisher.ring.markReturned { entry in
            guard let messages = batches[entry.batch]?.messages else { return false }
            return messages[entry.index].routingKey == routingKey && messages[entry.index].exchange == exchange
                && messages[entry.index].properties.messageID == properties.messageID
                && messages[entry.index].properties.correlationID == properties.correlationID
        }
        guard let found else {
            return effects.append(.warning("the broker returned a message that is not outstanding"))
        }
        batches[found.batch]?.returned[found.index] = .returned(code: code, text: text)
    }

    /// Everything sent on the channel and not confirmed has an unknown fate; what is queued waits for the next channel.
    mutating func publishChannelFailed(_ error: AMQPError, now: Instant) {
        effects.append(.warning("the publish channel was closed: \(error)"))
        publisher.phase = .opening
        for entry in publisher.ring.removeAll() {
            publisher.settle(entry.batch, entry.index, .lost, &effects, &statistics)
        }
        // 404 is an exchange that was deleted: bring it back first, or the next message ends the channel again.
        startJob(.repair, Lane.steps(for: topology), now: now)
    }
}

extension OutboundMessage {
    var isEncodable: Bool {
        exchange.utf8.count <= 255 && routingKey.utf8.count <= 255 && properties.isEncodable
    }
}
