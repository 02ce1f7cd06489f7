package import Interpreter
import JSONValue
package import OrderedCollections
import Telemetry

/// What a batch leads to once it is on disk; dropped, all of it, when it could not be written.
package struct Effects {
    package var replies: [@Sendable () -> Void] = []
    package var acknowledge: [BrokerDelivery] = []
    package var giveBack: [BrokerDelivery] = []
    package var bury: [(delivery: BrokerDelivery, reason: String)] = []
    package var publish: OrderedDictionary<TaskKey, TaskRow> = [:]
    package var send: [OutboxMessage] = []
    package var cancel: [String] = []
    package var announce: [ExecutionAnnouncement] = []
    package var declare: [ScheduledTask.Target] = []
    /// Operations of services that take their time.
    package var calls: [ServiceCall] = []
    package var compute: [Computation] = []
    /// Computations that nobody waits for any more.
    package var abandon: [Cancellation] = []
    /// What happened, to be counted once it has.
    var counted: [Counter] = []
    /// Starts that the engine of Express executions takes over.
    package var handOver: [ExpressMessage] = []
    var log: [LoggedEvents] = []
    /// Some of what is published has done its work once the broker has it: its confirmation does not wait.
    var awaitsDelivery = false
    /// It is quiet after much has happened: memory is given back.
    var releasesMemory = false

    // Changes of what the engine holds in memory, made only when the commit succeeded.
    /// The last word on each timer: armed, or cleared.
    var timers: [TimerKey: TimerRow?] = [:]
    var newFunctions: [String] = []
    var rescanOutbox = false
    /// The replies that waited to be sent again are among `send`.
    var hasResent = false
    /// When executions are to be removed next; nil inside for never, nil where that did not change.
    var removalDue: Timestamp??
    /// An execution ended, and will be removed in its time.
    var hasClosed = false
    /// To be done with an object store.
    package var mapRunJobs: [MapRunJob] = []

    init() {}

    /// - Parameter events: How many lead to them: a table that grows with each is built several times over.
    init(of events: Int) {
        guard events > 8 else { return }
        publish.reserveCapacity(events)
        timers.reserveCapacity(events)
    }

    mutating func merge(_ other: Effects) {
        replies += other.replies
        acknowledge += other.acknowledge
        giveBack += other.giveBack
        bury += other.bury
        publish.merge(other.publish) { $1 }
        send += other.send
        cancel += other.cancel
        announce += other.announce
        declare += other.declare
        calls += other.calls
        compute += other.compute
        abandon += other.abandon
        counted += other.counted
        handOver += other.handOver
        log += other.log
        timers.merge(other.timers) { $1 }
        newFunctions += other.newFunctions
        mapRunJobs += other.mapRunJobs
        rescanOutbox = rescanOutbox || other.rescanOutbox
        removalDue = other.removalDue ?? removalDue
        hasClosed = hasClosed || other.hasClosed
        hasResent = hasResent || other.hasResent
        releasesMemory = releasesMemory || other.releasesMemory
        awaitsDelivery = awaitsDelivery || other.awaitsDelivery
    }
}
