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
    package var maximumRequestBytes: Int
    /// What executions logged; nil where nothing is kept.
    package var logs: (any ExecutionLogReader)?

    /// - Parameter maximumRequestBytes: larger bodies are refused unread. AWS takes 1 MiB.
    package init(
        version: String, brokerStatus: @escaping @Sendable () -> BrokerStatus,
        queues: @escaping @Sendable () async -> [QueueStatistics]?,
        storeProblem: @escaping @Sendable () async -> String? = { nil },
        renderMetrics: @escaping @Sendable () -> String, maximumRequestBytes: Int = 1_048_576 + 65_536,
        logs: (any ExecutionLogReader)? = nil
    ) {
        self.version = version
        self.brokerStatus = brokerStatus
        self.queues = queues
        self.storeProblem = storeProblem
        self.renderMetrics = renderMetrics
        self.maximumRequestBytes = maximumRequestBytes
        self.logs = logs
    }
}
