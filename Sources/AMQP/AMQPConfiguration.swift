package import Logging

/// How to reach the broker and how to behave towards it.
package struct AMQPConfiguration: Sendable {
    package var url: AMQPURL
    /// Shown by the broker's tools.
    package var connectionName: String
    /// The interval proposed to the broker, in whole seconds, at least one; the smaller of both sides' proposals is used.
    /// A peer that is silent for twice the interval is taken for dead.
    package var heartbeat: Duration
    /// The first and the longest pause between two attempts to connect; the pause doubles and is jittered.
    package var reconnectDelay: ClosedRange<Duration>
    /// For each of: TCP (and TLS) connect, handshake.
    package var connectTimeout: Duration
    /// For the broker's answer to a declare, consume, … ; a broker that is later than that is taken for dead.
    package var replyTimeout: Duration
    /// How many messages, and bytes of bodies, may wait for their confirm; what is more waits in this client.
    package var confirmWindow: (messages: Int, bytes: Int)
    /// Whether a declaration that the broker's permissions do not allow (403) is no error where the queue exists. For
    /// clients that may use what others have declared, and no more.
    package var acceptsForeignTopology = false
    package var logger: Logger

    package init(
        url: AMQPURL,
        connectionName: String,
        heartbeat: Duration = .seconds(30),
        reconnectDelay: ClosedRange<Duration> = .milliseconds(100) ... .seconds(10),
        connectTimeout: Duration = .seconds(5),
        replyTimeout: Duration = .seconds(30),
        confirmWindow: (messages: Int, bytes: Int) = (256, 4 << 20),
        logger: Logger
    ) {
        self.url = url
        self.connectionName = connectionName
        self.heartbeat = heartbeat
        self.reconnectDelay = reconnectDelay
        self.connectTimeout = connectTimeout
        self.replyTimeout = replyTimeout
        self.confirmWindow = confirmWindow
        self.logger = logger
    }
}

/// What the connection is doing.
package enum ConnectionStatus: Sendable, Hashable {
    /// Not connected, trying to; the error of the last attempt, or of the connection that ended.
    case connecting(lastError: AMQPError?)
    /// Connected and the topology is declared.
    case connected(ServerInfo)
    /// Connected, but the broker takes no messages for now (a memory or disk alarm); consuming goes on.
    case blocked(reason: String)
    /// Shut down.
    case closed

    /// Whether messages can be published and the topology is in place.
    package var isUsable: Bool {
        switch self {
        case .connected, .blocked: true
        case .connecting, .closed: false
        }
    }
}

/// Who is on the other side.
package struct ServerInfo: Sendable, Hashable {
    package var product: String
    package var version: String
    package var clusterName: String
    /// All that the broker told of itself.
    package var properties: [String: AMQPFieldValue]
    /// Seconds; what both sides agreed on. Zero: no heartbeats.
    package var heartbeat: Int
    package var frameMax: Int
    package var channelMax: Int
    /// When the connection became usable.
    package var since: ContinuousClock.Instant
}

/// Counters since the connection object was made; gauges at this moment.
package struct AMQPStatistics: Sendable, Hashable {
    package var connects = 0
    package var published = 0
    package var confirmed = 0
    package var returned = 0
    package var rejected = 0
    package var lost = 0
    package var delivered = 0
    package var acknowledged = 0
    /// Sent and not yet confirmed.
    package var unconfirmed = 0
    /// Not yet sent: behind the confirm window, or the broker blocks.
    package var queued = 0
}
