import Synchronization
import TaskProtocol
import Testing

@testable import WorkerSDK

@Suite struct LostQueuesTests {
    /// A worker may die at any moment: before the broker has confirmed that the orchestrator will hear of the loss,
    /// nothing may look as if there had been none.
    @Test(
        arguments: [
            (["q"], [.confirmed], ["notice of q", "create"]),
            (["q", "r"], [.confirmed, .confirmed], ["notice of q", "notice of r", "create"]),
            (["q"], [.lost, .lost, .confirmed], ["notice of q", "notice of q", "notice of q", "create"]),
            (
                ["q"], [.refused("no queue baton.start"), .confirmed],
                ["notice of q", "declare starts", "notice of q", "create"]
            ),
            (["q", "r"], [.confirmed, .lost], ["notice of q", "notice of r"]),
        ] as [([String], [PublishResult], [String])])
    func `the notice comes first`(queues: [String], results: [PublishResult], expected: [String]) async {
        let steps = Mutex<[String]>([])
        @Sendable func note(_ step: String) { steps.withLock { $0.append(step) } }
        let next = Mutex(results[...])
        await LostQueues(queues: queues, create: { note("create") }).restore { envelope in
            #expect(envelope.type == "recreated" && envelope.deliveryMode == 2)
            for queue in queues where envelope.headers[HeaderName.queue] == .string(queue) {
                note("notice of \(queue)")
            }
            return next.withLock { $0.popFirst() } ?? .lost
        } declareStarts: {
            note("declare starts")
        } pause: { _ in
            // As when the worker is told to end.
            if next.withLock({ $0.isEmpty }) { throw CancellationError() }
        }
        #expect(steps.withLock { $0 } == expected)
    }
}
