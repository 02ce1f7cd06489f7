/// A subscription on this connection.
struct ConsumerState: Sendable {
    enum Phase: Sendable, Hashable {
        /// The connection is not ready yet. → subscribing
        case idle
        /// The subscription was lost. → checking
        case waiting(until: Instant)
        /// The queue is being declared again. → subscribing
        case checking
        /// → subscribed, waiting
        case subscribing(until: Instant)
        /// → waiting, cancelling
        case subscribed
        /// → (removed)
        case cancelling
    }

    var spec: ConsumerSpec
    var phase = Phase.idle
    var channel: UInt16?
    var tag = ""
    var generation = 0
    var failures = 0
    /// The prefetch of the subscription that is being made or was made.
    var subscribedPrefetch: UInt16 = 0
    /// Who waits for the first subscription.
    var request: RequestID?
    /// Asked for while subscribing, and carried out when that is done: RabbitMQ 3.10 closes the whole connection with an
    /// internal error when a quorum queue's consumer is cancelled before it has been confirmed.
    var cancellation: (request: RequestID, requeue: Bool)?

    init(spec: ConsumerSpec, request: RequestID? = nil) {
        self.spec = spec
        self.request = request
    }

    mutating func nextTag() -> String {
        generation += 1
        // Short enough to be stored without an allocation in every delivery.
        tag = "c\(spec.id).\(generation)"
        return tag
    }
}

extension Session {
    mutating func consume(_ request: RequestID, _ spec: ConsumerSpec, now: Instant) {
        consumers[spec.id] = ConsumerState(spec: spec, request: request)
        guard phase == .ready else { return }
        check(spec.id, now: now)
    }

    mutating func cancel(_ request: RequestID, _ id: ConsumerID, requeue: Bool, now: Instant) {
        guard let consumer = consumers[id] else {
            effects.append(.reply(request, .success(.done)))
            return
        }
        switch consumer.phase {
        case .subscribing where consumer.cancellation != nil:
            effects.append(.reply(request, .success(.done)))
            return
        case .subscribing:
            answerFirst(id)
            consumers[id]?.cancellation = (request, requeue)
            return
        case .subscribed:
            guard let number = consumer.channel else { break }
            consumers[id]?.phase = .cancelling
            let expectation = Channel.Expectation.cancelForGood(id, tag: consumer.tag, request, requeue: requeue)
            send(.cancel(tag: consumer.tag, noWait: false), on: number, expecting: expectation, now: now)
            return
        case .cancelling:
            effects.append(.reply(request, .success(.done)))
            return
        case .waiting: waitingConsumers -= 1
        case .idle, .checking: break
        }
        answerFirst(id)
        remove(id, answering: request, requeue: requeue, now: now)
    }

    /// Tells who asked for the subscription that it need not be waited for.
    private mutating func answerFirst(_ id: ConsumerID) {
        guard let request = consumers[id]?.request else { return }
        consumers[id]?.request = nil
        effects.append(.reply(request, .success(.done)))
    }

    /// Ends a subscription that the broker does not know (any more).
    private mutating func remove(_ id: ConsumerID, answering request: RequestID, requeue: Bool, now: Instant) {
        let number = consumers.removeValue(forKey: id)?.channel
        if let number, channels[number] != nil {
            release(number, requeue: requeue, request: request, now: now)
        } else {
            effects.append(.reply(request, .success(.done)))
        }
    }

    mutating func setPrefetch(_ prefetch: UInt16, _ id: ConsumerID, now: Instant) {
        guard let consumer = consumers[id], consumer.spec.prefetch != prefetch else { return }
        consumers[id]?.spec.prefetch = prefetch
        // While it subscribes, the change waits for the confirmation, as a cancellation does.
        guard let number = consumer.channel, consumer.phase == .subscribed else { return }
        resubscribe(id, tag: consumer.tag, on: number, now: now)
    }

    private mutating func resubscribe(_ id: ConsumerID, tag: String, on number: UInt16, now: Instant) {
        startSubscribing(id, now: now)
        // The limit of a consumer is fixed when it subscribes. Its channel stays, and with it what is unacknowledged.
        send(.cancel(tag: tag, noWait: false), on: number, expecting: .cancel(tag: tag), now: now)
        sendSubscription(id, on: number, now: now)
    }

    /// Has the queue declared, if the topology knows it, and subscribes.
    private mutating func check(_ id: ConsumerID, now: Instant) {
        guard let consumer = consumers[id] else { return }
        guard let queue = topology.queue(named: consumer.spec.queue) else { return subscribe(id, now: now) }
        consumers[id]?.phase = .checking
        startJob(.resubscribe(id), Lane.steps(for: queue, in: topology), now: now)
    }

    mutating func subscribe(_ id: ConsumerID, now: Instant) {
        guard let consumer = consumers[id], phase == .ready else { return }
        let number: UInt16
        if let present = consumer.channel {
            number = present
        } else if let free = freeChannel() {
            number = free
            consumers[id]?.channel = number
            openChannel(number, .consumer(id), now: now)
        } else {
            consumerChannelFailed(
                id, AMQPError(.channelClosed, "all \(settings.channelMax) channels are in use"), now: now)
            return
        }
        startSubscribing(id, now: now)
        sendSubscription(id, on: number, now: now)
    }

    private mutating func startSubscribing(_ id: ConsumerID, now: Instant) {
        consumers[id]?.phase = .subscribing(until: now + settings.subscribeTimeout)
        waitingConsumers += 1
    }

    private mutating func sendSubscription(_ id: ConsumerID, on number: UInt16, now: Instant) {
        guard let spec = consumers[id]?.spec, let tag = consumers[id]?.nextTag() else { return }
        consumers[id]?.subscribedPrefetch = spec.prefetch
        send(.qos(prefetch: spec.prefetch), on: number, expecting: .qos, now: now)
        send(
            .consume(queue: spec.queue, tag: tag, exclusive: spec.exclusive), on: number,
            expecting: .consume(id, tag: tag),
            now: now)
    }

    private func freeChannel() -> UInt16? {
        var number = ChannelNumber.firstConsumer
        while channels[number] != nil { number += 1 }
        return settings.channelMax == 0 || Int(number) <= settings.channelMax ? number : nil
    }

    mutating func subscribed(_ id: ConsumerID, tag: String, now: Instant) {
        guard let consumer = consumers[id], case .subscribing = consumer.phase, consumer.tag == tag else { return }
        waitingConsumers -= 1
        consumers[id]?.phase = .subscribed
        consumers[id]?.failures = 0
        answerFirst(id)
        if let (request, requeue) = consumer.cancellation {
            consumers[id]?.cancellation = nil
            cancel(request, id, requeue: requeue, now: now)
        } else if let number = consumer.channel, consumer.spec.prefetch != consumer.subscribedPrefetch {
            resubscribe(id, tag: tag, on: number, now: now)
        }
    }

    /// The broker ended the subscription: its queue was deleted, or the node that held it is gone.
    mutating func subscriptionEnded(_ id: ConsumerID, tag: String, now: Instant) {
        guard let consumer = consumers[id], consumer.tag == tag else { return }
        switch consumer.phase {
        case .subscribing, .subscribed:
            if let (request, requeue) = consumer.cancellation {
                if case .subscribing = consumer.phase { waitingConsumers -= 1 }
                return remove(id, answering: request, requeue: requeue, now: now)
            }
            effects.append(.warning("the broker cancelled the consumer of \(consumer.spec.queue)"))
            wait(id, now: now)
        case .idle, .waiting, .checking, .cancelling: break
        }
    }

    mutating func consumerChannelFailed(_ id: ConsumerID, _ error: AMQPError, now: Instant) {
        guard let consumer = consumers[id] else { return }
        consumers[id]?.channel = nil
        if let (request, requeue) = consumer.cancellation {
            if case .subscribing = consumer.phase { waitingConsumers -= 1 }
            return remove(id, answering: request, requeue: requeue, now: now)
        }
        if let request = consumer.request {
            if case .subscribing = consumer.phase { waitingConsumers -= 1 }
            consumers[id] = nil
            effects.append(.refused(id))
            effects.append(.reply(request, .failure(error)))
            return
        }
        // While the queue is being declared again, the job that does it goes on to subscribe.
        if consumer.phase == .checking { return }
        effects.append(.warning("the channel of the consumer of \(consumer.spec.queue) was closed: \(error)"))
        wait(id, now: now)
    }

    private mutating func wait(_ id: ConsumerID, now: Instant) {
        guard let consumer = consumers[id] else { return }
        switch consumer.phase {
        case .waiting: return
        case .subscribing: waitingConsumers -= 1
        case .idle, .checking, .subscribed, .cancelling: break
        }
        consumers[id]?.phase = .waiting(until: now + settings.retryDelay(afterFailures: consumer.failures))
        consumers[id]?.failures += 1
        waitingConsumers += 1
    }

    mutating func resumeWaitingConsumers(now: Instant) {
        for (id, consumer) in consumers.sorted(by: { $0.key < $1.key }) {
            guard case .subscribing(let until) = consumer.phase, until <= now else { continue }
            // The channel hangs on the queue, so even its close may be answered late: leave it behind.
            if let number = consumer.channel { closeChannel(number, now: now) }
            answerFirst(id)
            effects.append(.unanswered(queue: consumer.spec.queue))
            let error = AMQPError(.timedOut, "the queue did not answer within \(settings.subscribeTimeout)")
            consumerChannelFailed(id, error, now: now)
        }
        let due = consumers.filter {
            if case .waiting(let until) = $0.value.phase { until <= now } else { false }
        }
        for id in due.keys.sorted() {
            waitingConsumers -= 1
            check(id, now: now)
        }
    }

    mutating func cancelled(_ id: ConsumerID, on number: UInt16, request: RequestID?, requeue: Bool, now: Instant) {
        consumers[id] = nil
        release(number, requeue: requeue, request: request, now: now)
    }

    /// Gives up a channel without a consumer: at once, or when what it delivered is settled.
    private mutating func release(_ number: UInt16, requeue: Bool, request: RequestID?, now: Instant) {
        if requeue || channels[number]?.unsettled.outstanding == 0 {
            flushAcknowledgements()
            closeChannel(number, request: request, now: now)
            return
        }
        channels[number]?.role = .lingering
        lingering.append(number)
        if let request { effects.append(.reply(request, .success(.done))) }
    }
}
