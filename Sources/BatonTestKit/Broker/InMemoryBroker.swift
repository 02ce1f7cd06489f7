package import Interpreter
import MemoryStore
package import Orchestrator
import Synchronization

/// A broker in memory that behaves as it is told: confirms or loses, forgets queues, comes and goes.
///
/// Nothing happens by itself: events go out during the call that causes them, on its thread, so a test that drives it
/// from one thread sees one order. Starts connected; `run` (or `attach`) reports `.ready`.
package final class InMemoryBroker: TaskBroker {
    /// What becomes of published tasks.
    package enum Confirms: Sendable {
        /// At once.
        case automatic
        /// When `settle` says so.
        case held
    }

    struct State {
        var events: (@Sendable (BrokerEvent) -> Void)?
        var isConnected = true
        var status: BrokerStatus = .connected(server: "in memory")
        var epoch: UInt64 = 1
        var lastDelivery: UInt64 = 0
        var confirms = Confirms.automatic
        /// What the next publishes come to, before `confirms` decides again.
        var scripted: [PublishResult] = []
        var declared: [QueueName: ScheduledTask.Target] = [:]
        var queues: [QueueName: [TaskRow]] = [:]
        /// Published and not yet settled.
        var unsettled: [TaskRow] = []
        /// Answers and starts that were delivered and neither acknowledged nor buried.
        var delivered: [UInt64: Delivered] = [:]
        /// Tasks taken over HTTP, until acknowledged.
        var taken: [UInt64: TaskRow] = [:]
        var waiting: [Waiter] = []
        var failsSends = false
        var record = BrokerRecord()
        var end: CheckedContinuation<Void, Never>?
    }

    enum Delivered {
        case answer(TaskAnswer)
        case start(StartDelivery)
    }

    struct Waiter {
        let id: UInt64
        let queue: QueueName
        let continuation: CheckedContinuation<TakenTask?, Never>
    }

    let state = Mutex(State())

    package init() {}

    // MARK: TaskBroker

    package func run(_ events: @escaping @Sendable (BrokerEvent) -> Void) async {
        attach(events)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.end = continuation }
                // Cancelled before the continuation was there: the handler found nothing to resume.
                if Task.isCancelled { end() }
            }
        } onCancel: {
            end()
        }
    }

    private func end() {
        let end = state.withLock { state in
            defer { state.end = nil }
            return state.end
        }
        end?.resume()
    }

    /// What `run` begins with, for tests that need no task.
    package func attach(_ events: @escaping @Sendable (BrokerEvent) -> Void) {
        let isConnected = state.withLock { state in
            state.events = events
            return state.isConnected
        }
        if isConnected { emit(.ready) }
    }

    package var status: BrokerStatus { state.withLock { $0.status } }

    package func declare(_ targets: [ScheduledTask.Target]) {
        state.withLock { state in
            for target in targets {
                state.declared[target.queue] = target
                if state.isConnected { state.queues[target.queue, default: []] += [] }
            }
        }
    }

    package func remove(_ target: ScheduledTask.Target) {
        state.withLock { state in
            state.declared[target.queue] = nil
            state.queues[target.queue] = nil
        }
    }

    package func publish(_ tasks: [TaskRow]) {
        let (results, handed) = state.withLock { state in
            var results: [(TaskKey, PublishResult)] = []
            for task in tasks {
                state.record.published.append(task)
                if state.isConnected, state.confirms == .held, state.scripted.isEmpty {
                    state.unsettled.append(task)
                } else {
                    results.append((task.key, state.settle(task, nil)))
                }
            }
            return (results, state.serveWaiters())
        }
        if !results.isEmpty { emit(.published(results)) }
        for (waiter, task) in handed { waiter.continuation.resume(returning: task) }
    }

    package func send(_ messages: [OutboxMessage]) {
        let numbers = messages.map(\.number)
        let succeeds = state.withLock { state in
            let succeeds = state.isConnected && !state.failsSends
            if succeeds { state.record.sent += messages }
            return succeeds
        }
        emit(succeeds ? .sent(numbers) : .sendFailed(numbers))
    }

    package func acknowledge(_ deliveries: [BrokerDelivery]) {
        state.withLock { state in
            for delivery in deliveries where delivery.epoch == state.epoch {
                state.delivered[delivery.id] = nil
                state.taken[delivery.id] = nil
                state.record.acknowledged += 1
            }
        }
    }

    package func giveBack(_ deliveries: [BrokerDelivery]) {
        let handed = state.withLock { state in
            for delivery in deliveries where delivery.epoch == state.epoch {
                if let task = state.taken.removeValue(forKey: delivery.id) {
                    state.queues[task.target.queue, default: []].insert(task, at: 0)
                }
                state.record.givenBack += 1
            }
            return state.serveWaiters()
        }
        for (waiter, task) in handed { waiter.continuation.resume(returning: task) }
    }

    package func bury(_ delivery: BrokerDelivery, reason: String) {
        state.withLock { state in
            guard delivery.epoch == state.epoch else { return }
            state.delivered[delivery.id] = nil
            state.record.buried.append(reason)
        }
    }

    package func cancel(tokens: [String]) { state.withLock { $0.record.cancelled += tokens } }

    package func announce(_ changes: [ExecutionAnnouncement]) { state.withLock { $0.record.announced += changes } }

    /// With a timeout, real time passes.
    package func take(activity name: String, timeout: Duration) async -> TakenTask? {
        let queue = QueueName(isFunction: false, name: TextKey(name))
        let id: UInt64
        switch state.withLock({ $0.takeOrRegister(queue) }) {
        case .task(let task): return task
        case .wait(let number): id = number
        }
        guard timeout > .zero else { return nil }
        return await withTaskGroup(of: TakenTask?.self) { group in
            group.addTask { await self.wait(id, for: queue) }
            group.addTask {
                try? await Task.sleep(for: timeout)
                self.expire(id)
                return nil
            }
            // The sleeper only ends the wait: what counts is what the waiter came to.
            var taken: TakenTask?
            for await result in group {
                if let result { taken = result }
                group.cancelAll()
            }
            return taken
        }
    }

    private func wait(_ id: UInt64, for queue: QueueName) async -> TakenTask? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let handed = state.withLock { state in
                    state.waiting.append(Waiter(id: id, queue: queue, continuation: continuation))
                    return state.serveWaiters()
                }
                for (waiter, task) in handed { waiter.continuation.resume(returning: task) }
                if Task.isCancelled { expire(id) }
            }
        } onCancel: {
            expire(id)
        }
    }

    private func expire(_ id: UInt64) {
        let waiter = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: nil)
    }

    package func queues() async -> [QueueStatistics]? {
        state.withLock { state in
            guard state.isConnected else { return nil }
            let sorted = state.queues.sorted { left, right in
                left.key.isFunction == right.key.isFunction
                    ? left.key.name < right.key.name : !left.key.isFunction
            }
            return sorted.map { QueueStatistics(name: $0.key.name.text, messages: $0.value.count, consumers: 0) }
        }
    }

    func emit(_ event: BrokerEvent) {
        let events = state.withLock { $0.events }
        events?(event)
    }
}

/// What a broker was asked to do, in order.
package struct BrokerRecord: Sendable {
    package var published: [TaskRow] = []
    package var sent: [OutboxMessage] = []
    package var cancelled: [String] = []
    package var announced: [ExecutionAnnouncement] = []
    /// The reasons.
    package var buried: [String] = []
    package var acknowledged = 0
    package var givenBack = 0
}

extension InMemoryBroker.State {
    enum TakeOutcome {
        case task(TakenTask)
        case wait(UInt64)
    }

    /// What a publish comes to; confirmed tasks are on their queue afterwards.
    mutating func settle(_ task: TaskRow, _ outcome: PublishResult?) -> PublishResult {
        let scripted = outcome ?? (isConnected && !scripted.isEmpty ? scripted.removeFirst() : nil)
        let result = scripted ?? (isConnected ? .confirmed : .lost)
        guard result == .confirmed else { return result }
        guard queues[task.target.queue] != nil else { return .unroutable }
        queues[task.target.queue]?.append(task)
        return .confirmed
    }

    mutating func takeOrRegister(_ queue: QueueName) -> TakeOutcome {
        if let task = take(queue) { return .task(task) }
        lastDelivery += 1
        return .wait(lastDelivery)
    }

    mutating func take(_ queue: QueueName) -> TakenTask? {
        guard isConnected, let task = queues[queue]?.first else { return nil }
        queues[queue]?.removeFirst()
        let delivery = nextDelivery()
        taken[delivery.id] = task
        return TakenTask(token: task.token, input: String(decoding: task.input, as: UTF8.self), delivery: delivery)
    }

    mutating func serveWaiters() -> [(InMemoryBroker.Waiter, TakenTask)] {
        var served: [(InMemoryBroker.Waiter, TakenTask)] = []
        var unserved: [InMemoryBroker.Waiter] = []
        for waiter in waiting {
            if let task = take(waiter.queue) {
                served.append((waiter, task))
            } else {
                unserved.append(waiter)
            }
        }
        waiting = unserved
        return served
    }

    mutating func nextDelivery() -> BrokerDelivery {
        lastDelivery += 1
        return BrokerDelivery(id: lastDelivery, epoch: epoch)
    }
}
