import JSONValue
import Orchestrator
import Telemetry

/// What the queues look like at the moment at which somebody asks for the metrics: nothing is counted in between.
struct QueueMetrics<Store: ExecutionStore>: Sendable {
    let operations: OperationTable<Store>
    let registry: MetricsRegistry
    /// Tasks that one worker takes at once.
    let prefetch: Int
    let clock: @Sendable () -> Timestamp

    func refresh() async {
        guard let queues = await operations.surroundings.queues() else { return }
        let oldest = (try? await operations.oldestWaiting(pages: 1)) ?? [:]
        for queue in queues {
            guard let workload = queue.workload else { continue }
            func set(_ name: String, _ help: String, _ value: Double) {
                registry.gauge("baton_queue_\(name)", help: help, labels: ["queue": queue.name]).set(value)
            }
            let waitingSince = queue.messages > 0 ? oldest[OperationTable<Store>.target(ofQueue: queue.name)] : nil
            set(
                "oldest_waiting_seconds", "For how long the oldest task of a queue waits.",
                waitingSince.map { max(0, clock().seconds - $0.seconds) } ?? 0)
            set(
                "arrivals_per_second", "Tasks published to a queue, averaged over a minute.", workload.arrivalsPerSecond
            )
            if let seconds = workload.serviceSeconds {
                set("service_seconds", "How long workers have a task of a queue, on average.", seconds)
            }
            if let needed = queue.concurrencyNeeded {
                set("concurrency_needed", "Tasks of a queue that have to be worked on at the same time.", needed)
            }
            if let workers = queue.workersSuggested(prefetch: prefetch) {
                set("workers_suggested", "Workers that a queue needs.", Double(workers))
            }
        }
    }
}
