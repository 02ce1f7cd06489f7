import Orchestrator
import Telemetry

/// What the adapter counts.
struct BrokerMetrics: Sendable {
    let confirmed: Counter
    let unroutable: Counter
    let lost: Counter
    let dead: Counter
    private let registry: MetricsRegistry

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        func published(_ result: String) -> Counter {
            registry.counter(
                "baton_tasks_published_total", help: "Tasks published, by what became of them.",
                labels: ["result": result])
        }
        confirmed = published("confirmed")
        unroutable = published("unroutable")
        lost = published("lost")
        dead = registry.counter("baton_dead_messages_total", help: "Messages moved to the dead letters.")
    }

    func note(_ queue: String, waiting: Int, consumers: Int) {
        registry.gauge(
            "baton_queue_messages", help: "Messages that wait in a queue, when it was last looked at.",
            labels: ["queue": queue]
        ).set(waiting)
        registry.gauge(
            "baton_queue_consumers", help: "Consumers of a queue, when it was last looked at.", labels: ["queue": queue]
        ).set(consumers)
    }

    func unserved(_ queue: String) -> Gauge {
        registry.gauge(
            "baton_queue_unserved", help: "1 while tasks wait in a queue that no worker consumes.",
            labels: ["queue": queue])
    }

    func count(_ results: [PublishResult]) {
        for result in results {
            switch result {
            case .confirmed: confirmed.increment()
            case .unroutable: unroutable.increment()
            case .lost: lost.increment()
            }
        }
    }
}
