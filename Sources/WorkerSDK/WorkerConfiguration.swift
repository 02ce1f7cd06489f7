public import Logging

/// How a worker runs.
public struct WorkerConfiguration: Sendable {
    public enum LogFormat: String, Sendable, Hashable, CaseIterable { case text, json }

    /// What kind of worker this is: `billing-worker`.
    public var name: String
    /// Which of them: shown in histories and logs. At first NAME@HOST:PROCESS.
    public var identity: String
    /// `amqp://user:password@host:port/vhost`, or `amqps://`.
    public var amqpURL: String
    /// Of every name on the broker; the orchestrator's has to be the same.
    public var prefix: String
    /// How many tasks of each activity and function are worked on at once; from 1 to 65,535.
    public var prefetch: Int
    /// How long a task may stay unacknowledged. Past it, heartbeats alone keep the task; it has to be well below the
    /// broker's consumer timeout.
    public var lease: Duration
    /// How long running tasks may still take once the worker has to stop. Then they are cancelled.
    public var drainTimeout: Duration
    public var logLevel: Logger.Level
    public var logFormat: LogFormat
    /// Where `/metrics` and `/health` are served, on the loopback interface; nil for nowhere.
    public var metricsPort: Int?

    public init(
        name: String,
        identity: String? = nil,
        amqpURL: String = WorkerConfiguration.defaultURL,
        prefix: String = "baton",
        prefetch: Int = 10,
        lease: Duration = .seconds(600),
        drainTimeout: Duration = .seconds(25),
        logLevel: Logger.Level = .info,
        logFormat: LogFormat = .text,
        metricsPort: Int? = nil
    ) {
        self.name = name
        self.identity = identity ?? "\(name)@\(ProcessIdentity.host):\(ProcessIdentity.process)"
        self.amqpURL = amqpURL
        self.prefix = prefix
        self.prefetch = prefetch
        self.lease = lease
        self.drainTimeout = drainTimeout
        self.logLevel = logLevel
        self.logFormat = logFormat
        self.metricsPort = metricsPort
    }

    public static let defaultURL = "amqp://guest:guest@localhost:5672/"
}

/// A worker that cannot run as it is configured. Its description says what to change.
public struct WorkerConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
