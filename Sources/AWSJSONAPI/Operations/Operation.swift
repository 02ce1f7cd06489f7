import Authentication
import JSONValue
import Orchestrator

/// One operation of the API: what its request has to look like, and what it does.
struct Operation: Sendable {
    typealias Handler = @Sendable (Fields, Call) async throws(ServiceError) -> Reply
    typealias Beginner = @Sendable (Fields, Call, _ end: @escaping @Sendable (Outcome) -> Void) -> Void

    /// How an operation went that was begun without a task.
    enum Outcome: Sendable {
        /// The function makes the reply, on whatever thread wants it.
        case ends(@Sendable () -> Result<Reply, ServiceError>)
        /// Nothing was done, and `handle` has to do it.
        case takesMore
    }

    var members: [Shape.Member]
    var handle: Handler
    /// The same as `handle`, for operations that are called so often that a task each would show.
    var begin: Beginner?
}

/// What an operation may want to know beyond its request.
struct Call: Sendable {
    /// Fires when the client is gone.
    var hangUp: OneShot
    /// Who calls; nil where nobody has to say.
    var principal: Principal?
}

/// What an operation answers.
struct Reply: Sendable {
    var body: JSON
    /// To be called if the answer does not reach the client.
    var undelivered: (@Sendable () -> Void)?

    init(_ body: JSON, undelivered: (@Sendable () -> Void)? = nil) {
        self.body = body
        self.undelivered = undelivered
    }

    /// An answer without members.
    static let empty = Reply(.object(JSONObject()))
}
