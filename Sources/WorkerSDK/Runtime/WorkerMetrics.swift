import Telemetry

/// What a worker counts.
struct WorkerMetrics: Sendable {
    let registry: MetricsRegistry
    let heartbeats: Counter
    let answersRetried: Counter
    let redelivered: Counter
    let malformed: Counter
    let connected: Gauge

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        heartbeats = registry.counter(
            "baton_worker_heartbeats_total", help: "Heartbeats sent, with progress or without.")
        answersRetried = registry.counter(
            "baton_worker_answers_retried_total",
            help: "Answers that the broker did not confirm and that were sent again.")
        redelivered = registry.counter(
            "baton_worker_redelivered_total", help: "Tasks that the broker had delivered before.")
        malformed = registry.counter(
            "baton_worker_malformed_total", help: "Messages that could not be understood.")
        connected = registry.gauge("baton_worker_connected", help: "Whether the worker is connected to the broker.")
    }

    func running(_ source: TaskSource) -> Gauge {
        registry.gauge(
            "baton_worker_running", help: "Tasks that are being worked on.", labels: ["handler": source.name])
    }

    func ended(_ source: TaskSource, _ ending: TaskMachine.Ending) {
        registry.counter(
            "baton_worker_tasks_total", help: "Tasks by the way they ended.",
            labels: ["handler": source.name, "outcome": ending.rawValue]
        ).increment()
    }

    func observe(_ duration: Duration, _ source: TaskSource) {
        registry.histogram(
            "baton_worker_handler_seconds", help: "How long handlers ran.", labels: ["handler": source.name]
        ).observe(duration)
    }
}
