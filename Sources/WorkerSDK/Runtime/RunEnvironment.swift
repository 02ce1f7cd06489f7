import JSONValue
import Logging
import TaskProtocol

/// What every run of a worker shares.
final class RunEnvironment<Transport: WorkerTransport, Clock: WorkerClock>: Sendable {
    typealias Run = TaskRun<Transport, Clock>

    let outbox: Outbox<Transport>
    let work: OpenWork
    let clock: Clock
    let registry = RunRegistry<Transport, Clock>()
    let alarms = Alarms<Run>()
    let metrics: WorkerMetrics
    let identity: String
    let lease: Duration
    let logger: Logger
    let wallTime: @Sendable () -> Timestamp
    let probe: (@Sendable (TaskMoment) -> Void)?
    /// Somebody has to ask for the alarms that are due then.
    private let sleepUntil: @Sendable (Duration) -> Void
    /// Changes how many tasks of that source are not the broker's any more, but still ours: they take up room that the
    /// broker would fill.
    private let changeReleased: @Sendable (TaskSource, Int) -> Void

    /// How long after a deadline the worker itself fails the task. The orchestrator does so on the dot, and its word
    /// makes the better history; ours is for clocks that differ and orchestrators that are away.
    static var deadlineGrace: Duration { .seconds(2) }

    init(
        _ runtime: WorkerRuntime<Clock>, _ transport: Transport, _ work: OpenWork,
        sleepUntil: @escaping @Sendable (Duration) -> Void, tellEnd: @escaping @Sendable () -> Void
    ) {
        // Shared by the runs, hence behind a lock; only the counts, so that changes cannot be lost.
        let released = ReleasedLeases(runtime.capacities)
        outbox = Outbox(transport, work) { if work.end($0) { tellEnd() } }
        self.work = work
        clock = runtime.clock
        metrics = runtime.metrics
        identity = runtime.configuration.identity
        lease = runtime.configuration.lease
        logger = runtime.logger
        wallTime = runtime.wallTime
        probe = runtime.probe
        self.sleepUntil = sleepUntil
        changeReleased = { released.change($0, by: $1, transport.setCapacity) }
    }

    /// Sees to it that the run is woken then; nil: not at all.
    func wake(_ run: Run, at time: Duration?) {
        if let time = alarms.set(time, for: run) { sleepUntil(time) }
    }

    func leaseReleased(_ source: TaskSource) { outbox.follow { [self] in changeReleased(source, 1) } }
    func leaseEnded(_ source: TaskSource) { outbox.follow { [self] in changeReleased(source, -1) } }
}

/// What all the tasks of one source share.
final class RunKind: Sendable {
    let source: TaskSource
    let handler: TaskHandler
    let metrics: SourceMetrics

    init(_ source: TaskSource, _ handler: TaskHandler, _ metrics: SourceMetrics) {
        self.source = source
        self.handler = handler
        self.metrics = metrics
    }
}
