extension Session {
    mutating func openChannel(_ number: UInt16, _ role: Channel.Role, now: Instant) {
        var queue = ""
        if case .consumer(let id) = role { queue = consumers[id]?.spec.queue ?? "" }
        channels[number] = Channel(role: role, queue: queue, epoch: nextEpoch)
        nextEpoch += 1
        send(.channelOpen, on: number, expecting: .open, now: now)
    }

    /// - Parameter request: answered when the broker has closed it.
    mutating func closeChannel(_ number: UInt16, request: RequestID? = nil, now: Instant) {
        channels[number]?.isClosing = true
        // Acknowledgements that come later are void.
        channels[number]?.epoch = 0
        send(.channelClose(code: 200, text: ""), on: number, expecting: .close(request), now: now)
    }

    mutating func receive(_ method: Method, on number: UInt16, now: Instant) {
        guard let channel = channels[number] else {
            // Frames that were under way when the broker or this side closed the channel.
            if case .channelClose = method { send(.channelCloseOk, on: number) }
            return
        }
        if channel.isClosing {
            switch method {
            case .channelClose: send(.channelCloseOk, on: number)
            case .channelCloseOk: channelClosed(number, channel, now: now)
            default: break
            }
            return
        }
        if channel.content != nil, method.isContentOrAnswer {
            return violation("\(method.name) between the frames of a message on channel \(number)")
        }
        switch method {
        case .deliver(_, let tag, let redelivered, let exchange, let routingKey):
            begin(
                .deliver(tag: tag, redelivered: redelivered, exchange: exchange, routingKey: routingKey), on: number)
        case .returned(let code, let text, let exchange, let routingKey):
            begin(.returned(code: code, text: text, exchange: exchange, routingKey: routingKey), on: number)
        case .ack(let tag, let multiple) where channel.role == .publish:
            settle(tag, multiple: multiple, rejected: false)
        case .nack(let tag, let multiple, _) where channel.role == .publish:
            settle(tag, multiple: multiple, rejected: true)
        case .cancel(let tag, let noWait):
            if !noWait { send(.cancelOk(tag: tag), on: number) }
            if case .consumer(let id) = channel.role { subscriptionEnded(id, tag: tag, now: now) }
        case .channelFlow(let active):
            // RabbitMQ never sends it.
            send(.channelFlowOk(active: active), on: number)
        case .channelClose(let code, let text):
            send(.channelCloseOk, on: number)
            removeChannel(number)
            let error = AMQPError(.channelClosed, replyCode: code, text)
            channelFailed(number, channel, error, now: now)
        default:
            guard let expectation = takeExpectation(for: method, on: number, now: now) else {
                return violation("an unexpected \(method.name) on channel \(number)")
            }
            answer(method, to: expectation, on: number, now: now)
        }
    }

    private mutating func answer(
        _ method: Method, to expectation: Channel.Expectation, on number: UInt16, now: Instant
    ) {
        switch (expectation, method) {
        case (.open, .channelOpenOk), (.qos, .qosOk), (.cancel, .cancelOk): break
        case (.confirmSelect, .confirmSelectOk):
            publisher.phase = .open
            becomeReadyIfComplete(now: now)
        case (.consume(let id, let tag), .consumeOk): subscribed(id, tag: tag, now: now)
        case (.cancelForGood(let id, _, let request, let requeue), .cancelOk):
            cancelled(id, on: number, request: request, requeue: requeue, now: now)
        case (.lane, .getOk(let tag, let redelivered, let exchange, let routingKey, _)):
            begin(.get(tag: tag, redelivered: redelivered, exchange: exchange, routingKey: routingKey), on: number)
        case (.lane, _):
            guard lane.accepts(method) else { return violation("\(method.name) as an answer to another question") }
            laneAnswered(.success(.method(method)), now: now)
        default: violation("\(method.name) as an answer to another question")
        }
    }

    /// The broker closed a channel because of an error on it.
    private mutating func channelFailed(_ number: UInt16, _ channel: Channel, _ error: AMQPError, now: Instant) {
        switch channel.role {
        case .publish: publishChannelFailed(error, now: now)
        case .lane:
            if channel.expected.contains(.lane) { laneAnswered(.failure(error), now: now) }
        case .consumer(let id):
            for case .cancelForGood(_, _, let request, _) in channel.expected {
                consumers[id] = nil
                if let request { effects.append(.reply(request, .success(.done))) }
                return
            }
            consumerChannelFailed(id, error, now: now)
        case .lingering: break
        }
    }

    /// The broker has answered this side's close.
    private mutating func channelClosed(_ number: UInt16, _ channel: Channel, now: Instant) {
        for case .close(let request?) in channel.expected {
            effects.append(.reply(request, .success(.done)))
        }
        removeChannel(number)
    }

    // MARK: Content

    private mutating func begin(_ kind: PartialContent.Kind, on number: UInt16) {
        channels[number]?.content = PartialContent(kind: kind)
    }

    mutating func receiveHeader(_ properties: MessageProperties, bodySize: UInt64, on number: UInt16, now: Instant) {
        guard let channel = channels[number], !channel.isClosing else { return }
        guard channel.content != nil, channel.content?.properties == nil else {
            return violation("a content header that belongs to no message on channel \(number)")
        }
        guard bodySize <= PartialContent.sizeLimit else { return violation("a message of \(bodySize) bytes") }
        channel.content?.properties = properties
        channel.content?.missing = Int(bodySize)
        if bodySize == 0, let content = exchange(&channel.content, with: nil) {
            complete(content, channel, number, now: now)
        }
    }

    mutating func receiveBody(_ bytes: [UInt8], on number: UInt16, now: Instant) {
        guard let channel = channels[number], !channel.isClosing else { return }
        // Out of the channel while it changes: mostly it is complete after that.
        guard var content = exchange(&channel.content, with: nil) else {
            return violation("a body that belongs to no message on channel \(number)")
        }
        guard content.properties != nil, bytes.count <= content.missing else {
            return violation("more body than the header announced on channel \(number)")
        }
        content.missing -= bytes.count
        if content.body.isEmpty {
            content.body = bytes
            if content.missing > 0 { content.body.reserveCapacity(bytes.count + content.missing) }
        } else {
            content.body += bytes
        }
        if content.missing == 0 {
            complete(content, channel, number, now: now)
        } else {
            channel.content = content
        }
    }

    private mutating func complete(_ content: PartialContent, _ channel: Channel, _ number: UInt16, now: Instant) {
        guard let properties = content.properties else { return }
        switch content.kind {
        case .returned(let code, let text, let exchange, let routingKey):
            messageReturned(code: code, text: text, exchange: exchange, routingKey: routingKey, properties)
        case .deliver(let tag, let redelivered, let exchange, let routingKey):
            guard case .consumer(let id) = channel.role, consumers[id] != nil else { return }
            guard channel.unsettled.deliver(tag) else {
                return violation("delivery tag \(tag) out of order on channel \(number)")
            }
            statistics.delivered += 1
            let delivery = Delivery(
                epoch: channel.epoch, tag: tag, channel: number, queue: channel.queue, exchange: exchange,
                routingKey: routingKey, redelivered: redelivered, properties: properties, body: content.body)
            if inbound.last?.consumer == id {
                inbound[inbound.count - 1].deliveries.append(delivery)
            } else {
                inbound.append((id, [delivery]))
            }
        case .get(let tag, let redelivered, let exchange, let routingKey):
            guard channel.unsettled.deliver(tag) else {
                return violation("delivery tag \(tag) out of order on channel \(number)")
            }
            statistics.delivered += 1
            let delivery = Delivery(
                epoch: channel.epoch, tag: tag, channel: number, queue: lane.queueOfGet, exchange: exchange,
                routingKey: routingKey, redelivered: redelivered, properties: properties, body: content.body)
            laneAnswered(.success(.delivery(delivery)), now: now)
        }
    }

    // MARK: Acknowledgements

    mutating func acknowledge(_ tickets: [DeliveryTicket], now: Instant) {
        for ticket in tickets {
            guard let channel = channels[ticket.channel], channel.epoch == ticket.epoch else { continue }
            let first = !channel.unsettled.hasAcknowledgements
            if channel.unsettled.acknowledge(ticket.tag) {
                statistics.acknowledged += 1
                if first { acknowledgedChannels.append(ticket.channel) }
            }
        }
        closeLingering(now: now)
    }

    mutating func giveBack(_ tickets: [DeliveryTicket], requeue: Bool, now: Instant) {
        for ticket in tickets where channels[ticket.channel]?.epoch == ticket.epoch {
            if channels[ticket.channel]?.unsettled.giveBack(ticket.tag) == true {
                send(.nack(tag: ticket.tag, multiple: false, requeue: requeue), on: ticket.channel)
            }
        }
        closeLingering(now: now)
    }

    mutating func flushAcknowledgements() {
        for number in acknowledgedChannels {
            for frame in channels[number]?.unsettled.flush() ?? [] {
                send(.ack(tag: frame.tag, multiple: frame.multiple), on: number)
            }
        }
        acknowledgedChannels.removeAll(keepingCapacity: true)
    }

    /// Closes channels of cancelled consumers once everything on them is settled.
    mutating func closeLingering(now: Instant) {
        guard !lingering.isEmpty else { return }
        for number in lingering where channels[number]?.unsettled.outstanding == 0 {
            flushAcknowledgements()
            closeChannel(number, now: now)
        }
        lingering.removeAll { channels[$0]?.isClosing ?? true }
    }
}

extension Method {
    /// Whether it cannot come between the frames of a message on the same channel.
    fileprivate var isContentOrAnswer: Bool {
        switch self {
        case .channelClose: false
        default: true
        }
    }

    /// Its case, without the contents.
    var name: String {
        let text = "\(self)"
        return text.firstIndex(of: "(").map { String(text[..<$0]) } ?? text
    }
}
