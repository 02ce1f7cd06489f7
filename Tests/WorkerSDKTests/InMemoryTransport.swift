import Synchronization
import TaskProtocol

@testable import WorkerSDK

/// A broker that does what the test says, and tells what was asked of it, in order.
final class InMemoryTransport: WorkerTransport {
    typealias Ticket = Int

    struct Content: Equatable {
        var type: String
        var body: String
    }

    enum Entry: Equatable {
        case published(String, to: String, body: String)
        /// One message with several in it.
        case batch([Content], to: String)
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
        var losesAll = false
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

    /// Whether publications get lost from now on.
    func losesAll(_ losesAll: Bool) { state.withLock { $0.losesAll = losesAll } }

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
                if state.isClosed || state.losesAll { return PublishResult.lost }
                return state.results.isEmpty ? .confirmed : state.results.removeFirst()
            }
        }
        // First, so that whoever is told finds all done that follows at once.
        then(results)
        for message in messages { enter(entry(message, queue)) }
    }

    private func entry(_ message: ProtocolEnvelope, _ queue: String) -> Entry {
        func text(_ body: [UInt8]) -> String { String(decoding: body, as: UTF8.self) }
        if message.type == MessageType.batch.rawValue, let members = try? MessageBatch.unpack(message) {
            return .batch(members.map { Content(type: $0.type ?? "", body: text($0.body)) }, to: queue)
        }
        return .published(message.type ?? "", to: queue, body: text(message.body))
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
