package import JSONValue
package import StatesLanguage

/// A running execution, as the fold of its journal.
///
/// There are two ways to change it, and they end in the same place. ``handle(_:at:using:)`` decides what a stimulus
/// leads to: it evaluates, and puts every consequence into an event. ``apply(_:)`` folds one event, and evaluates
/// nothing. Deciding changes the state through events alone, so an execution rebuilt from its journal equals the one
/// that wrote it.
package struct Execution: Sendable {
    private let fixed: Fixed

    package internal(set) var status: ExecutionStatus = .running
    /// How it ended; nil while it runs.
    package internal(set) var outcome: ExecutionOutcome? {
        get { ending?.outcome }
        set { ending = newValue.map(Ending.init) }
    }
    private var ending: Ending?
    /// The id of the latest event in AWS's history; 0 before the first.
    package internal(set) var lastEventID = 0

    /// How often it was redriven, and when the last time was.
    package internal(set) var redriveCount = 0
    var redrivenAt: Timestamp?

    package internal(set) var input: JSON = .null
    /// Bytes that the variables of all scopes take together.
    var variableBytes = 0
    /// By slot: the root in slot 0, Parallel branches and Map iterations in any other. Slots are used again.
    var scopes: [Scope] = []
    var freeSlots: [Int] = []
    /// The scopes that can go on without any stimulus; the last one is next.
    var ready: [Int] = []
    /// The Parallel or Map state in progress in a scope, by the scope's slot.
    var regions: [Int: Region] = [:]
    var tasks = NumberTable<OpenTask>()
    var timers = NumberTable<ArmedTimer>()
    var nextTask = 1
    var nextTimer = 1
    /// What stands in for the world while a single state is tested; nil for a real execution.
    var bench: TestBench?
    /// Of what is being decided, and no part of the fold.
    // Proof: whoever decides has the execution to itself, and `turn` takes the work away at its end.
    nonisolated(unsafe) var work = Work()

    init(
        identity: ExecutionIdentity, definition: StateMachineDefinition, limits: InterpreterLimits
    ) {
        fixed = Fixed(identity: identity, definition: definition, limits: limits)
    }

    /// Folds a whole journal.
    package init(
        rebuilding identity: ExecutionIdentity, definition: StateMachineDefinition, limits: InterpreterLimits = .init(),
        from events: some Sequence<JournalEvent>
    ) {
        self.init(identity: identity, definition: definition, limits: limits)
        for event in events { apply(event) }
    }

    /// What never changes: an execution is moved around a lot, and should be small.
    private final class Fixed: Sendable {
        let identity: ExecutionIdentity
        let definition: StateMachineDefinition
        let limits: InterpreterLimits
        /// The region in the execution's ARN.
        let region: String

        init(identity: ExecutionIdentity, definition: StateMachineDefinition, limits: InterpreterLimits) {
            self.identity = identity
            self.definition = definition
            self.limits = limits
            region = identity.region
        }
    }

    /// For the same reason.
    private final class Ending: Sendable {
        let outcome: ExecutionOutcome
        init(_ outcome: ExecutionOutcome) { self.outcome = outcome }
    }

    package var identity: ExecutionIdentity { fixed.identity }
    var definition: StateMachineDefinition { fixed.definition }
    var limits: InterpreterLimits { fixed.limits }
    var region: String { fixed.region }
}

extension Execution {
    /// Whether a scope can go on without any stimulus, so that `.resume` has work to do.
    package var wantsResume: Bool {
        @inline(__always) get { status == .running && !ready.isEmpty }
    }

    /// The attempts that wait for an answer, in the order in which they were made.
    package var openTasks: [ScheduledTask] {
        tasks.entries.map { scheduledTask($0.value.schedule, in: $0.value.state) }
    }

    /// The attempt with this number, if it still waits for an answer.
    package func openTask(_ task: Int) -> ScheduledTask? {
        tasks[task].map { scheduledTask($0.schedule, in: $0.state) }
    }

    package func hasOpenTask(_ task: Int) -> Bool { tasks[task] != nil }

    /// Whether nothing but its delivery is awaited of this attempt: it ends, with `.taskSucceeded`, once the broker has it.
    package func endsWhenDelivered(_ task: Int) -> Bool { tasks[task]?.schedule.isEvent ?? false }

    /// The timers that are armed, in the order in which they were armed.
    package var openTimers: [OpenTimer] {
        timers.entries.map {
            OpenTimer(timer: $0.key, due: $0.value.due, purpose: $0.value.purpose, task: $0.value.task)
        }
    }

    func scheduledTask(_ schedule: JournalEvent.TaskSchedule, in state: String) -> ScheduledTask {
        ScheduledTask(schedule, of: identity, state: state)
    }
}

extension Execution: Equatable {
    package static func == (left: Execution, right: Execution) -> Bool {
        left.identity == right.identity && left.limits == right.limits && left.status == right.status
            && left.outcome == right.outcome && left.lastEventID == right.lastEventID && left.input == right.input
            && left.variableBytes == right.variableBytes
            && (left.status != .running || left.scopes == right.scopes) && left.freeSlots == right.freeSlots
            && left.ready == right.ready
            && left.regions == right.regions && left.tasks == right.tasks && left.timers == right.timers
            && left.redriveCount == right.redriveCount && left.redrivenAt == right.redrivenAt
            && left.nextTask == right.nextTask && left.nextTimer == right.nextTimer
    }
}
