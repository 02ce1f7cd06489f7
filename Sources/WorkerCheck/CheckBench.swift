import AMQP
import JSONValue
import Synchronization
import TaskProtocol

/// Where the lines are tried: the broker, the worker's process, and what one line leaves behind for another.
final class CheckBench: Sendable {
    struct Memory: Sendable {
        var process: WorkerProcess?
        var isServed = false
        /// Whether others consume the queue too, so that what is on it says nothing about one worker.
        var isShared = false
        var releasesLeases = false
        /// What the line `killed` found for the line `acknowledged`.
        var acknowledged: CheckResult?
    }

    let plan: CheckPlan
    let broker: CheckBroker
    let url: String
    let memory = Mutex(Memory())

    init(plan: CheckPlan, broker: CheckBroker, url: String) {
        self.plan = plan
        self.broker = broker
        self.url = url
    }

    var isServed: Bool { memory.withLock { $0.isServed } }
    var isShared: Bool { memory.withLock { $0.isShared } }
    var process: WorkerProcess? { memory.withLock { $0.process } }

    // MARK: The worker's process

    /// Starts the worker and waits until it consumes; nil where that did not come about.
    func startWorker() async throws(CheckError) -> String? {
        guard let command = plan.command else { return nil }
        let process = try WorkerProcess(command, environment: plan.environment(url: url), log: plan.workerLog)
        memory.withLock { $0.process = process }
        let isConsuming = await eventually(plan.startup) {
            guard process.isRunning else { return true }
            return await (self.broker.look()?.consumers ?? 0) > 0
        }
        if let ending = process.ending { return "the command ended \(ending) before it consumed anything" }
        return isConsuming ? nil : "it consumed nothing within \(plan.startup)"
    }

    func end() async {
        guard let process = memory.withLock({ $0.process }) else { return }
        process.terminate()
        if await !process.waitForEnd(.seconds(5)) { process.killAll() }
        await process.waitForEnd()
        process.killAll()
        await broker.sweep()
    }

    // MARK: Lines

    func timed(_ body: () async throws -> CheckResult) async rethrows -> CheckResult {
        let start = ContinuousClock.now
        var result = try await body()
        result.seconds = (ContinuousClock.now - start) / .seconds(1)
        return result
    }

    func attempt(_ line: CheckLine) async throws -> CheckResult {
        var result = try await timed { try await play(line) }
        // A worker that is gone would fail every line that follows.
        if let ending = process?.ending, line != .drain, line != .formOfAnswers {
            result.verdict = .miss
            result.seen += "; the worker's process ended \(ending)"
            result.advice =
                "A worker answers whatever comes and goes on. " + (result.advice ?? "See its output.")
            if let problem = try await startWorker() { result.seen += "; started again, \(problem)" }
        }
        return result
    }

    private func play(_ line: CheckLine) async throws -> CheckResult {
        switch line {
        case .queue: try await queue()
        case .success: try await success()
        case .namedFailure: try await namedFailure()
        case .unparsableInput: try await unparsableInput()
        case .additions: try await additions()
        case .laterVersion: try await laterVersion()
        case .largeInput: try await largeInput()
        case .manyTasks: try await manyTasks()
        case .doubledDelivery: try await doubledDelivery()
        case .absentResultsQueue: try await absentResultsQueue()
        case .heartbeats: try await heartbeats()
        case .cancellation: try await cancellation()
        case .pastTheLease: try await pastTheLease()
        case .killed: try await killed()
        case .acknowledged: acknowledged()
        case .brokerRestart: try await brokerRestart()
        case .drain: try await drain()
        case .formOfAnswers: formOfAnswers()
        }
    }

    // MARK: Tasks

    func task(_ body: [UInt8], _ line: CheckLine, heartbeatSeconds: Int64? = nil) -> CheckTask {
        CheckTask(body, line: line, replyTo: broker.results, heartbeatSeconds: heartbeatSeconds)
    }

    /// An input that succeeds; nil where none was given.
    var succeedingInput: [UInt8]? { plan.inputs.areOurs ? CheckInput.small : plan.inputs.succeeding }

    /// An input that keeps the worker busy, for about that long where it is ours.
    func slowInput(_ seconds: Double) -> [UInt8]? {
        plan.inputs.areOurs ? CheckInput.sleeping(seconds) : plan.inputs.slow
    }

    static let needsInput = "needs --input FILE"
    static let needsSlowInput = "needs --slow-input FILE"

    func send(_ task: CheckTask) async throws(CheckError) { try await broker.send(task.envelope) }

    /// The first `success` or `failure`.
    func answer(to task: CheckTask, within patience: Duration? = nil) async -> HeardAnswer? {
        let token = task.token
        await broker.log.wait(patience ?? plan.patience) { $0.contains { $0.token == token && $0.isFinal } }
        return finals(of: task).first
    }

    func finals(of task: CheckTask) -> [HeardAnswer] { broker.log.answers(to: task.token).filter(\.isFinal) }

    /// Sends and waits.
    func ask(
        _ task: CheckTask, within patience: Duration? = nil
    ) async throws(CheckError) -> HeardAnswer? {
        try await send(task)
        return await answer(to: task, within: patience)
    }

    /// Whether the worker still does its work.
    func stillWorks(_ line: CheckLine) async throws(CheckError) -> Bool {
        guard let input = succeedingInput else { return true }
        return try await ask(task(input, line), within: plan.patience + .seconds(10))?.kind == .success
    }

    /// Until the worker has the task: it said so, or it is off the queue.
    func isTaken(_ task: CheckTask, within patience: Duration = .seconds(5)) async -> Bool {
        await eventually(patience) {
            if !self.broker.log.answers(to: task.token).isEmpty { return true }
            return await self.broker.look()?.waiting == 0
        }
    }

    /// `nothing`, `success`, `failure Check.Failed (…)`, or what is wrong with it.
    static func describe(_ answer: HeardAnswer?) -> String {
        guard let answer else { return "no answer" }
        guard let message = answer.message else { return answer.complaint ?? "no answer" }
        guard message.kind == .failure else { return message.kind.rawValue }
        let cause = (message.failure?.cause ?? "").prefix(80)
        return "failure \(message.failure?.error ?? "without a name")" + (cause.isEmpty ? "" : " (\(cause))")
    }

    func describe(_ task: CheckTask) -> String {
        let heard = broker.log.answers(to: task.token)
        guard !heard.isEmpty else { return "no answer" }
        guard let final = heard.first(where: \.isFinal) else {
            return heard.compactMap(\.complaint).first ?? "no answer but \(heard.count) heartbeats or the like"
        }
        return Self.describe(final)
    }
}

extension Duration {
    /// `2.1 s`, or `14 ms` below a second.
    var text: String {
        if self < .seconds(1) { return "\(Int((self / .milliseconds(1)).rounded())) ms" }
        let tenths = Int((self / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
