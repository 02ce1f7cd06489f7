package import AMQP
package import Logging
package import TaskProtocol

/// How to reach the broker, and under which names.
package struct BrokerConfiguration: Sendable {
    package var url: AMQPURL
    package var names: TopologyNames
    /// Whose results queue this is.
    package var partition: Int
    /// Whether answers to Express executions are taken too; see `AMQPBroker.express`.
    package var servesExpress: Bool
    /// Answers that may be on their way to disk at once.
    package var answersPrefetch: UInt16
    /// Starts that may be on their way to disk at once.
    package var startsPrefetch: UInt16
    package var logger: Logger

    package init(
        url: AMQPURL, names: TopologyNames = .init(), partition: Int = 0, servesExpress: Bool = false,
        answersPrefetch: UInt16 = 2_000, startsPrefetch: UInt16 = 500, logger: Logger
    ) {
        self.url = url
        self.names = names
        self.partition = partition
        self.servesExpress = servesExpress
        self.answersPrefetch = answersPrefetch
        self.startsPrefetch = startsPrefetch
        self.logger = logger
    }

    /// The partition of the Express executions beside this one.
    var expressPartition: Int { -1 - partition }
}
