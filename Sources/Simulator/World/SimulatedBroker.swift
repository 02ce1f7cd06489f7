import Interpreter
import JSONValue
import Orchestrator

/// Queues as RabbitMQ keeps them: what was not acknowledged comes again when its consumer is gone.
struct SimulatedBroker {
    struct TaskQueue {
        var ready: [TaskMessage] = []
        var unacknowledged: [UInt64: TaskMessage] = [:]
    }

    /// What waits for the orchestrator.
    enum Inbound {
        case answer(token: String, TaskAnswer.Kind)
        case start(Int)
        /// A start that cannot be understood.
        case malformedStart
        /// A worker had to create its queue anew.
        case recreated(queue: String)
    }

    static let activityQueue = "activity.work"
    static let functionQueue = "function.f"
    static let taskQueues = [activityQueue, functionQueue]

    var isUp = true
    /// Publishers are not read until then.
    var blockedUntil = 0.0
    /// What the orchestrator published meanwhile.
    var heldBack: [Happening] = []
    /// The queues that exist, by name.
    var tasks: [String: TaskQueue] = [:]
    var hasInboundQueues = false
    var inbound: [(id: UInt64, message: Inbound)] = []
    /// What the orchestrator holds: gone back to `inbound` when its connection breaks.
    var held: [UInt64: Inbound] = [:]
    /// Tasks that are handed out over HTTP, held by the orchestrator's connection.
    var taken: [UInt64: TaskMessage] = [:]
    /// Tasks that their workers let go of when the queue was lost: nobody will answer them.
    var dropped: Set<UInt64> = []
    /// From now on the orchestrator gets what waits in any order.
    var shuffles = false
    private var lastID: UInt64 = 0

    mutating func newID() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// Nobody is connected any more.
    mutating func disconnectAll() {
        releaseOrchestrator()
        for name in tasks.keys {
            let lost = tasks[name]?.unacknowledged.sorted { $0.key < $1.key }.map(\.value) ?? []
            tasks[name]?.ready.insert(contentsOf: lost, at: 0)
            tasks[name]?.unacknowledged = [:]
        }
    }

    mutating func releaseOrchestrator() {
        inbound.insert(contentsOf: held.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, at: 0)
        held = [:]
        for message in taken.values.sorted(by: { $0.id > $1.id }) { tasks[message.queue]?.ready.insert(message, at: 0) }
        taken = [:]
    }

    mutating func wipe() {
        tasks = [:]
        inbound = []
        held = [:]
        taken = [:]
        hasInboundQueues = false
    }

    /// Whether the worker still holds the message.
    mutating func acknowledge(_ message: TaskMessage) {
        tasks[message.queue]?.unacknowledged[message.id] = nil
    }

    static func queue(of target: ScheduledTask.Target) -> String {
        switch target {
        case .activity(_, let name): "activity.\(name)"
        case .function(let name): "function.\(name)"
        // Carried out by the engine itself.
        case .service(let name, let action): "service.\(name).\(action)"
        }
    }

    /// The lane whose results a token belongs to.
    static func lane(ofToken token: String) -> Lane { TaskToken(token)?.partition == -1 ? .express : .standard }

    static func target(of queue: String) -> ScheduledTask.Target {
        queue == functionQueue ? .function(name: "f") : .activity(arn: "", name: "work")
    }
}
