import Telemetry

/// Requests counted by operation and outcome, and how long they took.
struct APIMetrics: Sendable {
    private let registry: MetricsRegistry
    /// Asked for once: the outcome of nearly every request.
    private let succeeded: [String: Counter]
    private let durations: [String: Histogram]

    /// The label of requests for operations that do not exist, so that clients cannot invent series.
    static let unknown = "unknown"

    init(registry: MetricsRegistry, operations: some Sequence<String>) {
        self.registry = registry
        var succeeded: [String: Counter] = [:]
        var durations: [String: Histogram] = [:]
        for operation in Array(operations) + [Self.unknown] {
            succeeded[operation] = Self.counter(registry, operation, "OK")
            durations[operation] = registry.histogram(
                "baton_api_request_seconds", help: "Time from a request's arrival to its answer.",
                labels: ["operation": operation], buckets: Histogram.seconds)
        }
        self.succeeded = succeeded
        self.durations = durations
    }

    /// - Parameter target: as the request named it; nil where it named none.
    func count(_ target: String?, code: String?, duration: Duration) {
        let (label, histogram) = series(of: target)
        if let code {
            Self.counter(registry, label, code).increment()
        } else {
            succeeded[label]?.increment()
        }
        histogram?.observe(duration)
    }

    private func series(of target: String?) -> (label: String, Histogram?) {
        if let target, let histogram = durations[target] { return (target, histogram) }
        return (Self.unknown, durations[Self.unknown])
    }

    private static func counter(_ registry: MetricsRegistry, _ operation: String, _ code: String) -> Counter {
        registry.counter(
            "baton_api_requests_total", help: "Requests by operation and outcome.",
            labels: ["operation": operation, "code": code])
    }
}
