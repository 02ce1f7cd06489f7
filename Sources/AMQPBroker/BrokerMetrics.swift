import Orchestrator
import Telemetry

/// What the adapter counts.
struct BrokerMetrics: Sendable {
    let confirmed: Counter
    let unroutable: Counter
    let lost: Counter
    let dead: Counter

    init(_ registry: MetricsRegistry) {
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
