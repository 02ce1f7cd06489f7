/// The failure of a task as the workflow sees it: `Retry` and `Catch` match its error name.
///
/// Throw it from a handler. Names with the prefix `States.` belong to the language; a worker's own are best qualified
/// by what they are about: `Billing.CardDeclined`.
public struct TaskFailure: Error, Sendable, Hashable {
    /// At most 256 characters; what is more is cut.
    public var error: String
    /// For people; at most 32,768 characters; what is more is cut.
    public var cause: String

    public init(error: String, cause: String = "") {
        self.error = error
        self.cause = cause
    }
}

extension TaskFailure: CustomStringConvertible {
    public var description: String { cause.isEmpty ? error : "\(error): \(cause)" }
}

extension TaskFailure {
    /// The task's input is not what the handler takes.
    public static func invalidInput(_ cause: String) -> TaskFailure {
        TaskFailure(error: "InvalidInput", cause: cause)
    }

    /// The handler's output cannot be written as JSON.
    static func invalidOutput(_ cause: String) -> TaskFailure { TaskFailure(error: "InvalidOutput", cause: cause) }

    static func outputTooLarge(_ bytes: Int, limit: Int) -> TaskFailure {
        TaskFailure(
            error: "States.DataLimitExceeded",
            cause: "the handler's output has \(bytes) bytes, at most \(limit) are allowed")
    }

    static let timeout = TaskFailure(error: "States.Timeout", cause: "the task's deadline has passed")

    static let stopped = TaskFailure(
        error: "Worker.Stopped", cause: "the worker was stopped before the task was done")

    /// What is sent for any error that a handler throws: a `TaskFailure` as it is, another by the name of its type.
    init(describing error: any Error) {
        if let failure = error as? TaskFailure {
            self = failure
        } else {
            self.init(error: String(describing: type(of: error)), cause: String(describing: error))
        }
    }
}
