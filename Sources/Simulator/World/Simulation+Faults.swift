import BatonTestKit
import Orchestrator

extension Simulation {
    /// Lets a timed fault happen.
    func strike(_ fault: Fault) {
        guard takes({ $0 == fault }) != nil else { return }
        switch fault {
        case .diskFull(_, let seconds):
            process.store.failWrites(StoreError(.diskFull, "The simulated disk is full."))
            after(seconds, .diskFree)
        case .pause(_, let seconds):
            process.pausedUntil = max(process.pausedUntil, now + seconds)
            after(seconds, .resumed)
            // RabbitMQ gives a client up that is silent for two heartbeats.
            if seconds > 15 { loseConnection(reconnectAfter: seconds + 0.5) }
        case .clockJump(_, let seconds):
            clockError += seconds
            process[.standard].alarmAt = nil
            process[.express].alarmAt = nil
            submit([.wake], .standard)
            submit([.wake], .express)
        case .brokerRestart(_, let seconds):
            guard broker.isUp else { return }
            broker.disconnectAll()
            downFor(seconds)
        case .brokerWipe(_, let seconds):
            for queue in SimulatedBroker.taskQueues { dropSome(of: queue) }
            broker.wipe()
            downFor(seconds)
        case .queueDeleted(_, let index):
            guard broker.isUp else { return }
            dropSome(of: SimulatedBroker.taskQueues[index])
            broker.tasks[SimulatedBroker.taskQueues[index]] = nil
            after(0.5, .workersReconnect)
        case .inboxDeleted:
            guard broker.isUp else { return }
            // The consumer is told, and connects anew.
            broker.hasInboundQueues = false
            loseConnection(reconnectAfter: 1)
            broker.inbound = []
        case .connectionLost(_, let seconds): loseConnection(reconnectAfter: seconds)
        case .publishersBlocked(_, let seconds):
            broker.blockedUntil = max(broker.blockedUntil, now + seconds)
            after(seconds, .publishersFree)
        case .deliveriesShuffled:
            broker.inbound.sort { dice.number("shuffled", $0.id) < dice.number("shuffled", $1.id) }
            broker.shuffles = true
        default: break
        }
    }

    /// Workers whose queue goes may drop what they had of it, or finish it and answer.
    private func dropSome(of queue: String) {
        for id in broker.tasks[queue]?.unacknowledged.keys.sorted() ?? []
        where dice.chance(50, "dropped with its queue", id) { broker.dropped.insert(id) }
    }

    private func downFor(_ seconds: Double) {
        guard broker.isUp else { return }
        broker.isUp = false
        broker.blockedUntil = 0
        loseConnection(reconnectAfter: nil)
        after(seconds, .brokerBack)
    }
}
