import Authentication
import JSONValue
import Orchestrator

/// One operation of the API: what its request has to look like, and what it does.
struct Operation: Sendable {
    typealias Handler = @Sendable (Fields, Call) async throws(ServiceError) -> Reply

    var members: [Shape.Member]
    var handle: Handler
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
