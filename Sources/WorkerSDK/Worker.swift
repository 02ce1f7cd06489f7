public import JSONValue
import Logging
import TaskProtocol
import Telemetry

/// A process that works on tasks of workflows.
///
/// ```swift
/// var worker = Worker("greeter")
/// worker.activity("greet") { (person: Person, context: TaskContext) in
///     Greeting(text: "Hello, \(person.name)!")
/// }
/// try await worker.run()
/// ```
///
/// A handler may be called twice for the same attempt (see `TaskContext.idempotencyKey`). It throws `TaskFailure` to
/// name an error. While it runs, heartbeats are sent for it; when nobody waits for it any more, its task is cancelled.
public struct Worker: Sendable {
    private let name: String
    private let configuration: WorkerConfiguration?
    private(set) var handlers: [TaskSource: TaskHandler] = [:]
    /// Called at certain moments of a task's life, for fault injection.
    package var probe: (@Sendable (TaskMoment) -> Void)?

    /// A worker that is configured by its environment; see `WorkerConfiguration.fromEnvironment(name:)`.
    public init(_ name: String) {
        self.name = name
        configuration = nil
    }

    public init(_ configuration: WorkerConfiguration) {
        name = configuration.name
        self.configuration = configuration
    }

    // MARK: Handlers

    /// Takes the tasks of an activity. Input and output are converted by `Codable`, times as RFC 3339; an input that
    /// cannot be decoded fails the task with `InvalidInput`.
    /// - Parameter prefetch: how many are worked on at once; nil for the worker's own.
    public mutating func activity<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String, prefetch: Int? = nil,
        _ handler: @escaping @Sendable (Input, TaskContext) async throws -> Output
    ) {
        register(TaskHandler(.activity(name), prefetch: prefetch, typed: handler))
    }

    /// Takes the tasks of an activity, input and output as they are.
    public mutating func activity(
        _ name: String, prefetch: Int? = nil, raw handler: @escaping @Sendable (JSON, TaskContext) async throws -> JSON
    ) {
        register(TaskHandler(.activity(name), prefetch: prefetch, raw: handler))
    }

    /// Takes the tasks of a function: states whose resource is a Lambda function of that name.
    public mutating func function<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String, prefetch: Int? = nil,
        _ handler: @escaping @Sendable (Input, TaskContext) async throws -> Output
    ) {
        register(TaskHandler(.function(name), prefetch: prefetch, typed: handler))
    }

    /// Takes the tasks of a function, input and output as they are.
    public mutating func function(
        _ name: String, prefetch: Int? = nil, raw handler: @escaping @Sendable (JSON, TaskContext) async throws -> JSON
    ) {
        register(TaskHandler(.function(name), prefetch: prefetch, raw: handler))
    }

    private mutating func register(_ handler: TaskHandler) {
        precondition(!handler.source.name.isEmpty, "a handler needs a name")
        precondition(handlers[handler.source] == nil, "\(handler.source.name) has a handler already")
        precondition(handler.prefetch.map { (1...65_535).contains($0) } ?? true, "prefetch is out of range")
        handlers[handler.source] = handler
    }

    // MARK: Running

    /// Works until SIGTERM or SIGINT, then drains: takes no more tasks, finishes those that run, answers them, and
    /// returns. After `drainTimeout`, or at a second signal, running handlers are cancelled; their tasks go to another
    /// worker.
    ///
    /// An absent broker is no error: the worker goes on trying to reach it. Cancelling the calling task stops without
    /// draining; nothing is lost, but what was begun will be begun again elsewhere.
    /// - Throws: `WorkerConfigurationError`.
    @concurrent
    public func run() async throws {
        let configuration = try resolvedConfiguration()
        let runtime = try WorkerRuntime(
            configuration: configuration, handlers: handlers, clock: SystemClock(), metrics: MetricsRegistry(),
            logger: configuration.logger, probe: probe)
        let transport = try AMQPTransport(configuration, sources: runtime.capacities, logger: configuration.logger)
        try await runtime.run(on: transport, stop: StopSignals.stream())
    }

    private func resolvedConfiguration() throws -> WorkerConfiguration {
        guard !handlers.isEmpty else { throw WorkerConfigurationError("the worker has no handlers") }
        let configuration = try configuration ?? .fromEnvironment(name: name)
        try configuration.validate()
        return configuration
    }

    // MARK: Testing

    /// Calls an activity's handler as a task would, without a broker.
    /// - Throws: the `TaskFailure` that the workflow would see.
    public func invoke(activity name: String, input: JSON, context: TaskContext = .test()) async throws -> JSON {
        try await invoke(.activity(name), input, context)
    }

    /// Calls a function's handler as a task would, without a broker.
    /// - Throws: the `TaskFailure` that the workflow would see.
    public func invoke(function name: String, input: JSON, context: TaskContext = .test()) async throws -> JSON {
        try await invoke(.function(name), input, context)
    }

    private func invoke(_ source: TaskSource, _ input: JSON, _ context: TaskContext) async throws -> JSON {
        guard let handler = handlers[source] else {
            throw TaskFailure(error: "UnknownHandler", cause: "nothing is registered for \(source.name)")
        }
        var bytes: [UInt8] = []
        input.serialize(into: &bytes)
        switch await handler.call(bytes, context) {
        case .success(let output): return try JSON(parsing: output)
        case .failure(let failure): throw failure
        }
    }
}

/// A moment at which a process may die with consequences worth a test.
package enum TaskMoment: Sendable, Hashable {
    /// The handler is done, nobody knows of it yet.
    case beforeAnswer
    /// The broker has the answer, the task is not acknowledged.
    case beforeAcknowledgement
}

extension WorkerConfiguration {
    var logger: Logger {
        LogConfiguration(level: logLevel, format: logFormat == .json ? .json : .text).logger(name)
    }
}
