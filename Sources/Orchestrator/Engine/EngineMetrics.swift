import Interpreter
import Telemetry

/// What the engine counts.
struct EngineMetrics: Sendable {
    let started: Counter
    let finished: [ExecutionStatus: Counter]
    let tasksScheduled: Counter
    let answersAccepted: Counter
    let answersIgnored: Counter
    let answersInvalid: Counter
    let heartbeats: Counter
    let timersFired: Counter
    let computations: Counter
    let executionsComputing: Gauge
    let commits: Counter
    let commitFailures: Counter
    let batchSize: Histogram
    let commitSeconds: Histogram
    let foldChecks: Counter
    let foldMismatches: Counter
    let cachedExecutions: Gauge
    let unconfirmedTasks: Gauge
    let nearTimers: Gauge

    init(_ registry: MetricsRegistry) {
        started = registry.counter("baton_executions_started_total", help: "Executions started.")
        finished = Dictionary(
            uniqueKeysWithValues: ExecutionStatus.allCases.filter { $0 != .running }.map { status in
                (
                    status,
                    registry.counter(
                        "baton_executions_finished_total", help: "Executions ended, by status.",
                        labels: ["status": status.rawValue])
                )
            })
        tasksScheduled = registry.counter("baton_tasks_scheduled_total", help: "Task attempts handed to the outbox.")
        func answers(_ result: String) -> Counter {
            registry.counter(
                "baton_task_answers_total", help: "Answers to tasks, by what became of them.",
                labels: ["result": result])
        }
        answersAccepted = answers("accepted")
        answersIgnored = answers("late")
        answersInvalid = answers("invalid")
        heartbeats = registry.counter("baton_task_heartbeats_total", help: "Heartbeats of open tasks.")
        timersFired = registry.counter("baton_timers_fired_total", help: "Timers that came due.")
        computations = registry.counter(
            "baton_slow_steps_total", help: "Steps computed apart from the engine's thread, because they take long.")
        executionsComputing = registry.gauge(
            "baton_executions_computing", help: "Executions that wait for such a step.")
        commits = registry.counter("baton_commits_total", help: "Transactions committed by the engine.")
        commitFailures = registry.counter("baton_commit_failures_total", help: "Transactions that failed.")
        batchSize = registry.histogram(
            "baton_batch_events", help: "Stimuli that one commit served.", buckets: Histogram.counts)
        commitSeconds = registry.histogram(
            "baton_commit_seconds", help: "Time from begin to the end of the commit.", buckets: Histogram.seconds)
        foldChecks = registry.counter("baton_fold_checks_total", help: "Executions rebuilt and compared.")
        foldMismatches = registry.counter(
            "baton_fold_mismatches_total", help: "Rebuilt executions that differed from the live one.")
        cachedExecutions = registry.gauge("baton_executions_cached", help: "Executions held in memory.")
        unconfirmedTasks = registry.gauge(
            "baton_tasks_unconfirmed", help: "Tasks handed to the broker and not confirmed yet.")
        nearTimers = registry.gauge("baton_timers_near", help: "Timers held in memory.")
    }
}
