import CBatonShims
import Synchronization

/// What a connection's users and its thread share.
///
/// Users append commands and wake the thread; the thread takes all of them at once. The lock is held for that only, and
/// no continuation or callback ever runs under it.
final class ConnectionCore: Sendable {
    typealias Completion = @Sendable ([PublishOutcome]) -> Void
    typealias Handler = @Sendable ([Delivery]) -> Void
    typealias RequestContinuation = CheckedContinuation<Result<Reply, AMQPError>, Never>

    enum Command: Sendable {
        case publish([OutboundMessage], Completion)
        case acknowledge([DeliveryTicket])
        case giveBack([DeliveryTicket], requeue: Bool)
        case declare(Topology, RequestContinuation)
        case forgetQueue(String)
        case forgetExchange(String)
        case delete(String, RequestContinuation)
        case purge(String, RequestContinuation)
        case inspect(String, RequestContinuation)
        case get(String, RequestContinuation)
        case consume(ConsumerSpec, Handler, RequestContinuation)
        case cancel(ConsumerID, requeue: Bool, RequestContinuation)
        case setPrefetch(UInt16, ConsumerID)
        /// The session is named too: gates are counted anew with each.
        case open(GateID, session: Int)
    }

    struct Registration: Sendable {
        var spec: ConsumerSpec
        var handler: Handler
    }

    enum Stage: Sendable {
        /// → running, ended
        case idle
        /// → stopping
        case running(CheckedContinuation<Void, Never>)
        /// → ended
        case stopping(CheckedContinuation<Void, Never>, drainUntil: Instant)
        case ended
    }

    private struct State: Sendable {
        var stage = Stage.idle
        /// A session exists: commands have a taker.
        var isLive = false
        /// It takes messages.
        var isReady = false
        var inbox: [Command] = []
        var status = ConnectionStatus.connecting(lastError: nil)
        var statistics = AMQPStatistics()
        var topology = Topology()
        var consumers: [ConsumerID: Registration] = [:]
        var nextConsumer: ConsumerID = 1
        var handshakeSocket: Int32 = -1
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let configuration: AMQPConfiguration
    let onStatus: (@Sendable (ConnectionStatus) -> Void)?
    let onTopologyRecovered: (@Sendable ([String]) -> Void)?
    let onMissing: AMQPConnection.MissingQueuesHandler?
    let onUnanswered: (@Sendable (String) -> Void)?
    let wakeup: baton_wakeup
    private let state = Mutex(State())

    init(
        _ configuration: AMQPConfiguration,
        onStatus: (@Sendable (ConnectionStatus) -> Void)?,
        onTopologyRecovered: (@Sendable ([String]) -> Void)?,
        onMissing: AMQPConnection.MissingQueuesHandler?,
        onUnanswered: (@Sendable (String) -> Void)?
    ) {
        self.configuration = configuration
        self.onStatus = onStatus
        self.onTopologyRecovered = onTopologyRecovered
        self.onMissing = onMissing
        self.onUnanswered = onUnanswered
        var wakeup = baton_wakeup(read_fd: -1, write_fd: -1)
        let error = baton_wakeup_open(&wakeup)
        precondition(error == 0, "no file descriptor is left for an AMQP connection (errno \(-error))")
        self.wakeup = wakeup
    }

    deinit {
        var wakeup = wakeup
        baton_wakeup_close(&wakeup)
    }

    private func wake() {
        withUnsafePointer(to: wakeup) { baton_wakeup_signal($0) }
    }

    var status: ConnectionStatus { state.withLock { $0.status } }
    var statistics: AMQPStatistics { state.withLock { $0.statistics } }

    // MARK: Life

    /// - Returns: false where it ran before, or was shut down; the continuation is unused then.
    func begin(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        state.withLock { state in
            guard case .idle = state.stage else { return false }
            state.stage = .running(continuation)
            return true
        }
    }

    /// Asks the thread to end.
    func stop(drain: Duration) {
        let neverRan = state.withLock { state in
            switch state.stage {
            case .idle:
                state.stage = .ended
                state.status = .closed
                return true
            case .running(let continuation):
                state.stage = .stopping(continuation, drainUntil: .now + drain)
            case .stopping(let continuation, let until):
                state.stage = .stopping(continuation, drainUntil: min(until, .now + drain))
            case .ended: return false
            }
            // Under the lock, so that the descriptor cannot have been closed and reused.
            if state.handshakeSocket >= 0 { baton_shutdown_socket(state.handshakeSocket) }
            return false
        }
        if neverRan { onStatus?(.closed) }
        wake()
    }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if case .ended = state.stage { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// The thread has ended.
    func ended() {
        setStatus(.closed)
        let (runner, waiters) = state.withLock { state in
            defer {
                state.stage = .ended
                state.waiters = []
            }
            switch state.stage {
            case .running(let continuation), .stopping(let continuation, _):
                return (Optional(continuation), state.waiters)
            case .idle, .ended: return (nil, state.waiters)
            }
        }
        runner?.resume()
        for waiter in waiters { waiter.resume() }
    }

    // MARK: The users' side

    /// - Returns: false where no session would take the command.
    func post(_ command: Command) -> Bool {
        let (taken, isFirst) = state.withLock { state in
            guard state.isLive else { return (false, false) }
            if case .publish = command, !state.isReady { return (false, false) }
            state.inbox.append(command)
            return (true, state.inbox.count == 1)
        }
        if isFirst { wake() }
        return taken
    }

    /// Posts a command that is answered; nil where there is no connection.
    func request(_ command: (RequestContinuation) -> Command) async -> Result<Reply, AMQPError> {
        await withCheckedContinuation { continuation in
            if !post(command(continuation)) {
                continuation.resume(returning: .failure(AMQPError(.notConnected, "not connected to the broker")))
            }
        }
    }

    func extend(_ topology: Topology) {
        state.withLock { $0.topology.merge(topology) }
    }

    func forget(queue: String) {
        state.withLock { $0.topology.remove(queue: queue) }
        _ = post(.forgetQueue(queue))
    }

    func forget(exchange: String) {
        state.withLock { $0.topology.remove(exchange: exchange) }
        _ = post(.forgetExchange(exchange))
    }

    func register(
        _ queue: String, prefetch: UInt16, exclusive: Bool, _ handler: @escaping Handler
    ) -> ConsumerSpec {
        state.withLock { state in
            let id = state.nextConsumer
            state.nextConsumer += 1
            let spec = ConsumerSpec(id: id, queue: queue, prefetch: prefetch, exclusive: exclusive)
            // Before the first session has been made this is how it gets to know of it.
            state.consumers[id] = Registration(spec: spec, handler: handler)
            return spec
        }
    }

    func unregister(_ id: ConsumerID) {
        state.withLock { _ = $0.consumers.removeValue(forKey: id) }
    }

    func setPrefetch(_ prefetch: UInt16, _ id: ConsumerID) {
        state.withLock { $0.consumers[id]?.spec.prefetch = prefetch }
        _ = post(.setPrefetch(prefetch, id))
    }

    // MARK: The thread's side

    /// The moment until which published messages may still be settled; nil: go on.
    var drainUntil: Instant? {
        state.withLock { if case .stopping(_, let until) = $0.stage { until } else { nil } }
    }

    func setHandshakeSocket(_ socket: Int32) {
        state.withLock { state in
            state.handshakeSocket = socket
            if socket >= 0, case .stopping = state.stage { baton_shutdown_socket(socket) }
        }
    }

    /// From now on commands have a taker, and the session starts with what is returned.
    func goLive() -> (topology: Topology, consumers: [Registration]) {
        state.withLock { state in
            state.isLive = true
            state.statistics.connects += 1
            return (state.topology, Array(state.consumers.values))
        }
    }

    func becomeReady() {
        state.withLock { $0.isReady = true }
    }

    var isReady: Bool { state.withLock { $0.isReady } }

    /// Before those who wait hear of what was lost with the session.
    func sessionEnded() {
        state.withLock { $0.isReady = false }
    }

    /// - Returns: the commands that nobody took.
    func goDown() -> [Command] {
        state.withLock { state in
            state.isLive = false
            state.isReady = false
            defer { state.inbox = [] }
            return state.inbox
        }
    }

    func takeCommands(into commands: inout [Command], _ statistics: AMQPStatistics?) {
        state.withLock { state in
            swap(&state.inbox, &commands)
            if var statistics {
                statistics.connects = state.statistics.connects
                state.statistics = statistics
            }
        }
    }

    func setStatus(_ status: ConnectionStatus) {
        let isChange = state.withLock { state in
            defer { state.status = status }
            return state.status != status
        }
        if isChange { onStatus?(status) }
    }
}
