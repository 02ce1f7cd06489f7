import Telemetry

/// Requests counted by operation and outcome, and how long they took.
struct APIMetrics: Sendable {
    private let registry: MetricsRegistry
    private let known: [String: Series]
    /// Of requests for operations that do not exist, so that clients cannot invent series.
    private let unknown: Series

    /// Asked for once, with the outcome of nearly every request.
    private struct Series {
        var operation: String
        var succeeded: Counter
        var durations: Histogram
    }

    init(registry: MetricsRegistry, operations: some Sequence<String>) {
        func make(_ operation: String) -> Series {
            Series(
                operation: operation, succeeded: Self.counter(registry, operation, "OK"),
                durations: registry.histogram(
                    "baton_api_request_seconds", help: "Time from a request's arrival to its answer.",
                    labels: ["operation": operation], buckets: Histogram.seconds))
        }
        self.registry = registry
        known = Dictionary(uniqueKeysWithValues: operations.map { ($0, make($0)) })
        unknown = make("unknown")
    }

    /// - Parameter target: as the request named it; nil where it named none.
    func count(_ target: String?, code: String?, duration: Duration) {
        let series = target.flatMap { known[$0] } ?? unknown
        if let code {
            Self.counter(registry, series.operation, code).increment()
        } else {
            series.succeeded.increment()
        }
        series.durations.observe(duration)
    }

    private static func counter(_ registry: MetricsRegistry, _ operation: String, _ code: String) -> Counter {
        registry.counter(
            "baton_api_requests_total", help: "Requests by operation and outcome.",
            labels: ["operation": operation, "code": code])
    }
}
