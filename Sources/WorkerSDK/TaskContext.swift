public import JSONValue
public import Logging

/// What a handler may know of the task that it works on, and how it reports progress.
public struct TaskContext: Sendable {
    /// The same for every delivery of this attempt, and different for a retry by the workflow. Delivery is at least
    /// once: who remembers the keys of what was done does nothing twice.
    public var idempotencyKey: String
    /// Completes the task from elsewhere, by the HTTP API or by an answer over AMQP.
    public var token: String
    /// ARN of the execution.
    public var execution: String
    /// ARN of the state machine.
    public var stateMachine: String
    /// Name of the state that waits for this task.
    public var state: String
    /// 0 for the first try, then counting the workflow's retries.
    public var attempt: Int
    /// Whether the broker has delivered this attempt before, perhaps to a worker that died over it.
    public var redelivered: Bool
    /// When the workflow gives the task up; the handler's task is cancelled soon after. Nil where it has no limit.
    public var deadline: Timestamp?
    /// The silence after which the workflow takes the worker for dead; heartbeats are sent by themselves.
    public var heartbeat: Duration?
    /// W3C trace context of the execution.
    public var traceparent: String?
    /// Carries the task's names as metadata.
    public var logger: Logger {
        get { ownLogger ?? makeLogger() }
        set { ownLogger = newValue }
    }

    var ownLogger: Logger?
    /// Few handlers log, and metadata is not cheap.
    let makeLogger: @Sendable () -> Logger
    let report: @Sendable (JSON) async -> Void

    /// Sends a heartbeat with a value that says how far the work has come.
    ///
    /// Returns once the broker has it, or cannot be reached: progress that is lost is not an error. Values over
    /// 262,144 bytes are not sent.
    public func progress(_ value: JSON) async {
        await report(value)
    }

    /// A context for tests, and for calls of a handler outside of a worker.
    public static func test(
        idempotencyKey: String = "test-attempt",
        token: String = "test-token",
        execution: String = "arn:aws:states:local:123456789012:execution:test:test",
        stateMachine: String = "arn:aws:states:local:123456789012:stateMachine:test",
        state: String = "Test",
        attempt: Int = 0,
        redelivered: Bool = false,
        deadline: Timestamp? = nil,
        heartbeat: Duration? = nil,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        onProgress: @escaping @Sendable (JSON) async -> Void = { _ in }
    ) -> TaskContext {
        TaskContext(
            idempotencyKey: idempotencyKey, token: token, execution: execution, stateMachine: stateMachine,
            state: state, attempt: attempt, redelivered: redelivered, deadline: deadline, heartbeat: heartbeat,
            traceparent: nil, makeLogger: { logger }, report: onProgress)
    }
}
