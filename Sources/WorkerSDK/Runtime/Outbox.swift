import Synchronization
import TaskProtocol

/// What a worker has to tell the broker, gathered: messages, acknowledgements, and that tasks have ended.
///
/// A message of its own for everything costs the connection's thread and the broker more than the work itself. So runs
/// only leave things here, and whoever lets runs do something sees to it that they leave, by `send()`, or after a
/// handler by `gather()`: behind the handlers that are about to start, most of which will be done by then. Nothing
/// waits for a clock. What is for the same reader becomes one message, where that reader has offered to take batches.
final class Outbox<Transport: WorkerTransport>: Sendable {
    struct Parcel: Sendable {
        let envelope: ProtocolEnvelope
        let queue: String
        /// How many messages whoever reads the queue takes in one; nil where it takes none but single ones.
        var batch: Int?
        /// Called once, on any thread; must not block.
        let settled: @Sendable (PublishResult) -> Void
    }

    private struct State {
        var parcels: [Parcel] = []
        /// When the first of them came.
        var since = Duration.zero
        var tickets: [Transport.Ticket] = []
        var followers: [@Sendable () -> Void] = []
        var ended = 0
        /// Somebody gathers, and will send the parcels.
        var isGathering = false
        /// Somebody sends. One at a time: so everything leaves in the order in which it came.
        var isSending = false
    }

    private struct Load {
        var parcels: [Parcel]
        var tickets: [Transport.Ticket]
        var followers: [@Sendable () -> Void]
        var ended: Int

        var isEmpty: Bool { parcels.isEmpty && tickets.isEmpty && followers.isEmpty && ended == 0 }
    }

    private let transport: Transport
    private let work: OpenWork
    private let tasksEnded: @Sendable (Int) -> Void
    private let state = Mutex(State())

    /// For longer than that nobody waits for handlers that are about to start: those before them must be busy ones.
    static var patience: Duration { .milliseconds(1) }

    /// - Parameter tasksEnded: called after what those tasks left here has gone.
    init(_ transport: Transport, _ work: OpenWork, tasksEnded: @escaping @Sendable (Int) -> Void) {
        self.transport = transport
        self.work = work
        self.tasksEnded = tasksEnded
    }

    // MARK: Leaving things

    func post(_ parcel: Parcel, at now: Duration) {
        state.withLock { state in
            if state.parcels.isEmpty { state.since = now }
            state.parcels.append(parcel)
        }
    }

    func acknowledge(_ tickets: [Transport.Ticket]) {
        state.withLock { $0.tickets += tickets }
    }

    /// Calls what has to come after the acknowledgements.
    func follow(_ follower: @escaping @Sendable () -> Void) {
        state.withLock { $0.followers.append(follower) }
    }

    /// A task has left all that it will.
    func taskEnded() {
        state.withLock { $0.ended += 1 }
    }

    // MARK: Sending them

    /// Sends what is here, except messages for which somebody gathers.
    func send() { send(endsGathering: false) }

    /// To be called after a handler, in its task. Returns when the answer was sent, or somebody else will send it.
    func gather(at now: Duration) async {
        let isGatherer = state.withLock { state in
            // Who is the last sends at once, and so does who is alone.
            guard work.handlersWaiting > 0, !state.parcels.isEmpty, now - state.since < Self.patience else {
                state.isGathering = false
                return false
            }
            return !exchange(&state.isGathering, with: true)
        }
        if isGatherer {
            // To the end of the executor's queue. Twice: the first time not all of the handlers may be there yet.
            await Task.yield()
            if work.handlersWaiting > 0 { await Task.yield() }
        }
        send(endsGathering: isGatherer)
    }

    private func send(endsGathering: Bool) {
        var next = state.withLock { state in
            if endsGathering { state.isGathering = false }
            return state.isSending ? nil : take(&state)
        }
        while let load = next {
            if !load.tickets.isEmpty { transport.acknowledge(load.tickets) }
            for follower in load.followers { follower() }
            publish(load.parcels)
            if load.ended > 0 { tasksEnded(load.ended) }
            next = state.withLock { take(&$0) }
        }
    }

    private func take(_ state: inout State) -> Load? {
        var load = Load(parcels: [], tickets: [], followers: [], ended: exchange(&state.ended, with: 0))
        if !state.isGathering { swap(&load.parcels, &state.parcels) }
        swap(&load.tickets, &state.tickets)
        swap(&load.followers, &state.followers)
        state.isSending = !load.isEmpty
        return state.isSending ? load : nil
    }

    private func publish(_ parcels: [Parcel]) {
        guard let first = parcels.first else { return }
        if parcels.allSatisfy({ $0.queue == first.queue }) { return publish(parcels, to: first.queue) }
        for (queue, parcels) in Dictionary(grouping: parcels, by: \.queue) { publish(parcels, to: queue) }
    }

    private func publish(_ parcels: [Parcel], to queue: String) {
        let portions = Self.portions(of: parcels)
        transport.publish(portions.map(\.message), to: queue) { [self] results in
            var rest = parcels[...]
            for (portion, result) in zip(portions, results) {
                for parcel in rest.prefix(portion.count) { parcel.settled(result) }
                rest = rest.dropFirst(portion.count)
            }
            send()
        }
    }
}

// MARK: Batches

extension Outbox {
    /// Larger ones go alone: what a batch saves is nothing beside them, and they would hold the others up.
    static var largestInBatch: Int { 16 << 10 }

    /// These in their order, those that may share a message in as few as their reader takes.
    private static func portions(of parcels: [Parcel]) -> [(message: ProtocolEnvelope, count: Int)] {
        guard parcels.count > 1 else { return parcels.map { ($0.envelope, 1) } }
        var portions: [(message: ProtocolEnvelope, count: Int)] = []
        var rest = parcels[...]
        while let first = rest.first {
            let together = rest.prefix { $0.mayShare && $0.batch == first.batch }
            if let most = first.batch, together.count > 1 {
                let packed = MessageBatch.portions(of: together.map(\.envelope), atMost: most)
                portions += packed.map { ($0.message, $0.count) }
                rest = rest.dropFirst(together.count)
            } else {
                portions.append((first.envelope, 1))
                rest = rest.dropFirst()
            }
        }
        return portions
    }
}

extension Outbox.Parcel {
    fileprivate var mayShare: Bool { batch != nil && envelope.body.count <= Outbox<Transport>.largestInBatch }
}
