package import JSONValue
package import StatesLanguage

/// Something that happens to a running execution.
package enum Stimulus: Sendable {
    /// A worker took the task. At most one counts per attempt; without one, the answer stands for it.
    case taskStarted(task: Int, worker: String?, at: Timestamp)
    case taskSucceeded(task: Int, output: JSON, worker: String?)
    /// The function or service behind a task returned. Where the task waits for more, for its token or for a job's end,
    /// that submits it, and the first later answer ends it; a second return of a submitted task counts as that answer.
    /// For any other task it is success.
    case taskReturned(task: Int, output: JSON, worker: String?)
    case taskFailed(task: Int, failure: StateFailure, worker: String?)
    /// The task could not even be handed out: an unknown function.
    case taskRefused(task: Int, failure: StateFailure)
    /// All children of a map run are done with; `output` is what the state makes of them.
    case mapRunSucceeded(arn: String, output: JSON)
    case mapRunFailed(arn: String, StateFailure)
    /// A timer of this execution came due.
    case timerFired(Int)
    /// StopExecution.
    case stop(StateFailure)
    /// Goes on where the last step left off for fairness, or where recovery found work undone.
    case resume
}

/// An error as ASL knows it: data, not a Swift error.
package struct StateFailure: Sendable, Hashable {
    package var error: String?
    package var cause: String?

    package init(error: String?, cause: String?) {
        self.error = error
        self.cause = cause
    }
}

/// What a step asks of the world. Nothing of it may happen before the step's events are on disk.
package enum Command: Sendable {
    case scheduleTask(ScheduledTask)
    /// The attempt's answer is no longer wanted.
    case cancelTask(task: Int, token: TaskToken)
    case armTimer(timer: Int, due: Timestamp, TimerPurpose)
    case cancelTimer(timer: Int)
    // Indirect, because it is large, and rare.
    indirect case startMapRun(MapRunPlan)
    /// Goes on with the children that did not succeed, and with the items that have none.
    case redriveMapRun(arn: String)
    /// Its children are no longer wanted.
    case abortMapRun(arn: String)
    case finish(ExecutionOutcome)
}

package enum TimerPurpose: String, Sendable, Hashable {
    case wait, retry, taskTimeout, executionTimeout
    /// Comes due when no sign of life came for the heartbeat interval. The engine moves it with each heartbeat, and
    /// tells the interpreter only when it came due for good.
    case heartbeat
}

/// One attempt of a task, to be handed to a worker.
package struct ScheduledTask: Sendable, Hashable {
    /// Shared with the event that tells of it.
    private let schedule: JournalEvent.TaskSchedule
    private let partition: Int
    private let execution: Int64
    package let state: String

    init(_ schedule: JournalEvent.TaskSchedule, of identity: ExecutionIdentity, state: String) {
        self.schedule = schedule
        partition = identity.partition
        execution = identity.key
        self.state = state
    }

    package enum Target: Sendable, Hashable {
        case activity(arn: String, name: String)
        case function(name: String)
        /// Carried out by Baton itself: `states` and `startExecution`, `aws-sdk:sfn` and `getActivityTask`.
        case service(name: String, action: String)
    }

    package var task: Int { schedule.task }
    package var token: TaskToken {
        TaskToken(partition: partition, execution: execution, task: schedule.task, secret: schedule.secret)
    }
    package var target: Target { schedule.target }
    /// 0 for the first attempt; each retry adds one.
    package var attempt: Int { schedule.attempt }
    /// What the worker gets.
    package var input: JSON { schedule.input }
    /// Seconds; nil without a limit.
    package var timeoutSeconds: Int? { schedule.timeoutSeconds }
    package var heartbeatSeconds: Int? { schedule.heartbeatSeconds }
    /// The timer that watches the heartbeat, where there is one.
    package var heartbeatTimer: Int? { schedule.heartbeatTimer }
    /// How long the state waits.
    package var pattern: TaskResource.Pattern { schedule.pattern }
    /// With `.waitForTaskToken` the return of the function or service does not end the task.
    package var waitsForToken: Bool { pattern == .waitForTaskToken }

    package static func == (left: Self, right: Self) -> Bool {
        left.schedule == right.schedule && left.partition == right.partition && left.execution == right.execution
            && left.state.hasSameUTF8(as: right.state)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(token) }
}

package enum ExecutionStatus: String, Sendable, Hashable, CaseIterable {
    case running = "RUNNING"
    case succeeded = "SUCCEEDED"
    case failed = "FAILED"
    case timedOut = "TIMED_OUT"
    case aborted = "ABORTED"
}

package struct ExecutionOutcome: Sendable, Hashable {
    package var status: ExecutionStatus
    package var output: JSON?
    package var failure: StateFailure?

    package init(status: ExecutionStatus, output: JSON? = nil, failure: StateFailure? = nil) {
        self.status = status
        self.output = output
        self.failure = failure
    }
}

/// What came of one stimulus: first the events are made durable, then the commands are carried out.
package struct Step: Sendable {
    package var events: [JournalEvent]
    package var commands: [Command]
    /// The execution could go on at once, but others shall have their turn: give it `.resume`.
    package var wantsResume: Bool
    /// What a slice was too small for. Nil always where the effort was full.
    package var postponed: Postponed?

    package enum Postponed: Sendable, Hashable {
        /// Nothing happened, and the step is empty: give the same stimulus again, with full effort.
        case stimulus
        /// The step's events hold. Give `.resume` with full effort.
        case rest
    }

    package init(
        events: [JournalEvent] = [], commands: [Command] = [], wantsResume: Bool = false, postponed: Postponed? = nil
    ) {
        self.events = events
        self.commands = commands
        self.wantsResume = wantsResume
        self.postponed = postponed
    }
}

/// Quotas, AWS's by default: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html.
package struct InterpreterLimits: Sendable, Hashable {
    /// History events of one execution.
    package var events = 25_000
    /// Bytes of UTF-8 of an input, output or result.
    package var payloadBytes = 262_144
    /// Bytes of UTF-8 of all variables of an execution together. A single variable, and all that one state sets, are
    /// held to `payloadBytes`.
    package var variableBytes = 10_485_760
    /// What one JSONata expression may cost: nodes evaluated and values visited, bytes made, and levels of evaluation.
    /// The steps, with an ``EvaluationWatch``, stand for AWS's second. All paths and functions of a transition together
    /// may take as many.
    package var expressionSteps = 5_000_000
    package var expressionMemory = 64 << 20
    package var expressionDepth = 1_000
    /// Transitions after which a step pauses with `wantsResume`.
    package var transitionsPerStep = 500
    package var slice = SliceLimits()
    /// Iterations of an inline Map at the same time, whatever MaxConcurrency says.
    package var mapConcurrency = 40

    package init() {}
}
