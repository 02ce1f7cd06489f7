import Synchronization
import TaskProtocol

@testable import WorkerSDK

/// A broker that does what the test says, and tells what was asked of it, in order.
final class InMemoryTransport: WorkerTransport {
    typealias Ticket = Int

    enum Entry: Equatable {
        case published(String, to: String, body: String)
        case acknowledged([Int])
        case capacity(Int, String)
        case stoppedConsuming
        case closed
    }

    private struct State {
        var receive: (@Sendable (TransportEvent<Int>) -> Void)?
        var early: [TransportEvent<Int>] = []
        var results: [PublishResult] = []
        var nextTicket = 1
        var isClosed = false
        var stopped = false
    }

    private let state = Mutex(State())
    private let entries = Mutex<[Entry]>([])
    private let entered = Signal()
    private let end: AsyncStream<Never>
    private let ending: AsyncStream<Never>.Continuation

    init() {
        (end, ending) = AsyncStream.makeStream()
    }

    // MARK: The test's side

    /// How the next publications end; after those, all are confirmed.
    func willPublish(_ results: [PublishResult]) { state.withLock { $0.results = results } }

    @discardableResult
    func deliver(
        _ envelope: ProtocolEnvelope, to source: TaskSource, redelivered: Bool = false
    ) -> Int {
        deliver([envelope], to: source, redelivered: redelivered)[0]
    }

    /// Tasks that come together.
    @discardableResult
    func deliver(_ envelopes: [ProtocolEnvelope], to source: TaskSource, redelivered: Bool = false) -> [Int] {
        let first = state.withLock { state in
            defer { state.nextTicket += envelopes.count }
            return state.nextTicket
        }
        let deliveries = envelopes.enumerated().map { offset, envelope in
            TaskDelivery(envelope: envelope, ticket: first + offset, redelivered: redelivered)
        }
        send(.tasks(source, deliveries))
        return deliveries.map(\.ticket)
    }

    func send(_ event: TransportEvent<Int>) {
        let receive = state.withLock { state in
            if state.receive == nil { state.early.append(event) }
            return state.receive
        }
        receive?(event)
    }

    /// What happens next.
    func next() async -> Entry {
        await entered.waitForOne()
        return entries.withLock { $0.isEmpty ? .closed : $0.removeFirst() }
    }

    private func enter(_ entry: Entry) {
        entries.withLock { $0.append(entry) }
        entered.send()
    }

    // MARK: The runtime's side

    func run(receive: @escaping @Sendable (TransportEvent<Int>) -> Void) async {
        let early = state.withLock { state in
            state.receive = receive
            defer { state.early = [] }
            return state.early
        }
        early.forEach(receive)
        for await _ in end {}
    }

    func publish(
        _ messages: [ProtocolEnvelope], to queue: String, then: @escaping @Sendable ([PublishResult]) -> Void
    ) {
        let results = state.withLock { state in
            messages.map { _ in
                state.isClosed ? .lost : state.results.isEmpty ? PublishResult.confirmed : state.results.removeFirst()
            }
        }
        for message in messages {
            enter(.published(message.type ?? "", to: queue, body: String(decoding: message.body, as: UTF8.self)))
        }
        then(results)
    }

    func acknowledge(_ tickets: [Int]) { enter(.acknowledged(tickets)) }

    func setCapacity(_ capacity: Int, of source: TaskSource) { enter(.capacity(capacity, source.name)) }

    func stopConsuming() async {
        let first = state.withLock { state in
            defer { state.stopped = true }
            return !state.stopped
        }
        if first { enter(.stoppedConsuming) }
    }

    func close() async {
        let first = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if first { enter(.closed) }
        ending.finish()
    }
}
