package import Interpreter
package import JSONValue

/// A state machine as CreateStateMachine made it and UpdateStateMachine last left it.
package struct StateMachineRecord: Sendable, Hashable {
    package enum Kind: String, Sendable { case standard = "STANDARD", express = "EXPRESS" }
    package enum Status: String, Sendable { case active = "ACTIVE", deleting = "DELETING" }

    package var arn: String
    package var name: String
    package var kind: Kind
    package var status: Status
    package var createdAt: Timestamp
    package var revision: StateMachineRevision
    /// Logging, tracing and encryption configurations and tags: stored and returned as given.
    package var settings: JSON
    /// The highest version number that was ever given out; 0 where nothing was published.
    package var lastVersion: Int

    package init(
        arn: String, name: String, kind: Kind, status: Status, createdAt: Timestamp, revision: StateMachineRevision,
        settings: JSON, lastVersion: Int = 0
    ) {
        self.arn = arn
        self.name = name
        self.kind = kind
        self.status = status
        self.createdAt = createdAt
        self.revision = revision
        self.settings = settings
        self.lastVersion = lastVersion
    }
}

/// What executions are started from; an update adds a revision, and running executions keep theirs.
package struct StateMachineRevision: Sendable, Hashable {
    /// The store's number for it. Assigned by the engine (`StoreWriter.nextRevisionNumber`), never used again.
    package var number: Int64
    /// AWS's revisionId, a UUID; `INITIAL` is not stored but shown for the first.
    package var id: String
    package var definition: String
    package var roleARN: String
    package var createdAt: Timestamp
    /// The machine's settings when the revision was made.
    package var settings: JSON

    package init(
        number: Int64, id: String, definition: String, roleARN: String, createdAt: Timestamp, settings: JSON = [:]
    ) {
        self.settings = settings
        self.number = number
        self.id = id
        self.definition = definition
        self.roleARN = roleARN
        self.createdAt = createdAt
    }
}

package struct ActivityRecord: Sendable, Hashable {
    package var arn: String
    package var name: String
    package var createdAt: Timestamp
    /// Encryption configuration and tags: stored and returned as given.
    package var settings: JSON

    package init(arn: String, name: String, createdAt: Timestamp, settings: JSON = [:]) {
        self.arn = arn
        self.name = name
        self.createdAt = createdAt
        self.settings = settings
    }
}

/// The row of one execution: what DescribeExecution shows, and where its reply goes.
package struct ExecutionRecord: Sendable, Hashable {
    package var identity: ExecutionIdentity
    package var revision: Int64
    package var status: ExecutionStatus
    /// The input's text exactly as it was given; its white space is the client's.
    package var input: String
    package var stoppedAt: Timestamp?
    package var output: String?
    package var error: String?
    package var cause: String?
    package var traceHeader: String?
    /// The number of the version that it was started from; nil for an unqualified start.
    package var version: Int?
    /// The name of the alias that it was started through.
    package var alias: String?
    /// Where the outcome is sent, for an execution that was started by a message with `reply_to`.
    package var reply: ReplyAddress?
    /// When it was last redriven.
    package var redrivenAt: Timestamp?
    /// The client tokens of its latest redrives.
    package var redriveTokens: [RedriveToken]
    /// Set for the children of map runs.
    package var child: MapRunChild?

    package struct ReplyAddress: Sendable, Hashable {
        package var queue: String
        package var correlationID: String?

        package init(queue: String, correlationID: String?) {
            self.queue = queue
            self.correlationID = correlationID
        }
    }

    package init(
        identity: ExecutionIdentity, revision: Int64, status: ExecutionStatus, input: String,
        stoppedAt: Timestamp? = nil, output: String? = nil, error: String? = nil, cause: String? = nil,
        traceHeader: String? = nil, version: Int? = nil, alias: String? = nil, reply: ReplyAddress? = nil,
        redrivenAt: Timestamp? = nil, redriveTokens: [RedriveToken] = [], child: MapRunChild? = nil
    ) {
        self.identity = identity
        self.revision = revision
        self.status = status
        self.input = input
        self.stoppedAt = stoppedAt
        self.output = output
        self.error = error
        self.cause = cause
        self.traceHeader = traceHeader
        self.version = version
        self.alias = alias
        self.reply = reply
        self.child = child
        self.redrivenAt = redrivenAt
        self.redriveTokens = redriveTokens
    }
}

/// What makes a repeated redrive request the same one.
package struct RedriveToken: Sendable, Hashable {
    package var token: String
    package var time: Timestamp

    package init(token: String, time: Timestamp) {
        self.token = token
        self.time = time
    }
}

/// The events of one step of one execution, as one row.
package struct JournalRow: Sendable, Hashable {
    package var execution: Int64
    /// Counts the execution's steps from 0, without a gap.
    package var sequence: Int
    /// History ids that the row holds; nil where all its events are internal.
    package var historyIDs: ClosedRange<Int>?
    package var time: Timestamp
    /// `Journal.encode`'s JSON text.
    package var events: [UInt8]

    package init(execution: Int64, sequence: Int, historyIDs: ClosedRange<Int>?, time: Timestamp, events: [UInt8]) {
        self.execution = execution
        self.sequence = sequence
        self.historyIDs = historyIDs
        self.time = time
        self.events = events
    }
}

package struct CheckpointRow: Sendable, Hashable {
    package var execution: Int64
    /// The last journal row it contains.
    package var sequence: Int
    package var state: [UInt8]

    package init(execution: Int64, sequence: Int, state: [UInt8]) {
        self.execution = execution
        self.sequence = sequence
        self.state = state
    }
}

/// What an execution is rebuilt from.
package struct StoredExecution: Sendable, Hashable {
    package var record: ExecutionRecord
    package var checkpoint: CheckpointRow?
    /// The rows beyond the checkpoint, in order.
    package var journal: [JournalRow]

    package init(record: ExecutionRecord, checkpoint: CheckpointRow?, journal: [JournalRow]) {
        self.record = record
        self.checkpoint = checkpoint
        self.journal = journal
    }
}

package struct TaskKey: Sendable, Hashable, Comparable {
    package var execution: Int64
    package var task: Int

    package init(execution: Int64, task: Int) {
        self.execution = execution
        self.task = task
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.execution, left.task) < (right.execution, right.task)
    }
}

/// An open attempt of a task. While `pending` it is the outbox; the row goes when the attempt closes.
package struct TaskRow: Sendable, Hashable {
    package enum Phase: Int, Sendable {
        /// To be published.
        case pending = 0
        /// The broker confirmed it.
        case published = 1
        /// Handed out over HTTP: no longer on the broker. Of a service: it was called, and more is to come.
        case taken = 2
    }

    package var key: TaskKey
    package var phase: Phase
    package var target: ScheduledTask.Target
    package var token: String
    package var state: String
    package var attempt: Int
    /// The body of its message: JSON.
    package var input: [UInt8]
    package var scheduledAt: Timestamp
    package var timeoutSeconds: Int?
    package var heartbeatSeconds: Int?
    package var executionARN: String
    package var stateMachineARN: String
    /// Who took it; for a job of a service, the ARN of the execution that it waits for.
    package var worker: String?

    package init(
        key: TaskKey, phase: Phase, target: ScheduledTask.Target, token: String, state: String, attempt: Int,
        input: [UInt8], scheduledAt: Timestamp, timeoutSeconds: Int?, heartbeatSeconds: Int?, executionARN: String,
        stateMachineARN: String, worker: String? = nil
    ) {
        self.key = key
        self.phase = phase
        self.target = target
        self.token = token
        self.state = state
        self.attempt = attempt
        self.input = input
        self.scheduledAt = scheduledAt
        self.timeoutSeconds = timeoutSeconds
        self.heartbeatSeconds = heartbeatSeconds
        self.executionARN = executionARN
        self.stateMachineARN = stateMachineARN
        self.worker = worker
    }
}

package struct TimerKey: Sendable, Hashable {
    package var execution: Int64
    /// The interpreter's number; negative for the engine's own lease watch of task `-timer`.
    package var timer: Int

    package init(execution: Int64, timer: Int) {
        self.execution = execution
        self.timer = timer
    }
}

package struct TimerRow: Sendable, Hashable {
    package var key: TimerKey
    package var due: Timestamp
    /// `TimerPurpose`'s raw value, or `lease`.
    package var purpose: String
    /// Seconds from arming to due: the interval that a heartbeat starts anew.
    package var interval: Double

    package init(key: TimerKey, due: Timestamp, purpose: String, interval: Double) {
        self.key = key
        self.due = due
        self.purpose = purpose
        self.interval = interval
    }
}

extension TimerRow {
    package var position: TimerPosition { TimerPosition(due: due, key: key) }
}

/// A place in the order in which timers come due; those due in the same instant stand in the order of their keys.
package struct TimerPosition: Sendable, Hashable, Comparable {
    package var due: Timestamp
    package var key: TimerKey

    package init(due: Timestamp, key: TimerKey) {
        self.due = due
        self.key = key
    }

    /// Before every timer.
    package static let start = TimerPosition(
        due: Timestamp(microseconds: .min), key: TimerKey(execution: .min, timer: .min))

    /// Behind every timer that is due at `instant`.
    package static func end(of instant: Timestamp) -> TimerPosition {
        TimerPosition(due: instant, key: TimerKey(execution: .max, timer: .max))
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.due, left.key.execution, left.key.timer) < (right.due, right.key.execution, right.key.timer)
    }
}

/// A message other than a task that has to reach the broker: the reply to a start.
package struct OutboxMessage: Sendable, Hashable {
    /// Assigned by the engine, ascending (`StoreWriter.nextOutboxNumber`).
    package var number: Int64
    package var queue: String
    package var correlationID: String?
    /// `success` or `failure`.
    package var type: String
    package var executionARN: String
    package var body: [UInt8]

    package init(
        number: Int64, queue: String, correlationID: String?, type: String, executionARN: String, body: [UInt8]
    ) {
        self.number = number
        self.queue = queue
        self.correlationID = correlationID
        self.type = type
        self.executionARN = executionARN
        self.body = body
    }
}
