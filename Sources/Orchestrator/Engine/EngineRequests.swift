package import Interpreter
package import JSONValue

/// What to start.
package struct StartRequest: Sendable {
    package var stateMachineARN: String
    /// Nil lets Baton choose a UUID.
    package var name: String?
    /// The input's text; checked to be JSON, kept as given.
    package var input: String
    package var traceHeader: String?

    package init(stateMachineARN: String, name: String?, input: String, traceHeader: String? = nil) {
        self.stateMachineARN = stateMachineARN
        self.name = name
        self.input = input
        self.traceHeader = traceHeader
    }
}

package struct StartedExecution: Sendable, Hashable {
    package var arn: String
    package var startedAt: Timestamp

    package init(arn: String, startedAt: Timestamp) {
        self.arn = arn
        self.startedAt = startedAt
    }
}

/// What SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat bring.
package enum TokenAnswer: Sendable {
    case success(JSON)
    case failure(StateFailure)
    case heartbeat
}

/// A task handed out by GetActivityTask.
package struct HandedOutTask: Sendable, Hashable {
    package var token: String
    /// JSON text.
    package var input: String

    package init(token: String, input: String) {
        self.token = token
        self.input = input
    }
}
