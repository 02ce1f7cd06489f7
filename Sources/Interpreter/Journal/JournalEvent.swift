package import JSONValue
package import StatesLanguage

/// One fact of an execution's life. The journal of these is the truth: folding it gives the execution, and AWS's
/// history is a projection of it.
///
/// An event holds everything that a second evaluation might see differently: evaluated inputs and outputs, the chosen
/// next state, delays, deadlines, task secrets. So folding it never evaluates anything.
package struct JournalEvent: Sendable, Equatable {
    /// The id in AWS's history, without gaps from 1; nil for what AWS's history does not show.
    package var id: Int?
    /// The event that this one follows within its branch; 0 for none.
    package var previousID: Int
    package var time: Timestamp
    /// The scope that it happened in: 0 is the machine itself, others are Parallel branches and Map iterations.
    package var scope: Int
    package var kind: Kind

    package init(id: Int?, previousID: Int, time: Timestamp, scope: Int, kind: Kind) {
        self.id = id
        self.previousID = previousID
        self.time = time
        self.scope = scope
        self.kind = kind
    }
}

extension JournalEvent {
    package enum Kind: Sendable, Equatable {
        case executionStarted(input: JSON, roleARN: String, timeout: Timer?)
        case executionSucceeded(output: JSON)
        case executionFailed(StateFailure)
        case executionTimedOut
        case executionAborted(StateFailure)
        /// An execution that had ended goes on. `state` is a checkpoint: as it was before what ended it, and with
        /// everything that was under way to be attempted again.
        case executionRedriven(count: Int, state: JSON, timeout: Timer?)

        case stateEntered(StateKind, name: String, input: JSON)
        /// `next` is nil where the scope ends with this state. `assigned` are the variables that it set, by name.
        case stateExited(StateKind, name: String, output: JSON, assigned: JSONObject = JSONObject(), next: String?)
        /// The state was left because its branch, or another one, failed.
        case stateAborted(StateKind)
        /// An expression failed, and the state with it. `field` is its place in the state.
        case evaluationFailed(StateFailure, state: String, field: String?)

        case taskScheduled(TaskSchedule)
        /// Watches for signs of life from now on; moving it with each heartbeat is left to the engine.
        case heartbeatArmed(task: Int, Timer)
        case taskStarted(task: Int, Integration, resource: String, worker: String?)
        /// The service answered, or the function returned; what ends the task is still to come.
        case taskSubmitted(task: Int, Integration, resource: String, output: JSON)
        case taskSucceeded(task: Int, Integration, resource: String, output: JSON)
        case taskFailed(task: Int, Integration, resource: String, StateFailure)
        case taskTimedOut(task: Int, Integration, resource: String, StateFailure)

        /// A scope of its own begins for each branch of the state; `input` goes to all of them.
        case parallelStarted(input: JSON)
        case parallelSucceeded
        case parallelFailed
        /// Iterations begin with `iterationStarted`.
        case mapStarted(MapPlan)
        case mapSucceeded
        case mapFailed
        /// A distributed Map; `length` is 0 where the items have yet to be read.
        case distributedMapStarted(length: Int)
        /// The items are child executions, which a map run looks after.
        case mapRunStarted(arn: String)
        case mapRunSucceeded
        case mapRunFailed(StateFailure)
        case mapRunAborted
        /// The execution was redriven, and the map run goes on with what did not succeed.
        case mapRunRedriven(arn: String, count: Int)
        /// Happens in the Map's scope, and begins the iteration's.
        case iterationStarted(name: String, index: Int, input: JSON)
        case iterationSucceeded(name: String, index: Int)
        /// Tolerated: the Map goes on.
        case iterationFailed(name: String, index: Int, tolerated: Bool)
        case iterationAborted(name: String, index: Int)
        /// All scopes below this one are gone, with their tasks and timers. What follows in this scope follows the
        /// event `previous`.
        case regionClosed(previous: Int)

        /// A Wait state waits.
        case waitStarted(Timer)
        /// The failed attempt is made again when the timer comes due. `retrier` is the position in `Retry`.
        case retryScheduled(retrier: Int, Timer)
        case timerFired(timer: Int)
    }

    package struct Timer: Sendable, Hashable {
        package var timer: Int
        package var due: Timestamp

        package init(timer: Int, due: Timestamp) {
            self.timer = timer
            self.due = due
        }
    }

    /// Everything about one attempt of a task. A class, as it is large, never changes, and is handed around a lot.
    package final class TaskSchedule: Sendable, Equatable {
        package let task: Int
        package let secret: TaskToken.Secret
        package let target: ScheduledTask.Target
        package let integration: Integration
        /// The `Resource` as written for activities and functions; the action with its pattern for integrations:
        /// `invoke.waitForTaskToken`.
        package let resource: String
        /// The region of the integrated service, for history.
        package let region: String
        /// What history shows as input, or as parameters of an integration.
        package let parameters: JSON
        /// What the worker gets; nil where that is `parameters`.
        package let payload: JSON?
        package let attempt: Int
        package let timeoutSeconds: Int?
        package let heartbeatSeconds: Int?
        package let timeout: Timer?
        package let heartbeatTimer: Int?
        /// How long the state waits, which its resource ends with.
        package let pattern: TaskResource.Pattern
        let isActivity: Bool
        /// Whether a function's return value is the answer.
        let endsWithReturn: Bool

        package var input: JSON { payload ?? parameters }

        package init(
            task: Int, secret: TaskToken.Secret, target: ScheduledTask.Target, integration: Integration,
            resource: String, region: String, parameters: JSON, payload: JSON?, attempt: Int,
            timeoutSeconds: Int?, heartbeatSeconds: Int?, timeout: Timer?, heartbeatTimer: Int?
        ) {
            self.task = task
            self.secret = secret
            self.target = target
            self.integration = integration
            self.resource = resource
            self.region = region
            self.parameters = parameters
            self.payload = payload
            self.attempt = attempt
            self.timeoutSeconds = timeoutSeconds
            self.heartbeatSeconds = heartbeatSeconds
            self.timeout = timeout
            self.heartbeatTimer = heartbeatTimer
            pattern = TaskResource.Pattern(integration, resource)
            isActivity = integration.isActivity
            let isFunction = if case .function = target { true } else { false }
            endsWithReturn = isFunction && pattern == .requestResponse
        }

        package static func == (left: TaskSchedule, right: TaskSchedule) -> Bool {
            left === right
                || left.task == right.task && left.secret == right.secret && left.target == right.target
                    && left.integration == right.integration && left.resource == right.resource
                    && left.region == right.region && left.parameters == right.parameters
                    && left.payload == right.payload && left.attempt == right.attempt
                    && left.timeoutSeconds == right.timeoutSeconds && left.heartbeatSeconds == right.heartbeatSeconds
                    && left.timeout == right.timeout && left.heartbeatTimer == right.heartbeatTimer
        }
    }

    /// In which of AWS's forms a task appears in the history.
    package enum Integration: Sendable, Hashable {
        case activity, function
        /// `lambda:invoke`
        case invoke
        /// `lambda:invoke.waitForTaskToken`
        case callback
        /// Any other service, under the name that history shows as `resourceType`: `states`, `aws-sdk:sfn`.
        case service(String)
    }

    /// What a Map state iterates over, and when it gives up.
    package struct MapPlan: Sendable, Equatable {
        package var items: [JSON]
        /// 0 means no limit.
        package var maxConcurrency: Int
        /// Nil: one failed iteration fails the state.
        package var toleratedFailureCount: Int?
        package var toleratedFailurePercentage: Double?
        /// The state's effective input, which an ItemSelector sees as `$`; nil where the items are not selected.
        package var input: JSON?

        package init(
            items: [JSON], maxConcurrency: Int, toleratedFailureCount: Int?, toleratedFailurePercentage: Double?,
            input: JSON?
        ) {
            self.items = items
            self.maxConcurrency = maxConcurrency
            self.toleratedFailureCount = toleratedFailureCount
            self.toleratedFailurePercentage = toleratedFailurePercentage
            self.input = input
        }
    }

    /// The state's type, as the names of events spell it: `PassStateEntered`.
    package enum StateKind: String, Sendable, Hashable, CaseIterable {
        case pass = "Pass"
        case task = "Task"
        case choice = "Choice"
        case wait = "Wait"
        case succeed = "Succeed"
        case fail = "Fail"
        case parallel = "Parallel"
        case map = "Map"
    }
}

extension JournalEvent.Kind {
    /// Whether AWS's history shows it.
    package var isInHistory: Bool {
        switch self {
        case .heartbeatArmed, .regionClosed, .waitStarted, .retryScheduled, .timerFired: false
        default: true
        }
    }

    /// Whether it ends the execution.
    package var isEnd: Bool {
        switch self {
        case .executionSucceeded, .executionFailed, .executionTimedOut, .executionAborted: true
        default: false
        }
    }
}
