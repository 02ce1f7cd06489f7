package import JSONValue

/// Port: carries out operations of services for tasks, at the engine's request.
package protocol ServiceCaller: Sendable {
    /// Whether there is such an operation: `aws-sdk:sfn` and `listExecutions`.
    func canCall(_ service: String, _ action: String) -> Bool
    /// - Parameter parameters: as the state gives them, with names in the SDK's spelling.
    /// - Returns: the answer in the SDK's spelling, with times in RFC 3339.
    func call(_ service: String, _ action: String, _ parameters: JSON) async throws(ServiceError) -> JSON
}

/// An operation to be called for a task. It may be called twice when the server is killed meanwhile.
package struct ServiceCall: Sendable {
    package var task: TaskKey
    package var service: String
    package var action: String
    package var parameters: JSON
}
