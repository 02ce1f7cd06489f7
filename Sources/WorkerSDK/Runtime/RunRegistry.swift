import Synchronization
import TaskProtocol

/// The tasks that are being worked on, by token.
final class RunRegistry<Transport: WorkerTransport, Clock: WorkerClock>: Sendable {
    typealias Run = TaskRun<Transport, Clock>

    private let runs = Mutex<[String: Run]>([:])

    /// - Returns: false where that task is being worked on already; its run has got the ticket.
    func start(_ run: Run) -> Bool {
        let running = runs.withLock { runs -> Run? in
            let token = run.message.token
            if let running = runs[token], running.offer(copy: run.ticket) { return running }
            runs[token] = run
            return nil
        }
        running?.carryOn()
        return running == nil
    }

    /// From now on another copy of the task starts anew.
    func end(_ run: Run) {
        runs.withLock { runs in
            let token = run.message.token
            if runs[token] === run { runs[token] = nil }
            // Under the lock, so that no copy gets in between.
            run.close()
        }
    }

    /// - Returns: whether the task is here.
    @discardableResult
    func cancel(_ token: String) -> Bool {
        guard let run = runs.withLock({ $0[token] }) else { return false }
        run.cancel()
        return true
    }

    func stopAll() { handle(.stop) }

    /// Gives back what is here.
    func abandonAll() { handle(.abandoned) }

    private func handle(_ event: TaskEvent<Transport.Ticket>) {
        for run in runs.withLock({ Array($0.values) }) { run.handle(event) }
    }

    var count: Int { runs.withLock { $0.count } }
}
