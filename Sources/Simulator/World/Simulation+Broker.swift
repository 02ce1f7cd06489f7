import Interpreter
import JSONValue

@testable import Orchestrator

/// The orchestrator's side of the broker: what its adapter does.
extension Simulation {
    /// Declares the topology, tells the engine what was lost, and begins to consume.
    func connect() {
        guard process.core != nil, process.connection == nil else { return }
        guard broker.isUp else { return }
        process.connections += 1
        process.connection = process.connections
        let names = Set(process.targets.map(SimulatedBroker.queue)).union([SimulatedBroker.activityQueue])
        var lost = names.filter { broker.tasks[$0] == nil }
        for name in lost { broker.tasks[name] = .init() }
        if !broker.hasInboundQueues {
            broker.hasInboundQueues = true
            lost = names
        }
        var events: [EngineEvent] = []
        if !lost.isEmpty { events.append(.recreated(lost.sorted().map(SimulatedBroker.target))) }
        submit(events + [.brokerReady])
        after(0.01, .consume(connection: process.connections))
    }

    /// The connection broke: what was unconfirmed is in doubt, what was unacknowledged comes again.
    ///
    /// - Parameter seconds: Nil while the broker is down: it is `brokerBack` that brings the next connection.
    func loseConnection(reconnectAfter seconds: Double?) {
        guard process.connection != nil else { return }
        process.connection = nil
        broker.releaseOrchestrator()
        let doubtful = process.unconfirmed.keys.sorted()
        process.unconfirmed = [:]
        submit([.published(doubtful.map { ($0, .lost) }), .brokerLost])
        if let seconds { after(seconds, .connect(life: process.life)) }
        for queue in SimulatedBroker.taskQueues { after(0.01, .take(queue: queue)) }
    }

    func declare(_ targets: [ScheduledTask.Target]) {
        process.targets.formUnion(targets)
        guard process.connection != nil, broker.isUp else { return }
        let missing = targets.map(SimulatedBroker.queue).filter { broker.tasks[$0] == nil && $0 != "function.unknown" }
        for queue in missing { broker.tasks[queue] = .init() }
        if !missing.isEmpty { submit([.recreated(missing.map(SimulatedBroker.target))]) }
    }

    func publish(_ row: TaskRow) {
        guard let connection = process.connection, broker.isUp else {
            submit([.published([(row.key, .lost)])])
            return
        }
        counters.tasks += 1
        let number = counters.tasks
        process.unconfirmed[row.key] = row
        let message = TaskMessage(id: broker.newID(), row: row, queue: SimulatedBroker.queue(of: row.target))
        var delay = dice.seconds(0.001...0.02, "publish", UInt64(number))
        for fault in pendingFaults {
            switch fault {
            case .publishLost(number):
                loseConnection(reconnectAfter: 1)
                pendingFaults.remove(fault)
                return
            case .confirmLost(number):
                broker.tasks[message.queue]?.ready.append(message)
                after(0.01, .take(queue: message.queue))
                loseConnection(reconnectAfter: 1)
                pendingFaults.remove(fault)
                return
            case .taskDelayed(number, let seconds): delay += seconds
            case .taskDoubled(number):
                let copy = TaskMessage(id: broker.newID(), row: row, queue: message.queue)
                after(delay + 0.5, .taskArrives(copy, connection: -1))
            default: continue
            }
            pendingFaults.remove(fault)
        }
        after(delay, .taskArrives(message, connection: connection))
    }

    /// A task reaches its exchange, whatever became of who sent it.
    func arrive(_ message: TaskMessage, _ connection: Int) {
        guard broker.isUp else { return }
        let result: PublishResult
        if broker.tasks[message.queue] != nil {
            broker.tasks[message.queue]?.ready.append(message)
            after(0.002, .take(queue: message.queue))
            result = .confirmed
        } else {
            result = .unroutable
        }
        after(0.003, .confirmed(message.row.key, result, connection: connection))
    }

    func send(_ message: OutboxMessage) {
        guard let connection = process.connection, broker.isUp else {
            submit([.sendFailed([message.number])])
            return
        }
        after(0.01, .replyArrives(message, connection: connection))
    }

    func arrive(_ message: OutboxMessage, _ connection: Int) {
        guard broker.isUp else { return }
        if let index = message.correlationID.flatMap({ Int($0) }), clients.indices.contains(index) {
            clients[index].replies += 1
            if message.type == "failure", message.executionARN.isEmpty { clients[index].refused = true }
        }
        if connection == process.connection { submit([.sent([message.number])]) }
    }

    /// Takes what waits for the orchestrator.
    func consume() {
        guard process.core != nil, process.connection != nil, broker.isUp else { return }
        let waiting = broker.inbound
        broker.inbound = []
        var events: [EngineEvent] = []
        for (id, message) in waiting {
            broker.held[id] = message
            let delivery = BrokerDelivery(id: id, epoch: UInt64(process.connections))
            switch message {
            case .answer(let token, let kind):
                events.append(.answer(TaskAnswer(token: token, kind: kind, worker: "w", delivery: delivery)))
            case .start(let index):
                events.append(.startMessage(startDelivery(index, delivery)))
            case .recreated(let queue):
                events.append(.recreated([SimulatedBroker.target(of: queue)]))
                broker.held[id] = nil
            }
        }
        submit(events)
    }

    func acknowledge(_ deliveries: [BrokerDelivery]) {
        for delivery in deliveries where delivery.epoch == UInt64(process.connections) && process.connection != nil {
            broker.held[delivery.id] = nil
            broker.taken[delivery.id] = nil
        }
    }

    func giveBack(_ deliveries: [BrokerDelivery]) {
        for delivery in deliveries where delivery.epoch == UInt64(process.connections) && process.connection != nil {
            if let message = broker.held.removeValue(forKey: delivery.id) {
                broker.inbound.append((delivery.id, message))
            }
            if let message = broker.taken.removeValue(forKey: delivery.id) {
                broker.tasks[message.queue]?.ready.append(message)
                after(0.01, .take(queue: message.queue))
            }
        }
        if let connection = process.connection { after(0.01, .consume(connection: connection)) }
    }

    /// Something for the orchestrator reaches the broker.
    func enqueueInbound(_ message: SimulatedBroker.Inbound) {
        broker.inbound.append((broker.newID(), message))
        if let connection = process.connection { after(0.002, .consume(connection: connection)) }
    }
}
