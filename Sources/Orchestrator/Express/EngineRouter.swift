package import Interpreter
package import JSONValue
import Synchronization

/// The service over its two engines: durable executions on one, Express executions on the other.
///
/// Machines live in the durable store alone. Those of type EXPRESS are remembered here once they were asked for, so that
/// a start goes straight to the engine that runs it; every change of a machine passes through here and is forgotten.
package final class EngineRouter: ExecutionEngine {
    private let standard: any DurableEngine
    private let express: any ExpressEngine
    private let expressPartition: Int
    private let remembered = Mutex(Remembered())

    private struct Remembered {
        var targets: [String: StartTarget] = [:]
        /// Counts changes: what was read before one is not remembered after it.
        var changes = 0
    }

    package init(standard: any DurableEngine, express: any ExpressEngine) {
        self.standard = standard
        self.express = express
        expressPartition = express.partition
    }

    package func start(_ request: StartRequest) async throws(ServiceError) -> StartedExecution {
        if let target = remembered(request.stateMachineARN) { return try await express.start(request, of: target) }
        do throws(ServiceError) {
            return try await standard.start(request)
        } catch {
            guard error.code == .stateMachineTypeNotSupported else { throw error }
            return try await express.start(request, of: try await expressTarget(request.stateMachineARN))
        }
    }

    package func start(
        _ request: StartRequest, reply: @escaping @Sendable (Result<StartedExecution, ServiceError>?) -> Void
    ) {
        guard remembered(request.stateMachineARN) == nil else { return reply(nil) }
        standard.start(request) { result in
            if case .failure(let error) = result, error.code == .stateMachineTypeNotSupported {
                reply(nil)
            } else {
                reply(result)
            }
        }
    }

    package func startSync(_ request: StartRequest) async throws(ServiceError) -> EndedExecution {
        if let target = remembered(request.stateMachineARN) {
            return try await express.startSync(request, of: target)
        }
        return try await express.startSync(request, of: try await expressTarget(request.stateMachineARN))
    }

    package func runOnce(_ machine: StateMachineRecord, input: String) async throws(ServiceError) -> EndedExecution {
        try await express.startSync(
            StartRequest(stateMachineARN: machine.arn, name: nil, input: input),
            of: StartTarget(machine: machine, revision: machine.revision))
    }

    package func stop(executionARN: String, failure: StateFailure) async throws(ServiceError) -> Timestamp {
        try await standard.stop(executionARN: executionARN, failure: failure)
    }

    package func redrive(executionARN: String, clientToken: String?) async throws(ServiceError) -> Timestamp {
        try await standard.redrive(executionARN: executionARN, clientToken: clientToken)
    }

    package func update(mapRunARN: String, _ change: MapRunChange) async throws(ServiceError) {
        try await standard.update(mapRunARN: mapRunARN, change)
    }

    package func answer(token: String, _ answer: TokenAnswer) async throws(ServiceError) {
        try await engine(of: token).answer(token: token, answer)
    }

    /// Express executions have no activities, so every task that can be polled for is the durable engine's.
    package func takeTask(
        activityARN: String, worker: String?, timeout: Duration
    ) async throws(ServiceError) -> HandedOutTask? {
        try await standard.takeTask(activityARN: activityARN, worker: worker, timeout: timeout)
    }

    package func handBack(token: String) { engine(of: token).handBack(token: token) }

    package func transact<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreWriter) throws -> (operations: [WriteOperation], result: Result)
    ) async throws(ServiceError) -> Result {
        let (result, changesMachines) = try await standard.transact { writer in
            let (operations, result) = try body(writer)
            return (operations, (result, operations.contains(where: \.changesStateMachine)))
        }
        if changesMachines {
            remembered.withLock { remembered in
                remembered.targets.removeAll()
                remembered.changes += 1
            }
        }
        return result
    }

    private func engine(of token: String) -> any ExecutionEngine {
        TaskToken(token)?.partition == expressPartition ? express : standard
    }

    // MARK: Machines

    private func remembered(_ arn: String) -> StartTarget? { remembered.withLock { $0.targets[arn] } }

    /// What an ARN names, if it is of an EXPRESS machine.
    private func expressTarget(_ arn: String) async throws(ServiceError) -> StartTarget {
        let changes = remembered.withLock { $0.changes }
        let target = try await standard.startTarget(arn)
        guard target.machine.status == .active else {
            throw ServiceError(.stateMachineDeleting, "State Machine is being deleted: '\(arn)'")
        }
        guard target.machine.kind == .express else { throw .typeNotSupported }
        // An alias chooses anew each time.
        guard target.alias == nil else { return target }
        remembered.withLock { remembered in
            guard remembered.changes == changes else { return }
            if remembered.targets.count >= 1_000 { remembered.targets.removeAll() }
            remembered.targets[arn] = target
        }
        return target
    }
}

extension WriteOperation {
    /// Whether executions of some machine start differently from now on.
    fileprivate var changesStateMachine: Bool {
        switch self {
        case .insertStateMachine, .updateStateMachine, .deleteStateMachine, .deleteVersion: true
        default: false
        }
    }
}
