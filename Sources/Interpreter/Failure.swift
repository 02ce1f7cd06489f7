import StatesLanguage

/// Why a state failed, on its way to a retrier, a catcher, or the end.
struct Failure: Error {
    var failure: StateFailure
    /// Ends the execution at once: no retrier and no catcher applies.
    var isTerminal = false
    /// Where an expression failed; nil for any other failure.
    var evaluation: Evaluation?
    /// Another name under which retriers and catchers know it.
    var alias: String?

    struct Evaluation {
        /// As messages name it; nil where it is about no single field.
        var field: String?
        /// The value was found to be wrong only after it had been made.
        var isLate = false
    }

    init(_ failure: StateFailure, isTerminal: Bool = false, alias: String? = nil) {
        self.failure = failure
        self.isTerminal = isTerminal
        self.alias = alias
    }

    static let timeout = Failure(StateFailure(error: ErrorName.timeout, cause: nil))
    static let heartbeat = Failure(
        StateFailure(error: ErrorName.timeout, cause: nil), alias: ErrorName.heartbeatTimeout)

    static let exceededTolerance = Failure(
        StateFailure(
            error: ErrorName.exceedToleratedFailureThreshold,
            cause: "The specified tolerated failure threshold was exceeded"))

    /// Whether one of these names, of `ErrorEquals`, means this failure.
    func matches(_ names: [String]) -> Bool {
        guard !isTerminal else { return false }
        return names.contains { name in
            if name == ErrorName.all { return true }
            if name == ErrorName.taskFailed { return failure.error != ErrorName.timeout }
            return name == alias || failure.error.map { $0.utf8.elementsEqual(name.utf8) } ?? false
        }
    }
}

enum ErrorName {
    static let all = "States.ALL"
    static let taskFailed = "States.TaskFailed"
    static let timeout = "States.Timeout"
    static let heartbeatTimeout = "States.HeartbeatTimeout"
    static let runtime = "States.Runtime"
    static let dataLimitExceeded = "States.DataLimitExceeded"
    static let queryEvaluationError = "States.QueryEvaluationError"
    static let exceedToleratedFailureThreshold = "States.ExceedToleratedFailureThreshold"
}
