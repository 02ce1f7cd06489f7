package import Interpreter
package import JSONValue

/// The service as its callers see it, whatever protocol they speak: every call returns after what it did is on disk.
///
/// Refusals are `ServiceError`s under AWS's names.
package protocol ExecutionEngine: Sendable {
    /// Idempotent by name, as AWS: the same name and input return the running execution.
    func start(_ request: StartRequest) async throws(ServiceError) -> StartedExecution
    /// The same for callers without a task. `reply` is called once, from whatever thread; it gets nil where the start
    /// takes more than a message to the engine: nothing was done then, and the caller has to use the other one.
    func start(_ request: StartRequest, reply: @escaping @Sendable (Result<StartedExecution, ServiceError>?) -> Void)
    /// Starts an Express execution and waits for its end.
    func startSync(_ request: StartRequest) async throws(ServiceError) -> EndedExecution
    /// Runs a machine that need not be stored anywhere, as an Express execution, and waits for its end. Cancelling the
    /// call does not stop it.
    func runOnce(_ machine: StateMachineRecord, input: String) async throws(ServiceError) -> EndedExecution
    /// Returns the stop time.
    func stop(executionARN: String, failure: StateFailure) async throws(ServiceError) -> Timestamp
    /// Takes an execution up again that ended without success, and returns when it was last redriven. The same client
    /// token again changes nothing.
    func redrive(executionARN: String, clientToken: String?) async throws(ServiceError) -> Timestamp
    func answer(token: String, _ answer: TokenAnswer) async throws(ServiceError)
    /// GetActivityTask: waits up to `timeout`; nil when nothing came. Cancelling the call gives the task back.
    func takeTask(activityARN: String, worker: String?, timeout: Duration) async throws(ServiceError) -> HandedOutTask?
    /// The answer to a poll could not be delivered: the task goes to somebody else.
    func handBack(token: String)

    /// UpdateMapRun, of a run that is not done.
    func update(mapRunARN: String, _ change: MapRunChange) async throws(ServiceError)

    /// Reads and writes in one transaction on the engine's thread, for everything that is not an execution: the
    /// changes are on disk when the call returns. What `body` throws leaves no trace.
    func transact<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreWriter) throws -> (operations: [WriteOperation], result: Result)
    ) async throws(ServiceError) -> Result
}
