import JSONValue
import Synchronization

/// Calls services beside the engine's thread; each call is a structured task of `run`.
final class ServiceLane: Sendable {
    private let requests: AsyncStream<ServiceCall>
    private let continuation: AsyncStream<ServiceCall>.Continuation
    private let caller = Mutex<(any ServiceCaller)?>(nil)

    init() {
        (requests, continuation) = AsyncStream.makeStream()
    }

    func use(_ newCaller: any ServiceCaller) { caller.withLock { $0 = newCaller } }

    func submit(_ call: ServiceCall) { continuation.yield(call) }

    /// Until the calling task is cancelled.
    func run(_ answer: @escaping @Sendable (TaskKey, Result<JSON, ServiceError>) -> Void) async {
        await withDiscardingTaskGroup { group in
            for await request in requests {
                guard let caller = caller.withLock({ $0 }) else { continue }
                group.addTask {
                    let result: Result<JSON, ServiceError>
                    do throws(ServiceError) {
                        result = .success(try await caller.call(request.service, request.action, request.parameters))
                    } catch {
                        result = .failure(error)
                    }
                    // What a shutdown interrupted is called again after the start.
                    if !Task.isCancelled { answer(request.task, result) }
                }
            }
            group.cancelAll()
        }
    }
}
