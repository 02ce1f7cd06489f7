package import AMQP

/// A connection that runs while `body` does.
package func withConnection<Result>(
    _ configuration: AMQPConfiguration,
    topology: Topology = Topology(),
    onTopologyRecovered: (@Sendable ([String]) -> Void)? = nil,
    _ body: (AMQPConnection, Recorder<ConnectionStatus>) async throws -> Result
) async throws -> Result {
    let statuses = Recorder<ConnectionStatus>()
    let connection = AMQPConnection(
        configuration, onStatus: { statuses.append($0) }, onTopologyRecovered: onTopologyRecovered)
    if !topology.isEmpty { try await connection.declare(topology) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await connection.run() }
        defer { group.cancelAll() }
        return try await body(connection, statuses)
    }
}

/// Looks again and again until the broker's answer fulfils the condition; a suite's time limit bounds it.
///
/// Counts that a broker gives are its opinion of a moment ago: a queue's messages come back, and its consumers go, after
/// the client that caused it has its answer. Every look is a round trip to the broker, so nothing here spins.
package func eventually<Value>(
    _ look: () async throws -> Value, until isMet: (Value) -> Bool
) async throws -> Value {
    while true {
        let value = try await look()
        if isMet(value) { return value }
        try Task.checkCancellation()
        await Task.yield()
    }
}

extension Recorder<ConnectionStatus> {
    /// Waits for the n-th time that the connection becomes usable.
    package func connected(_ times: Int = 1) async {
        await wait { statuses in
            statuses.count { if case .connected = $0 { true } else { false } } >= times
        }
    }
}
