import Interpreter
package import Telemetry

/// What the engine counts.
package struct EngineMetrics: Sendable {
    let started: Counter
    let finished: FinishedExecutions
    let tasksScheduled: Counter
    let answersAccepted: Counter
    let answersIgnored: Counter
    let answersInvalid: Counter
    let heartbeats: Counter
    let timersFired: Counter
    let computations: Counter
    let executionsComputing: Gauge
    let removed: Counter
    let commits: Counter
    let commitFailures: Counter
    let batchSize: Histogram
    let commitSeconds: Histogram
    package let foldChecks: Counter
    package let foldMismatches: Counter
    let cachedExecutions: Gauge
    let unconfirmedTasks: Gauge
    let nearTimers: Gauge

    /// - Parameter isExpress: the engine of Express executions counts under `baton_express_`.
    package init(_ registry: MetricsRegistry, isExpress: Bool = false) {
        let prefix = isExpress ? "baton_express" : "baton"
        started = registry.counter("\(prefix)_executions_started_total", help: "Executions started.")
        finished = FinishedExecutions { status in
            registry.counter(
                "\(prefix)_executions_finished_total", help: "Executions ended, by status.",
                labels: ["status": status.rawValue])
        }
        tasksScheduled = registry.counter(
            "\(prefix)_tasks_scheduled_total", help: "Task attempts handed to the outbox.")
        func answers(_ result: String) -> Counter {
            registry.counter(
                "\(prefix)_task_answers_total", help: "Answers to tasks, by what became of them.",
                labels: ["result": result])
        }
        answersAccepted = answers("accepted")
        answersIgnored = answers("late")
        answersInvalid = answers("invalid")
        heartbeats = registry.counter("\(prefix)_task_heartbeats_total", help: "Heartbeats of open tasks.")
        timersFired = registry.counter("\(prefix)_timers_fired_total", help: "Timers that came due.")
        computations = registry.counter(
            "\(prefix)_slow_steps_total",
            help: "Steps computed apart from the engine's thread, because they take long.")
        executionsComputing = registry.gauge(
            "\(prefix)_executions_computing", help: "Executions that wait for such a step.")
        removed = registry.counter(
            "\(prefix)_executions_removed_total", help: "Executions removed because they ended long enough ago.")
        commits = registry.counter("\(prefix)_commits_total", help: "Transactions committed by the engine.")
        commitFailures = registry.counter("\(prefix)_commit_failures_total", help: "Transactions that failed.")
        batchSize = registry.histogram(
            "\(prefix)_batch_events", help: "Stimuli that one commit served.", buckets: Histogram.counts)
        commitSeconds = registry.histogram(
            "\(prefix)_commit_seconds", help: "Time from begin to the end of the commit.", buckets: Histogram.seconds)
        foldChecks = registry.counter("\(prefix)_fold_checks_total", help: "Executions rebuilt and compared.")
        foldMismatches = registry.counter(
            "\(prefix)_fold_mismatches_total", help: "Rebuilt executions that differed from the live one.")
        cachedExecutions = registry.gauge("\(prefix)_executions_cached", help: "Executions held in memory.")
        unconfirmedTasks = registry.gauge(
            "\(prefix)_tasks_unconfirmed", help: "Tasks handed to the broker and not confirmed yet.")
        nearTimers = registry.gauge("\(prefix)_timers_near", help: "Timers held in memory.")
    }
}

/// Counters of executions that ended, by how.
struct FinishedExecutions: Sendable {
    private let succeeded, failed, timedOut, aborted: Counter

    init(_ counter: (ExecutionStatus) -> Counter) {
        succeeded = counter(.succeeded)
        failed = counter(.failed)
        timedOut = counter(.timedOut)
        aborted = counter(.aborted)
    }

    /// Nil for executions that run.
    subscript(status: ExecutionStatus) -> Counter? {
        switch status {
        case .running: nil
        case .succeeded: succeeded
        case .failed: failed
        case .timedOut: timedOut
        case .aborted: aborted
        }
    }
}
