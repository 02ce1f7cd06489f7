import Synchronization
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
}

/// What is counted of the tasks of one source: asked for once, since the registry looks its instruments up by text.
final class SourceMetrics: Sendable {
    let running: Gauge
    let duration: Histogram
    private let registry: MetricsRegistry
    private let name: String
    /// Made when the first task has ended that way.
    private let endings = Mutex<[TaskMachine.Ending: Counter]>([:])

    init(_ source: TaskSource, _ registry: MetricsRegistry) {
        self.registry = registry
        name = source.name
        running = registry.gauge(
            "baton_worker_running", help: "Tasks that are being worked on.", labels: ["handler": name])
        duration = registry.histogram(
            "baton_worker_handler_seconds", help: "How long handlers ran.", labels: ["handler": name])
    }

    func ended(_ ending: TaskMachine.Ending) {
        let counter = endings.withLock { endings in
            if let counter = endings[ending] { return counter }
            let counter = registry.counter(
                "baton_worker_tasks_total", help: "Tasks by the way they ended.",
                labels: ["handler": name, "outcome": ending.rawValue])
            endings[ending] = counter
            return counter
        }
        counter.increment()
    }
}
