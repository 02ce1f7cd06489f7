package import Orchestrator

/// What the API shows of the server around it.
package struct Surroundings: Sendable {
    package var version: String
    package var brokerStatus: @Sendable () -> BrokerStatus
    /// Nil while the broker is not connected.
    package var queues: @Sendable () async -> [QueueStatistics]?
    /// Why the store takes no writes; nil while it does.
    package var storeProblem: @Sendable () async -> String?
    /// In Prometheus's text format.
    package var renderMetrics: @Sendable () -> String
    package var limits: RequestLimits
    package var historyEvents: Int
    /// Tasks that one worker takes at once; for telling how many workers a queue needs.
    package var workerPrefetch = 10
    package var maximumRequestBytes: Int { limits.requestBytes }
    /// What executions logged; nil where nothing is kept.
    package var logs: (any ExecutionLogReader)?

    /// - Parameter limits: what requests may hold; larger bodies are refused unread.
    package init(
        version: String, brokerStatus: @escaping @Sendable () -> BrokerStatus,
        queues: @escaping @Sendable () async -> [QueueStatistics]?,
        storeProblem: @escaping @Sendable () async -> String? = { nil },
        renderMetrics: @escaping @Sendable () -> String, limits: RequestLimits = RequestLimits(),
        historyEvents: Int = 25_000,
        logs: (any ExecutionLogReader)? = nil
    ) {
        self.version = version
        self.brokerStatus = brokerStatus
        self.queues = queues
        self.storeProblem = storeProblem
        self.renderMetrics = renderMetrics
        self.limits = limits
        self.historyEvents = historyEvents
        self.logs = logs
    }
}
