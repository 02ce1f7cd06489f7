import DequeModule

/// Questions to the broker about its topology, one after the other, so that an error that closes the channel is always
/// the answer to the one question that is open.
struct Lane: Sendable {
    enum Step: Sendable, Hashable {
        case exchange(Topology.Exchange)
        /// Whether it exists; the declaration that follows cannot tell.
        case check(Topology.Queue)
        case queue(Topology.Queue)
        /// What is missing is told, and not created before the answer is there.
        case gate
        case bind(Topology.Binding)
        case delete(String)
        case purge(String)
        case inspect(String)
        /// Whether it exists: a get that fails would close the channel that unacknowledged messages hang on.
        case checkBeforeGet(String)
        case get(String)
    }

    enum Purpose: Sendable, Hashable {
        /// The whole topology, at the start.
        case recovery
        /// The whole topology again, as the broker refused a part of it.
        case retry
        /// The whole topology, as the publish channel failed.
        case repair
        /// One queue, as its consumer lost it.
        case resubscribe(ConsumerID)
        case request(RequestID)
    }

    struct Job: Sendable {
        var purpose: Purpose
        var steps: Deque<Step>
        var isMissing = false
        /// Queues that wait at the gate, and those that were let through.
        var absent: [Topology.Queue] = []
        var admitted: Set<String> = []
        var declared: [QueueDeclared] = []
        var created: [String] = []
        var error: AMQPError?
        var reply: Reply?
    }

    enum Answer: Sendable {
        case method(Method)
        case delivery(Delivery)
    }

    var jobs: Deque<Job> = []
    var isRecovered = false
    /// Whether the first step of the first job has been sent.
    var isAsking = false
    /// The gate before which the first job waits, and the number of the last one.
    var gate: GateID?
    var lastGate: GateID = 0

    /// The queue of the basic.get that is being answered.
    var queueOfGet: String {
        if case .get(let queue)? = jobs.first?.steps.first { queue } else { "" }
    }

    static func steps(for topology: Topology) -> Deque<Step> {
        var steps: Deque<Step> = []
        for exchange in topology.exchanges { steps.append(.exchange(exchange)) }
        for queue in topology.queues {
            steps.append(.check(queue))
            steps.append(.queue(queue))
        }
        steps.append(.gate)
        for binding in topology.bindings { steps.append(.bind(binding)) }
        return steps
    }

    /// What one queue needs.
    static func steps(for queue: Topology.Queue, in topology: Topology) -> Deque<Step> {
        let bindings = topology.bindings.filter { $0.queue == queue.name }
        let exchanges = topology.exchanges.filter { exchange in bindings.contains { $0.exchange == exchange.name } }
        return steps(for: Topology(exchanges: exchanges, queues: [queue], bindings: bindings))
    }

    /// Whether the method answers the open question.
    func accepts(_ method: Method) -> Bool {
        switch (jobs.first?.steps.first, method) {
        case (.exchange, .exchangeDeclareOk), (.bind, .queueBindOk), (.delete, .queueDeleteOk),
            (.purge, .queuePurgeOk), (.check, .queueDeclareOk), (.queue, .queueDeclareOk),
            (.inspect, .queueDeclareOk), (.checkBeforeGet, .queueDeclareOk), (.get, .getEmpty):
            true
        default: false
        }
    }

    mutating func abandonAll() -> [RequestID] {
        defer { jobs = [] }
        return jobs.compactMap { if case .request(let id) = $0.purpose { id } else { nil } }
    }
}

extension Session {
    // MARK: Requests

    mutating func declare(_ id: RequestID, _ addition: Topology, now: Instant) {
        topology.merge(addition)
        startJob(.request(id), Lane.steps(for: addition), reply: .declared([]), now: now)
    }

    mutating func delete(_ id: RequestID, queue: String, now: Instant) {
        topology.remove(queue: queue)
        startJob(.request(id), [.delete(queue)], now: now)
    }

    mutating func purge(_ id: RequestID, queue: String, now: Instant) {
        startJob(.request(id), [.purge(queue)], now: now)
    }

    mutating func inspect(_ id: RequestID, queue: String, now: Instant) {
        startJob(.request(id), [.inspect(queue)], now: now)
    }

    mutating func get(_ id: RequestID, queue: String, now: Instant) {
        startJob(.request(id), [.checkBeforeGet(queue), .get(queue)], now: now)
    }

    // MARK: Jobs

    mutating func startJob(_ purpose: Lane.Purpose, _ steps: Deque<Lane.Step>, reply: Reply = .done, now: Instant) {
        lane.jobs.append(Lane.Job(purpose: purpose, steps: steps, reply: reply))
        ask(now: now)
    }

    /// Sends the next question, unless one is open.
    private mutating func ask(now: Instant) {
        while !lane.isAsking, !isEnded, let job = lane.jobs.first {
            guard let step = job.steps.first else {
                lane.jobs.removeFirst()
                finish(job, now: now)
                continue
            }
            if case .gate = step {
                lane.jobs[0].steps.removeFirst()
                guard !job.absent.isEmpty else { continue }
                lane.lastGate += 1
                lane.gate = lane.lastGate
                lane.isAsking = true
                effects.append(.missing(lane.lastGate, queues: job.absent.map(\.name)))
                return
            }
            guard let (number, method) = question(step) else { return }
            if channels[number] == nil { openChannel(number, .lane, now: now) }
            lane.isAsking = true
            send(method, on: number, expecting: .lane, now: now)
        }
    }

    /// What is missing may be created now. A gate that is not there any more is ignored.
    mutating func open(gate: GateID, now: Instant) {
        guard lane.gate == gate, !lane.jobs.isEmpty else { return }
        lane.gate = nil
        lane.isAsking = false
        let absent = lane.jobs[0].absent
        lane.jobs[0].absent = []
        lane.jobs[0].admitted.formUnion(absent.map(\.name))
        lane.jobs[0].steps.prepend(contentsOf: absent.map { .queue($0) })
        ask(now: now)
    }

    /// Nil for what is not the broker's to answer.
    private func question(_ step: Lane.Step) -> (UInt16, Method)? {
        switch step {
        case .gate: nil
        case .exchange(let exchange): (ChannelNumber.control, .exchangeDeclare(exchange))
        case .check(let queue): (ChannelNumber.scratch, .queueDeclare(.init(queue.name), passive: true))
        case .queue(let queue): (ChannelNumber.control, .queueDeclare(queue, passive: false))
        case .bind(let binding): (ChannelNumber.control, .queueBind(binding))
        case .delete(let name): (ChannelNumber.control, .queueDelete(name))
        case .purge(let name): (ChannelNumber.control, .queuePurge(name))
        case .inspect(let name), .checkBeforeGet(let name):
            (ChannelNumber.scratch, .queueDeclare(.init(name), passive: true))
        case .get(let name): (ChannelNumber.get, .get(queue: name))
        }
    }

    mutating func laneAnswered(_ answer: Result<Lane.Answer, AMQPError>, now: Instant) {
        lane.isAsking = false
        guard !lane.jobs.isEmpty, let step = lane.jobs[0].steps.popFirst() else { return }
        switch answer {
        case .success(.method(let method)): lane.jobs[0].advance(step, method)
        case .success(.delivery(let delivery)): lane.jobs[0].reply = .delivery(delivery)
        case .failure(let error) where settings.acceptsForeignTopology && lane.jobs[0].canDoWithout(step, error): break
        case .failure(let error): lane.jobs[0].fail(step, error, tellsWhatIsMissing: settings.tellsWhatIsMissing)
        }
        ask(now: now)
    }

    private mutating func finish(_ job: Lane.Job, now: Instant) {
        switch job.purpose {
        case .request(let id):
            if let error = job.error {
                effects.append(.reply(id, .failure(error)))
            } else if case .declared = job.reply {
                effects.append(.reply(id, .success(.declared(job.declared))))
            } else {
                effects.append(.reply(id, .success(job.reply ?? .done)))
            }
            return
        case .recovery:
            effects.append(.topologyRecovered(createdAnew: job.created))
            lane.isRecovered = true
            becomeReadyIfComplete(now: now)
        case .retry, .repair, .resubscribe:
            if !job.created.isEmpty { effects.append(.topologyRecovered(createdAnew: job.created)) }
        }
        switch job.purpose {
        case .resubscribe(let id): subscribe(id, now: now)
        case .repair: openPublishChannel(now: now)
        default: break
        }
        if let error = job.error {
            effects.append(.warning("a part of the topology could not be declared: \(error)"))
            if topologyRetry == nil {
                topologyRetry = now + settings.retryDelay(afterFailures: topologyFailures + 3)
                topologyFailures += 1
            }
        } else if job.purpose == .recovery || job.purpose == .retry {
            topologyFailures = 0
        }
    }
}

extension Lane.Job {
    fileprivate mutating func advance(_ step: Lane.Step, _ answer: Method) {
        switch (step, answer) {
        case (.queue(let queue), .queueDeclareOk(let name, let messages, let consumers)):
            let isNew = isMissing || admitted.contains(name)
            declared.append(
                QueueDeclared(
                    name: name, messageCount: Int(messages), consumerCount: Int(consumers), createdAnew: isNew))
            if isNew, !queue.exclusive { created.append(name) }
            isMissing = false
        case (.inspect, .queueDeclareOk(let name, let messages, let consumers)):
            reply = .inspected(
                QueueDeclared(name: name, messageCount: Int(messages), consumerCount: Int(consumers)))
        case (.purge, .queuePurgeOk(let messages)): reply = .count(Int(messages))
        case (.get, .getEmpty): reply = .delivery(nil)
        default: break
        }
    }

    /// Whether others have declared what this user may not declare. Of exchanges and bindings nobody can be asked.
    fileprivate mutating func canDoWithout(_ step: Lane.Step, _ failure: AMQPError) -> Bool {
        guard failure.isAccessRefused else { return false }
        switch step {
        case .exchange, .bind: return true
        case .queue(let queue) where !isMissing && !admitted.contains(queue.name):
            declared.append(QueueDeclared(name: queue.name, messageCount: 0, consumerCount: 0))
            return true
        default: return false
        }
    }

    fileprivate mutating func fail(_ step: Lane.Step, _ failure: AMQPError, tellsWhatIsMissing: Bool) {
        switch step {
        case .check(let queue):
            // Whatever else is wrong with the queue, its declaration will tell.
            isMissing = failure.isNotFound
            if isMissing, tellsWhatIsMissing, !queue.exclusive, steps.first == .queue(queue) {
                isMissing = false
                steps.removeFirst()
                absent.append(queue)
            }
            return
        case .inspect where failure.isNotFound:
            reply = .inspected(nil)
            return
        case .delete where failure.isNotFound: return
        case .queue(let queue):
            isMissing = false
            steps.removeAll { if case .bind(let binding) = $0 { binding.queue == queue.name } else { false } }
        case .exchange(let exchange):
            steps.removeAll { if case .bind(let binding) = $0 { binding.exchange == exchange.name } else { false } }
        case .checkBeforeGet: steps.removeAll()
        case .inspect, .delete, .purge, .bind, .get, .gate: break
        }
        if error == nil { error = failure }
    }
}
