import AMQP
import JSONValue
import Synchronization
import TaskProtocol

/// Lines that end the worker's process, or its connection.
extension CheckBench {
    func killed() async throws -> CheckResult {
        guard plan.command != nil, let process else { return .notTried(.killed, "needs --command") }
        guard let input = slowInput(3) else { return .notTried(.killed, Self.needsSlowInput) }
        // One whose lease is over should not come back: it was acknowledged.
        var released: CheckTask?
        if memory.withLock({ $0.releasesLeases }), let lease = plan.lease, plan.inputs.areOurs,
            let long = slowInput(lease / .seconds(1) + 8)
        {
            let task = task(long, .pastTheLease)
            try await send(task)
            let token = task.token
            // Earlier heartbeats are allowed, and say nothing of the lease.
            let sent = task.sentAt
            await broker.log.wait(lease * 2) {
                $0.contains { $0.token == token && $0.kind == .heartbeat && $0.at - sent >= lease }
            }
            // Its confirm and the acknowledgement, also where the machine is busy.
            try await Task.sleep(for: .milliseconds(1_500))
            released = task
        }
        let task = task(input, .killed)
        try await send(task)
        // Behind a long one it may have to wait in the queue, where the worker takes one at a time.
        let isTaken = await isTaken(task, within: released == nil ? .seconds(5) : .seconds(2))
        guard isTaken || released != nil else {
            return .miss(.killed, "the task was not taken within 5 s", "Is the worker still busy?")
        }
        if isTaken { try await Task.sleep(for: .milliseconds(500)) }
        process.killAll()
        await process.waitForEnd()
        let alone = await eventually(.seconds(5)) { await self.broker.look()?.consumers == 0 }
        try await Task.sleep(for: .milliseconds(300))
        let waiting = await broker.look()?.waiting
        memory.withLock {
            $0.acknowledged = Self.acknowledged(waiting: alone ? waiting : nil, released: released != nil)
        }

        if let problem = try await startWorker() {
            return .miss(.killed, "started again, \(problem)", "A worker has to start whatever waits on its queue.")
        }
        let heard = await answer(to: task, within: plan.patience + .seconds(5))
        guard heard?.kind == .success else {
            return .miss(
                .killed, "after the start: \(describe(task))",
                "Acknowledge after the answer's confirm, never at delivery (no auto-ack): the broker gives the task to the "
                    + "next worker only while it is unacknowledged.")
        }
        return .pass(.killed, "killed at a task; it was done by the next process")
    }

    /// - Parameter waiting: what the killed worker left on the queue; nil where that cannot be told.
    private static func acknowledged(waiting: Int?, released: Bool) -> CheckResult {
        guard let waiting else {
            return .notTried(.acknowledged, "others consume the queue: what is on it says nothing about one worker")
        }
        switch waiting {
        case ...1: return .pass(.acknowledged, "of all that was answered nothing came back")
        case 2 where released:
            return .miss(
                .acknowledged, "a task whose lease was over came back",
                "Acknowledge it at the lease, after the heartbeat's confirm: from then on heartbeats alone keep it.")
        default:
            return .miss(
                .acknowledged, "\(waiting - 1) tasks came back that were answered, cancelled, or past their lease",
                "Acknowledge each task once its answer is confirmed; a cancelled one at once.")
        }
    }

    func acknowledged() -> CheckResult {
        memory.withLock { $0.acknowledged }
            ?? .notTried(.acknowledged, "is seen when the worker is killed: needs --command")
    }

    func brokerRestart() async throws -> CheckResult {
        guard let restart = plan.restartBroker else {
            return .notTried(.brokerRestart, "needs --restart-broker COMMAND")
        }
        guard let input = slowInput(3) else { return .notTried(.brokerRestart, Self.needsSlowInput) }
        let task = task(input, .brokerRestart)
        try await send(task)
        _ = await isTaken(task)
        try await Task.sleep(for: .milliseconds(300))
        let command = try WorkerProcess(restart, environment: [:], log: plan.workerLog)
        guard await command.waitForEnd(.seconds(180)), command.status == 0 else {
            command.killAll()
            throw CheckError(
                description: "--restart-broker '\(restart)' ended \(command.ending ?? "not within three minutes")")
        }
        guard await eventually(.seconds(60), { broker.connection.status.isUsable }) else {
            throw CheckError(description: "the broker is not back after '\(restart)'")
        }
        let heard = await answer(to: task, within: .seconds(45))
        guard heard?.kind == .success else {
            return .miss(
                .brokerRestart, describe(task),
                "Connect again when the connection is lost, for ever, with a pause that grows to some seconds; declare, "
                    + "bind and consume anew. An answer that was not confirmed is sent again.")
        }
        guard try await stillWorks(.brokerRestart) else {
            return .miss(.brokerRestart, "nothing was answered after it", "Consume again after connecting again.")
        }
        return .pass(.brokerRestart, "back, and its task was answered")
    }

    func drain() async throws -> CheckResult {
        guard let input = slowInput(2), let second = succeedingInput else {
            return .notTried(.drain, Self.needsSlowInput + " and --input FILE")
        }
        guard let pid = process?.pid ?? plan.pid else { return .notTried(.drain, "needs --command or --pid") }
        // Before a task is sent: nobody would hear its answer, and the worker would keep it.
        guard isOurs(pid) else { return .notTried(.drain, "there is no process \(pid), or it is not ours to end") }
        let running = task(input, .drain)
        try await send(running)
        guard await isTaken(running) else {
            return .miss(.drain, "the task was not taken within 5 s", "Is the worker still busy?")
        }
        try await Task.sleep(for: .milliseconds(500))
        let signalled = ContinuousClock.now
        terminate(pid)
        try await Task.sleep(for: .milliseconds(500))
        let later = task(second, .drain)
        try await send(later)
        let hasEnded =
            if let process { await process.waitForEnd(plan.drain) } else {
                await eventually(plan.drain) { !isAlive(pid) }
            }
        let took = ContinuousClock.now - signalled
        try await Task.sleep(for: .milliseconds(300))
        let wasAnswered = finals(of: running).first?.kind == .success
        let laterWasAnswered = !finals(of: later).isEmpty
        let left = await broker.look()?.waiting
        let ending = process?.ending
        if !isShared { await broker.sweep() }
        guard hasEnded else {
            return .miss(.drain, "still there \(took.text) after SIGTERM", "End once what runs is answered.")
        }
        guard wasAnswered else {
            return .miss(
                .drain,
                "ended \(ending.map { "\($0) " } ?? "")\(took.text) after SIGTERM without answering what it worked on",
                "On SIGTERM stop consuming (basic.cancel), finish and answer what runs, acknowledge, then end.")
        }
        if !isShared, !laterWasAnswered, left == 0 {
            return .miss(
                .drain, "a task that came after SIGTERM is lost",
                "Cancel the consumer first; what was delivered all the same stays unacknowledged, and goes back.")
        }
        if laterWasAnswered, !isShared {
            return .note(
                .drain, "answered, but also a task that came after SIGTERM", "Stop consuming when the signal comes.")
        }
        if let ending, ending != "with status 0" {
            return .note(
                .drain, "answered, then ended \(ending)", "Supervisors take a status other than 0 for a crash.")
        }
        return .pass(.drain, "answered what it worked on, and ended \(took.text) after SIGTERM")
    }
}
