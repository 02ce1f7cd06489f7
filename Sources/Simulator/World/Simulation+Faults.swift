import BatonTestKit

@testable import Orchestrator

extension Simulation {
    /// Lets a timed fault happen.
    func strike(_ fault: Fault) {
        guard pendingFaults.remove(fault) != nil else { return }
        switch fault {
        case .diskFull(_, let seconds):
            process.store.failWrites(StoreError(.diskFull, "The simulated disk is full."))
            after(seconds, .diskFree)
        case .pause(_, let seconds):
            process.pausedUntil = now + seconds
            after(seconds, .resumed)
        case .clockJump(_, let seconds):
            clockError += seconds
        case .brokerRestart(_, let seconds):
            broker.disconnectAll()
            downFor(seconds)
        case .brokerWipe(_, let seconds):
            broker.wipe()
            downFor(seconds)
        case .queueDeleted(_, let index):
            guard broker.isUp else { return }
            broker.tasks[SimulatedBroker.taskQueues[index]] = nil
            after(0.5, .workersReconnect)
        case .connectionLost(_, let seconds): loseConnection(reconnectAfter: seconds)
        default: break
        }
    }

    private func downFor(_ seconds: Double) {
        guard broker.isUp else { return }
        broker.isUp = false
        loseConnection(reconnectAfter: nil)
        after(seconds, .brokerBack)
    }
}
