package import Interpreter
import MemoryStore
package import Orchestrator
import Synchronization

// What tests do to the broker, and what workers do with it.
extension InMemoryBroker {
    package var record: BrokerRecord { state.withLock { $0.record } }

    // MARK: Confirms

    package func setConfirms(_ confirms: Confirms) { state.withLock { $0.confirms = confirms } }

    /// The next publishes come to these results, whatever else holds.
    package func scriptPublishes(_ results: [PublishResult]) { state.withLock { $0.scripted += results } }

    /// Published tasks whose outcome is held back.
    package var unsettled: [TaskRow] { state.withLock { $0.unsettled } }

    /// Settles held publishes, oldest first: as many as said, or all. A result of nil is what a sound broker would
    /// say.
    package func settle(_ count: Int? = nil, as result: PublishResult? = nil) {
        let (results, handed) = state.withLock { state in
            let settled = state.unsettled.prefix(count ?? state.unsettled.count)
            state.unsettled.removeFirst(settled.count)
            let results = settled.map { ($0.key, state.settle($0, result)) }
            return (results, state.serveWaiters())
        }
        if !results.isEmpty { emit(.published(results)) }
        for (waiter, task) in handed { waiter.continuation.resume(returning: task) }
    }

    /// While set, replies do not get through.
    package func setFailsSends(_ fails: Bool) { state.withLock { $0.failsSends = fails } }

    // MARK: Connection

    /// The connection breaks: held publishes are lost (but arrived, when `arrived` says so), and what was delivered
    /// and not acknowledged comes again after `connect`.
    package func disconnect(reason: String = "connection lost", held arrived: Bool = false) {
        let lost = state.withLock { state in
            let lost = state.unsettled
            state.unsettled = []
            if arrived { for task in lost { _ = state.settle(task, .confirmed) } }
            for (_, task) in state.taken.sorted(by: { $0.key > $1.key }) {
                state.queues[task.target.queue, default: []].insert(task, at: 0)
            }
            state.taken = [:]
            state.isConnected = false
            state.status = .connecting(lastError: reason)
            return lost
        }
        if !lost.isEmpty { emit(.published(lost.map { ($0.key, .lost) })) }
        emit(.disconnected(reason: reason))
    }

    /// Connects again: missing queues are reported, and created anew when they may be; then deliveries are repeated.
    package func connect() {
        let missing = state.withLock { state in
            state.declared.filter { state.queues[$0.key] == nil }.sorted { $0.key.name < $1.key.name }.map(\.value)
        }
        guard !missing.isEmpty else { return becomeReady() }
        emit(.missing(MissingQueues(targets: missing), create: { [weak self] in self?.becomeReady() }))
    }

    private func becomeReady() {
        let deliveries = state.withLock { state in
            state.isConnected = true
            state.status = .connected(server: "in memory")
            state.epoch += 1
            for queue in state.declared.keys where state.queues[queue] == nil { state.queues[queue] = [] }
            return state.delivered.sorted { $0.key < $1.key }.map { state.redeliver($0.key, $0.value) }
        }
        emit(.ready)
        emit(deliveries)
    }

    /// The queue is gone, with what it held. It is noticed at the next `connect`, or with `notice` at once.
    package func deleteQueue(_ target: ScheduledTask.Target, notice: Bool = false) {
        state.withLock { $0.queues[target.queue] = nil }
        guard notice else { return }
        declare([target])
        emit(.recreated([target], nil))
    }

    /// Every queue is gone.
    package func wipe() { state.withLock { $0.queues = [:] } }

    /// Delivers again what was given back, or never acknowledged.
    package func redeliver() {
        emit(
            state.withLock { state in
                state.delivered.sorted { $0.key < $1.key }.map { state.redeliver($0.key, $0.value) }
            })
    }

    /// Answers and starts that were delivered and neither acknowledged nor buried.
    package var unacknowledged: Int { state.withLock { $0.delivered.count } }

    // MARK: Workers

    /// The tasks that wait on a target's queue; nil where there is no queue.
    package func waiting(on target: ScheduledTask.Target) -> [TaskRow]? { state.withLock { $0.queues[target.queue] } }

    /// Takes the oldest task off a queue, as a worker does.
    package func receive(_ target: ScheduledTask.Target) -> TaskRow? {
        state.withLock { state in
            guard state.isConnected, let task = state.queues[target.queue]?.first else { return nil }
            state.queues[target.queue]?.removeFirst()
            return task
        }
    }

    /// Sends an answer for a token.
    package func answer(_ token: String, _ kind: TaskAnswer.Kind, worker: String? = nil) {
        let answer = state.withLock { state in
            let delivery = state.nextDelivery()
            let answer = TaskAnswer(token: token, kind: kind, worker: worker, delivery: delivery)
            state.delivered[delivery.id] = .answer(answer)
            return answer
        }
        emit(.answers([answer]))
    }

    /// Takes every task that waits now off its queue and answers it, in one event; a nil answer leaves it with a
    /// worker that stays silent. Returns how many were taken.
    @discardableResult
    package func answerAll(worker: String? = nil, _ respond: (TaskRow) -> TaskAnswer.Kind?) -> Int {
        let tasks = state.withLock { state in
            guard state.isConnected else { return [TaskRow]() }
            let tasks = state.queues.values.joined().sorted { $0.key < $1.key }
            for queue in state.queues.keys { state.queues[queue] = [] }
            return tasks
        }
        let kinds = tasks.map { ($0.token, respond($0)) }
        let answers: [TaskAnswer] = state.withLock { state in
            var answers: [TaskAnswer] = []
            for case (let token, let kind?) in kinds {
                let delivery = state.nextDelivery()
                let answer = TaskAnswer(token: token, kind: kind, worker: worker, delivery: delivery)
                state.delivered[delivery.id] = .answer(answer)
                answers.append(answer)
            }
            return answers
        }
        if !answers.isEmpty { emit(.answers(answers)) }
        return tasks.count
    }

    /// Sends a message that asks for an execution.
    package func start(
        _ stateMachine: String, name: String? = nil, input: String = "{}",
        reply: ExecutionRecord.ReplyAddress? = nil
    ) {
        let start = state.withLock { state in
            let delivery = state.nextDelivery()
            let start = StartDelivery(
                stateMachine: stateMachine, name: name, input: input, reply: reply, traceHeader: nil,
                delivery: delivery)
            state.delivered[delivery.id] = .start(start)
            return start
        }
        emit(.starts([start]))
    }

    /// Ends the waits of those who take tasks over HTTP, as if their time had come.
    package func expireTakes() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(returning: nil) }
    }

    private func emit(_ deliveries: [Delivered]) {
        for delivery in deliveries {
            switch delivery {
            case .answer(let answer): emit(.answers([answer]))
            case .start(let start): emit(.starts([start]))
            }
        }
    }
}

extension InMemoryBroker.State {
    /// The same message under a new delivery.
    mutating func redeliver(_ id: UInt64, _ message: InMemoryBroker.Delivered) -> InMemoryBroker.Delivered {
        let delivery = nextDelivery()
        delivered[id] = nil
        var message = message
        switch message {
        case .answer(var answer):
            answer.delivery = delivery
            message = .answer(answer)
        case .start(var start):
            start.delivery = delivery
            message = .start(start)
        }
        delivered[delivery.id] = message
        return message
    }
}
