import Interpreter
import JSONValue
import Orchestrator

/// The orchestrator's side of the broker: what its adapter does.
extension Simulation {
    /// Looks for the queues. What is missing is created once the engine has written down what was lost with it.
    func connect() {
        guard process.core != nil, process.connection == nil, broker.isUp else { return }
        process.connections += 1
        let connection = process.connections
        process.connection = connection
        let names = Set(process.targets.map(SimulatedBroker.queue)).union([SimulatedBroker.activityQueue])
        let missing = names.filter { broker.tasks[$0] == nil }
        // Without the orchestrator's own queues anybody's answer may be lost.
        let isWiped = !broker.hasInboundQueues
        guard isWiped || !missing.isEmpty else { return connected(connection) }
        create(names, lost: isWiped ? names : missing, isWiped: isWiped) { $0.connected(connection) }
    }

    private func connected(_ connection: Int) {
        guard connection == process.connection else { return }
        submit([.brokerReady])
        submit([.brokerReady], .express)
        after(0.01, .consume(connection: connection))
    }

    private func create(
        _ names: Set<String>, lost: Set<String>, isWiped: Bool, then: @escaping (Simulation) -> Void
    ) {
        let queues = MissingQueues(targets: lost.sorted().map(SimulatedBroker.target), isWiped: isWiped)
        let inbox = Inbox(self)
        let connection = process.connection
        // Proof: engine, callbacks and simulation run on one thread.
        nonisolated(unsafe) let then = then
        submit([.missing(queues, create: {})], .express)
        submit([
            .missing(queues) {
                guard let simulation = inbox.simulation, connection != nil,
                    simulation.process.connection == connection, simulation.broker.isUp
                else { return }
                for name in names where simulation.broker.tasks[name] == nil {
                    simulation.broker.tasks[name] = .init()
                }
                simulation.broker.hasInboundQueues = true
                simulation.submit([.declared])
                simulation.submit([.declared], .express)
                then(simulation)
            }
        ])
    }

    /// The connection broke: what was unconfirmed is in doubt, what was unacknowledged comes again.
    ///
    /// - Parameter seconds: Nil while the broker is down: it is `brokerBack` that brings the next connection.
    func loseConnection(reconnectAfter seconds: Double?) {
        guard process.connection != nil else { return }
        process.connection = nil
        broker.releaseOrchestrator()
        broker.heldBack = []
        for lane in [Lane.standard, .express] {
            let doubtful = process[lane].unconfirmed.keys.sorted()
            process[lane].unconfirmed = [:]
            let unsent = process[lane].unsettled.sorted()
            process[lane].unsettled = []
            submit([.published(doubtful.map { ($0, .lost) }), .sendFailed(unsent), .brokerLost], lane)
        }
        if let seconds { after(seconds, .connect(life: process.life)) }
        for queue in SimulatedBroker.taskQueues { after(0.01, .take(queue: queue)) }
    }

    func declare(_ targets: [ScheduledTask.Target]) {
        process.targets.formUnion(targets)
        guard process.connection != nil, broker.isUp else { return }
        let missing = targets.map(SimulatedBroker.queue).filter { broker.tasks[$0] == nil && $0 != "function.unknown" }
        guard !missing.isEmpty, broker.hasInboundQueues else { return }
        create(Set(missing), lost: Set(missing), isWiped: false) { _ in }
    }

    func publish(_ row: TaskRow, _ lane: Lane) {
        guard let connection = process.connection, broker.isUp else {
            submit([.published([(row.key, .lost)])], lane)
            return
        }
        counters.tasks += 1
        let number = counters.tasks
        process[lane].unconfirmed[row.key] = row
        let message = TaskMessage(id: broker.newID(), row: row, queue: SimulatedBroker.queue(of: row.target))
        var delay = dice.seconds(0.001...0.02, "publish", UInt64(number))
        while let fault = takes({ $0.publishedTask == number }) {
            switch fault {
            case .publishLost: return loseConnection(reconnectAfter: 1)
            case .confirmLost:
                broker.tasks[message.queue]?.ready.append(message)
                after(0.01, .take(queue: message.queue))
                return loseConnection(reconnectAfter: 1)
            case .taskDelayed(_, let seconds): delay += seconds
            case .taskDoubled:
                let copy = TaskMessage(id: broker.newID(), row: row, queue: message.queue)
                after(delay + 0.5, .taskArrives(copy, connection: -1, lane))
            default: break
            }
        }
        transmit(.taskArrives(message, connection: connection, lane), delay)
    }

    /// Something that the orchestrator publishes; a broker that blocks publishers takes it later.
    private func transmit(_ happening: Happening, _ delay: Double) {
        if broker.blockedUntil > now { broker.heldBack.append(happening) } else { after(delay, happening) }
    }

    func unblock() {
        guard broker.blockedUntil <= now else { return }
        let messages = broker.heldBack
        broker.heldBack = []
        for message in messages { after(0.001, message) }
    }

    /// A task reaches its exchange, whatever became of who sent it.
    func arrive(_ message: TaskMessage, _ connection: Int, _ lane: Lane) {
        guard broker.isUp else { return }
        let result: PublishResult
        if broker.tasks[message.queue] != nil {
            broker.tasks[message.queue]?.ready.append(message)
            after(0.002, .take(queue: message.queue))
            result = .confirmed
            if connection == process.connection { process.targets.insert(message.row.target) }
        } else {
            result = .unroutable
        }
        after(0.003, .confirmed(message.row.key, result, connection: connection, lane))
    }

    func send(_ message: OutboxMessage, _ lane: Lane) {
        guard let connection = process.connection, broker.isUp else {
            submit([.sendFailed([message.number])], lane)
            return
        }
        process[lane].unsettled.insert(message.number)
        transmit(.replyArrives(message, connection: connection, lane), 0.01)
    }

    func arrive(_ message: OutboxMessage, _ connection: Int, _ lane: Lane) {
        guard broker.isUp else { return }
        if let index = message.correlationID.flatMap({ Int($0) }), clients.indices.contains(index) {
            if message.type == "failure", message.executionARN.isEmpty {
                clients[index].refused = true
            } else {
                clients[index].replied(message)
            }
        }
        guard connection == process.connection else { return }
        process[lane].unsettled.remove(message.number)
        submit([.sent([message.number])], lane)
    }

    /// Takes what waits for the orchestrator.
    func consume() {
        guard process.core != nil, process.connection != nil, broker.isUp else { return }
        var waiting = broker.inbound
        if broker.shuffles {
            waiting.sort { dice.number("shuffled", $0.id) < dice.number("shuffled", $1.id) }
        }
        broker.inbound = []
        var events: [EngineEvent] = []
        for (id, message) in waiting {
            broker.held[id] = message
            let delivery = BrokerDelivery(id: id, epoch: UInt64(process.connections))
            switch message {
            case .answer(let token, let kind):
                let answer = EngineEvent.answer(
                    TaskAnswer(token: token, kind: kind, worker: "w", delivery: delivery))
                if SimulatedBroker.lane(ofToken: token) == .express, process.express != nil {
                    submit([answer], .express)
                } else {
                    events.append(answer)
                }
            case .start(let index):
                events.append(.startMessage(startDelivery(index, delivery)))
            case .malformedStart:
                events.append(
                    .startMessage(
                        StartDelivery(
                            stateMachine: "machine0", name: "malformed", input: "{", reply: nil, traceHeader: nil,
                            delivery: delivery)))
            case .recreated(let queue):
                events.append(.recreated([SimulatedBroker.target(of: queue)], delivery))
                submit([.recreated([SimulatedBroker.target(of: queue)])], .express)
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
        guard !deliveries.isEmpty else { return }
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

extension Fault {
    /// The task, counted as it is published, that it concerns.
    fileprivate var publishedTask: Int? {
        switch self {
        case .publishLost(let message), .confirmLost(let message), .taskDelayed(let message, _),
            .taskDoubled(let message):
            message
        default: nil
        }
    }
}
