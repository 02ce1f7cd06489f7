package import Interpreter
package import JSONValue

/// How an execution ended, with all that StartSyncExecution answers.
package struct EndedExecution: Sendable, Hashable {
    package var arn: String
    package var name: String
    package var stateMachineARN: String
    package var startedAt: Timestamp
    package var stoppedAt: Timestamp
    package var status: ExecutionStatus
    /// As it was given.
    package var input: String
    package var output: String?
    package var error: String?
    package var cause: String?
    package var traceHeader: String?

    package init(
        arn: String, name: String, stateMachineARN: String, startedAt: Timestamp, stoppedAt: Timestamp,
        status: ExecutionStatus, input: String, output: String? = nil, error: String? = nil, cause: String? = nil,
        traceHeader: String? = nil
    ) {
        self.arn = arn
        self.name = name
        self.stateMachineARN = stateMachineARN
        self.startedAt = startedAt
        self.stoppedAt = stoppedAt
        self.status = status
        self.input = input
        self.output = output
        self.error = error
        self.cause = cause
        self.traceHeader = traceHeader
    }
}

/// An Express execution to be started: with its machine, since the engine that runs it keeps none.
package struct ExpressStart: Sendable {
    var target: StartTarget
    var name: String?
    var inputText: String
    var input: JSON
    var traceHeader: String?
    /// Where the outcome goes, and what asked for it, for a start that came as a message.
    var reply: ExecutionRecord.ReplyAddress?
    var delivery: BrokerDelivery?

    package init(
        target: StartTarget, name: String?, inputText: String, input: JSON, traceHeader: String? = nil,
        reply: ExecutionRecord.ReplyAddress? = nil, delivery: BrokerDelivery? = nil
    ) {
        self.target = target
        self.name = name
        self.inputText = inputText
        self.input = input
        self.traceHeader = traceHeader
        self.reply = reply
        self.delivery = delivery
    }
}

/// Whom to tell about an Express execution, and when.
package enum ExpressCaller: Sendable {
    case nobody
    /// StartExecution.
    case awaitsStart(Reply<StartedExecution>)
    /// StartSyncExecution.
    case awaitsEnd(Reply<EndedExecution>)

    func refuse(_ error: ServiceError) {
        switch self {
        case .nobody: break
        case .awaitsStart(let reply): reply(.failure(error))
        case .awaitsEnd(let reply): reply(.failure(error))
        }
    }
}

/// An engine whose executions live and die with its process.
package protocol ExpressEngine: ExecutionEngine {
    /// The one in its task tokens.
    var partition: Int { get }
    /// Starts an execution of `target`, which the request's ARN led to. No name is ever taken: there is no
    /// idempotency.
    func start(_ request: StartRequest, of target: StartTarget) async throws(ServiceError) -> StartedExecution
    /// Starts one and waits for its end. Cancelling the call does not stop the execution.
    func startSync(_ request: StartRequest, of target: StartTarget) async throws(ServiceError) -> EndedExecution
    /// Takes over a start that came as a message.
    func start(_ message: ExpressMessage)
}

/// An engine that has the state machines.
package protocol DurableEngine: ExecutionEngine {
    /// What executions of an ARN start from: of a machine, a version, or an alias, which chooses its version anew each
    /// time.
    func startTarget(_ arn: String) async throws(ServiceError) -> StartTarget
}

/// A start message that turned out to be for an EXPRESS machine.
package struct ExpressMessage: Sendable {
    package var start: ExpressStart
}

extension ExecutionEngine {
    package func start(
        _ request: StartRequest, reply: @escaping @Sendable (Result<StartedExecution, ServiceError>?) -> Void
    ) {
        reply(nil)
    }

    /// StartSyncExecution: for an engine of STANDARD executions, a wrong question.
    package func startSync(_ request: StartRequest) async throws(ServiceError) -> EndedExecution {
        throw ServiceError.typeNotSupported
    }

    package func runOnce(_ machine: StateMachineRecord, input: String) async throws(ServiceError) -> EndedExecution {
        throw ServiceError.typeNotSupported
    }
}

extension ServiceError {
    /// The operation is for the other type of state machine; in AWS's words.
    static var typeNotSupported: ServiceError {
        ServiceError(
            .stateMachineTypeNotSupported, "This operation is not supported by this type of state machine")
    }
}
