package import Interpreter
package import JSONValue

/// Port: carries tasks to workers and their answers back. Disposable: everything it holds can be made anew from the
/// store.
package protocol TaskBroker: Sendable {
    /// Connects, and reconnects for ever, until the task is cancelled; tells `events` what happens. Never throws for
    /// an absent broker.
    func run(_ events: @escaping @Sendable (BrokerEvent) -> Void) async

    var status: BrokerStatus { get }

    /// Sees to it that the targets' queues exist now and after every reconnect. Returns at once.
    func declare(_ targets: [ScheduledTask.Target])
    /// Deletes an activity's queue, with what is in it.
    func remove(_ target: ScheduledTask.Target)

    /// Hands tasks over; the outcomes come as `BrokerEvent.published`, in batches. Tasks handed over while there is
    /// no connection come back as `.lost`.
    func publish(_ tasks: [TaskRow])
    /// Publishes replies; the outcomes come as `BrokerEvent.sent`.
    func send(_ messages: [OutboxMessage])
    /// What a delivery brought is on disk.
    func acknowledge(_ deliveries: [BrokerDelivery])
    /// What a delivery brought could not be taken now; it comes again.
    func giveBack(_ deliveries: [BrokerDelivery])
    /// A delivery that is beyond understanding: to the dead letters, with the reason, then acknowledged.
    func bury(_ delivery: BrokerDelivery, reason: String)
    /// Tells workers that answers are no longer wanted. Best effort.
    func cancel(tokens: [String])
    /// Execution status changes, to whoever listens. Best effort.
    func announce(_ changes: [ExecutionAnnouncement])

    /// Takes one task of an activity for a client that polls over HTTP; nil when `timeout` passed or the calling task
    /// was cancelled. The task stays on the queue until `acknowledge`; `giveBack` returns it at once.
    func take(activity name: String, timeout: Duration) async -> TakenTask?

    /// Depth and consumers of the queues that exist; nil while there is no connection.
    func queues() async -> [QueueStatistics]?
}

/// A delivery, as the adapter knows it.
package struct BrokerDelivery: Sendable {
    package var id: UInt64
    package var epoch: UInt64

    package init(id: UInt64, epoch: UInt64) {
        self.id = id
        self.epoch = epoch
    }
}

package enum BrokerEvent: Sendable {
    /// Connected, topology declared, consuming.
    case ready
    case disconnected(reason: String)
    /// These queues are gone, and what they held with them. They are created anew when `create` is called, after the
    /// commit that says so: a crash in between finds them missing again. Calls on any thread.
    case missing(MissingQueues, create: @Sendable () -> Void)
    /// What was missing is there again: tasks may be published to it.
    case declared
    /// A worker found these queues gone and created them anew. Its message is acknowledged after the commit.
    case recreated([ScheduledTask.Target], BrokerDelivery?)
    case published([(TaskKey, PublishResult)])
    /// The reply is with the broker (or its queue is gone, which settles it too).
    case sent([Int64])
    case sendFailed([Int64])
    case answers([TaskAnswer])
    case starts([StartDelivery])
}

package struct MissingQueues: Sendable {
    /// Whose tasks are lost; activities are known by their name alone.
    package var targets: [ScheduledTask.Target]
    /// The broker lost everything, so workers' queues may be missing that nobody here knows of.
    package var isWiped: Bool

    package init(targets: [ScheduledTask.Target], isWiped: Bool = false) {
        self.targets = targets
        self.isWiped = isWiped
    }
}

package enum PublishResult: Sendable, Hashable {
    case confirmed
    /// No queue takes it.
    case unroutable
    /// The connection or the broker failed first; it may have arrived all the same.
    case lost
}

/// What a worker said about a task.
package struct TaskAnswer: Sendable {
    package enum Kind: Sendable {
        case started
        case heartbeat(JSON?)
        case success(JSON)
        case failure(StateFailure)
    }

    package var token: String
    package var kind: Kind
    package var worker: String?
    package var delivery: BrokerDelivery

    package init(token: String, kind: Kind, worker: String?, delivery: BrokerDelivery) {
        self.token = token
        self.kind = kind
        self.worker = worker
        self.delivery = delivery
    }
}

/// A message that asks for an execution.
package struct StartDelivery: Sendable {
    /// A name or an ARN.
    package var stateMachine: String
    package var name: String?
    package var input: String
    package var reply: ExecutionRecord.ReplyAddress?
    package var traceHeader: String?
    package var delivery: BrokerDelivery

    package init(
        stateMachine: String, name: String?, input: String, reply: ExecutionRecord.ReplyAddress?,
        traceHeader: String?, delivery: BrokerDelivery
    ) {
        self.stateMachine = stateMachine
        self.name = name
        self.input = input
        self.reply = reply
        self.traceHeader = traceHeader
        self.delivery = delivery
    }
}

package struct TakenTask: Sendable {
    package var token: String
    package var input: String
    package var delivery: BrokerDelivery

    package init(token: String, input: String, delivery: BrokerDelivery) {
        self.token = token
        self.input = input
        self.delivery = delivery
    }
}

package struct ExecutionAnnouncement: Sendable, Hashable {
    package var executionARN: String
    package var stateMachineARN: String
    package var stateMachineName: String
    package var name: String
    package var status: ExecutionStatus
    package var startedAt: Timestamp
    package var stoppedAt: Timestamp?
    package var output: String?
    package var error: String?
    package var cause: String?

    package init(
        executionARN: String, stateMachineARN: String, stateMachineName: String, name: String,
        status: ExecutionStatus, startedAt: Timestamp, stoppedAt: Timestamp? = nil, output: String? = nil,
        error: String? = nil, cause: String? = nil
    ) {
        self.executionARN = executionARN
        self.stateMachineARN = stateMachineARN
        self.stateMachineName = stateMachineName
        self.name = name
        self.status = status
        self.startedAt = startedAt
        self.stoppedAt = stoppedAt
        self.output = output
        self.error = error
        self.cause = cause
    }
}

package enum BrokerStatus: Sendable, Hashable {
    case connecting(lastError: String?)
    case connected(server: String)
    case blocked(reason: String)
}
