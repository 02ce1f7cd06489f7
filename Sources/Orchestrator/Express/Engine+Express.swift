import Interpreter
import JSONValue

extension Engine: ExpressEngine {
    package func start(
        _ request: StartRequest, of target: StartTarget
    ) async throws(ServiceError) -> StartedExecution {
        let start = try expressStart(request, of: target)
        return try await ask { .startExpress(start, .awaitsStart($0)) }
    }

    package func startSync(
        _ request: StartRequest, of target: StartTarget
    ) async throws(ServiceError) -> EndedExecution {
        let start = try expressStart(request, of: target)
        return try await ask { .startExpress(start, .awaitsEnd($0)) }
    }

    package func start(_ message: ExpressMessage) { submit(.startExpress(message.start, .nobody)) }

    /// Returns when no execution is open any more, or after `seconds`; callers that still wait are refused then. What is
    /// open after that ends with the process. To be called again does no harm.
    package func drain(seconds: Double) async {
        let deadline = clock.now().adding(seconds: seconds)
        let _: Void? = try? await ask { .drain(until: deadline, $0) }
    }

    /// The same, without waiting.
    package func beginDraining(seconds: Double) {
        submit(.drain(until: clock.now().adding(seconds: seconds), { _ in }))
    }

    private func expressStart(
        _ request: StartRequest, of target: StartTarget
    ) throws(ServiceError) -> ExpressStart {
        let input: JSON
        do throws(JSONError) {
            input = try JSON(parsing: request.input)
        } catch {
            throw ServiceError(.invalidExecutionInput, InvalidInput.message(for: request.input, error))
        }
        return ExpressStart(
            target: target, name: request.name, inputText: request.input, input: input,
            traceHeader: request.traceHeader)
    }
}

extension Engine: DurableEngine {
    package func startTarget(_ arn: String) async throws(ServiceError) -> StartTarget {
        try await ask { .resolve(arn, $0) }
    }
}
