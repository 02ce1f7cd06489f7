import AMQP
import JSONValue
import Synchronization
import TaskProtocol

/// Lines in which it matters when something is said.
extension CheckBench {
    func doubledDelivery() async throws -> CheckResult {
        guard let input = succeedingInput else { return .notTried(.doubledDelivery, Self.needsInput) }
        let task = task(input, .doubledDelivery)
        try await send(task)
        try await send(task)
        guard let first = await answer(to: task), first.kind == .success else {
            return .miss(.doubledDelivery, describe(task), "Answer at least one of the copies.")
        }
        // One that comes when its answer is given already.
        try await send(task)
        _ = await eventually(plan.patience) { await self.broker.look()?.waiting == 0 }
        try? await Task.sleep(for: .seconds(1))
        let finals = finals(of: task)
        guard finals.allSatisfy({ $0.kind == .success }) else {
            return .note(
                .doubledDelivery, "the first copy succeeded, another failed",
                "The first answer counts, so this does no harm after it; but the copies may come in any order.")
        }
        let outputs = Set(finals.compactMap { $0.message?.json }.map(EquivalentJSON.init))
        guard outputs.count <= 1 else {
            return .note(
                .doubledDelivery, "\(finals.count) answers with different outputs",
                "Remember message_id where a thing must be done once: the same id is the same attempt.")
        }
        guard try await stillWorks(.doubledDelivery) else {
            return .miss(.doubledDelivery, "nothing was answered after it", "Go on after a copy.")
        }
        return .pass(.doubledDelivery, "3 copies, \(finals.count) answers")
    }

    func absentResultsQueue() async throws -> CheckResult {
        guard let input = succeedingInput else { return .notTried(.absentResultsQueue, Self.needsInput) }
        var task = task(input, .absentResultsQueue)
        task.envelope.replyTo = broker.late
        try await send(task)
        try await Task.sleep(for: .seconds(2))
        try await broker.listen(on: broker.late)
        let heard = await answer(to: task, within: plan.patience + .seconds(10))
        guard try await stillWorks(.absentResultsQueue) else {
            return .miss(
                .absentResultsQueue, "nothing was answered after it",
                "A returned answer is no reason to stop: try again later, or connect anew.")
        }
        guard heard?.kind == .success else {
            return .note(
                .absentResultsQueue, "the answer was lost: \(describe(task))",
                "Publish answers as mandatory, and do not acknowledge the task while they are returned; or its workflow "
                    + "waits for its time-out.")
        }
        return .pass(.absentResultsQueue, "answered once the queue was there")
    }

    func heartbeats() async throws -> CheckResult {
        guard let input = slowInput(5) else { return .notTried(.heartbeats, Self.needsSlowInput) }
        let interval: Int64 = 2
        let task = task(input, .heartbeats, heartbeatSeconds: interval)
        try await send(task)
        let final = await answer(to: task, within: plan.patience + .seconds(20))
        let heard = broker.log.answers(to: task.token)
        let times = [task.sentAt] + heard.map(\.at)
        let silence = zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .zero
        let beats = heard.count { $0.kind == .heartbeat }
        guard let final, final.kind == .success else {
            return .miss(.heartbeats, describe(task), "Answer as usual when the work is done.")
        }
        if !plan.inputs.areOurs, final.at - task.sentAt < .seconds(interval) {
            return .notTried(.heartbeats, "the slow input took only \((final.at - task.sentAt).text)")
        }
        guard silence <= .seconds(interval) else {
            return .miss(
                .heartbeats, "silent for \(silence.text), with \(beats) heartbeats, where \(interval) s are allowed",
                "Send `heartbeat` at a third of baton-heartbeat-seconds while the work goes on, from another thread if it "
                    + "blocks this one.")
        }
        return .pass(.heartbeats, "\(beats) heartbeats, never silent for more than \(silence.text)")
    }

    func cancellation() async throws -> CheckResult {
        guard let input = slowInput(5) else { return .notTried(.cancellation, Self.needsSlowInput) }
        let task = task(input, .cancellation)
        try await send(task)
        guard await isTaken(task) else {
            return .miss(.cancellation, "the task was not taken within 5 s", "Is the worker still busy?")
        }
        try await Task.sleep(for: .milliseconds(700))
        try await broker.cancel(token: task.token)
        let heard = await answer(to: task, within: plan.inputs.areOurs ? .milliseconds(6_500) : .seconds(12))
        guard try await stillWorks(.cancellation) else {
            return .miss(.cancellation, "nothing was answered after it", "Go on after a cancelled task.")
        }
        switch heard?.kind {
        case nil: return .pass(.cancellation, "no answer")
        case .success:
            return .note(
                .cancellation, "the task was done to its end",
                "Allowed. Listening to \(broker.names.controlExchange) would save work that nobody waits for.")
        default:
            return .note(
                .cancellation, Self.describe(heard),
                "Nobody reads it: a cancelled task is acknowledged and not answered.")
        }
    }

    func pastTheLease() async throws -> CheckResult {
        guard let lease = plan.lease else {
            return .notTried(.pastTheLease, "needs --command, or --lease SECONDS: the lease of the worker that runs")
        }
        let seconds = lease / .seconds(1)
        guard let input = slowInput(seconds * 2 + 2) else { return .notTried(.pastTheLease, Self.needsSlowInput) }
        let task = task(input, .pastTheLease)
        try await send(task)
        let final = await answer(to: task, within: lease * 2 + plan.patience + .seconds(10))
        guard let final, final.kind == .success else {
            return .miss(.pastTheLease, describe(task), "Answer as usual when the work is done.")
        }
        if final.at - task.sentAt <= lease {
            return .notTried(.pastTheLease, "the slow input took only \((final.at - task.sentAt).text)")
        }
        let beats = broker.log.answers(to: task.token).filter { $0.kind == .heartbeat }.map(\.at)
        guard let first = beats.first else {
            return .note(
                .pastTheLease, "held from the broker to its end",
                "Allowed while tasks are shorter than the broker's consumer timeout (RabbitMQ: 30 minutes). Else let go of a "
                    + "task at its lease: `heartbeat`, its confirm, acknowledge; then a heartbeat every third of it.")
        }
        let times = beats + [final.at]
        let silence = zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .zero
        guard silence <= lease else {
            return .miss(
                .pastTheLease,
                "the first heartbeat after \((first - task.sentAt).text), then silent for \(silence.text)",
                "Once a heartbeat was sent, the next has to come within the lease: the orchestrator expects it.")
        }
        memory.withLock { $0.releasesLeases = true }
        return .pass(
            .pastTheLease, "\(beats.count) heartbeats from \((first - task.sentAt).text) on, answered at its end")
    }
}
