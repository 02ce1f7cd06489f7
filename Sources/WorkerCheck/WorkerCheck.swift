import AMQP
import TaskProtocol

/// Plays the orchestrator towards a worker, line by line, and judges what it does.
///
/// The worker is seen from outside alone: by its answers, by what is left on its queue, and by its process where the kit
/// may start it. Its answers go to a queue of the kit's, so no orchestrator hears of them.
package struct WorkerCheck: Sendable {
    private let plan: CheckPlan
    /// Told of each line as soon as it is decided.
    private let progress: @Sendable (CheckResult) -> Void
    /// Told of each line before it is tried.
    private let trying: @Sendable (CheckLine) -> Void

    package init(
        _ plan: CheckPlan, trying: @escaping @Sendable (CheckLine) -> Void = { _ in },
        progress: @escaping @Sendable (CheckResult) -> Void = { _ in }
    ) {
        var plan = plan
        if plan.command != nil, plan.lease == nil { plan.lease = CheckPlan.shortLease }
        self.plan = plan
        self.trying = trying
        self.progress = progress
    }

    /// - Parameter url: the broker's address with its password, for the worker's environment.
    /// - Throws: `CheckError` where nothing can be tried, or can be tried any more.
    package func run(url: String) async throws -> CheckReport {
        let broker = CheckBroker(plan)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await broker.connection.run() }
            let bench = CheckBench(plan: plan, broker: broker, url: url)
            let report: Result<CheckReport, any Error>
            do {
                try await broker.open()
                report = .success(try await run(on: bench))
            } catch {
                report = .failure(error)
            }
            await bench.end()
            await broker.close()
            group.cancelAll()
            return try report.get()
        }
    }

    private func run(on bench: CheckBench) async throws -> CheckReport {
        var report = CheckReport()
        func add(_ result: CheckResult) {
            report.results.append(result)
            progress(result)
        }
        func isWanted(_ line: CheckLine) -> Bool { plan.only.isEmpty || plan.only.contains(line) }

        trying(.queue)
        let found = try await bench.timed { try await bench.queue() }
        if isWanted(.queue) || found.verdict == .miss { add(found) }
        let isServed = bench.isServed
        for line in CheckLine.allCases.dropFirst() where isWanted(line) {
            guard isServed else {
                add(.notTried(line, "no worker consumes \(plan.queue)"))
                continue
            }
            trying(line)
            add(try await bench.attempt(line))
        }
        return report
    }
}
