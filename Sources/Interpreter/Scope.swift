import JSONValue
import StatesLanguage

/// One thread of control: the machine itself, a Parallel branch or a Map iteration.
struct Scope: Sendable {
    /// Slot of the scope whose Parallel or Map state this belongs to; -1 for the root.
    var parent: Int
    /// Number of the branch or iteration.
    var index: Int
    var block: StatesBlock
    private(set) var phase: Phase
    /// Follows from the phase.
    private(set) var readiness: Readiness
    /// The state that was entered last.
    var state: State?
    /// What `find` found, until it is entered. No part of the fold: it only saves looking it up once more.
    private var found: State?
    /// Input of the state as it came in, before InputPath; after the last state, the scope's output.
    var input: JSON
    /// What its states have assigned. Those around it see nothing of it, those within it do.
    var variables = JSONObject()
    /// The item of a Map iteration.
    var item: JSON?
    /// Id of the event with which the state was entered, and its time.
    var enteredID = 0
    /// The event that this one follows.
    var enteredAfter = 0
    var enteredAt = Timestamp(microseconds: 0)
    /// Id of the event that the next one in this scope follows.
    var last: Int
    /// How often each retrier of the state was used; empty until one was.
    var retries: [Int] = []
    var retryCount = 0

    enum Phase: Sendable, Equatable {
        /// Its slot is free.
        case gone
        /// A state is chosen; it is not entered yet.
        case entering(String)
        /// The state was entered, or its retry has come: the attempt is to be made.
        case entered
        /// A Wait state that waits.
        case waiting(timer: Int)
        /// A Wait state that waited long enough.
        case waited
        case task(Int)
        /// The task has this result, and the state is to be left with it.
        case returned(JSON)
        /// A Parallel or Map state in progress.
        case region
        /// A distributed Map in progress, by its map run's ARN.
        case mapRun(String)
        /// Its map run is to be redriven.
        case mapRunAgain(String)
        case retrying(timer: Int)
        /// Between an end and what follows of it in the same step.
        case settling
        /// There is an output, and whoever waits for it has to be told.
        case finished

        fileprivate var readiness: Readiness {
            switch self {
            case .entering, .entered, .waited, .returned, .mapRunAgain, .finished: .ready
            case .region: .dependsOnRegion
            case .gone, .waiting, .task, .mapRun, .retrying, .settling: .waiting
            }
        }
    }

    /// Whether it can go on without any stimulus.
    enum Readiness: Sendable {
        case ready, waiting, dependsOnRegion
    }

    init(
        parent: Int, index: Int, block: StatesBlock, phase: Phase, input: JSON, item: JSON? = nil, last: Int
    ) {
        self.parent = parent
        self.index = index
        self.block = block
        self.phase = phase
        readiness = phase.readiness
        self.input = input
        self.item = item
        self.last = last
    }
}

extension Scope {
    /// The state that is to be entered.
    @inline(__always)
    var chosen: String? { if case .entering(let name) = phase { name } else { nil } }

    /// What the state is to be left with.
    @inline(__always)
    var result: JSON? { if case .returned(let result) = phase { result } else { nil } }

    mutating func become(_ phase: consuming Phase) { become(phase) { _ in } }

    @inline(__always)
    mutating func become(_ phase: consuming Phase, _ body: (inout Scope) -> Void) {
        body(&self)
        readiness = phase.readiness
        self.phase = phase
    }

    @inline(__always)
    mutating func leave(with output: JSON, id: Int) {
        if !input.sharesStorage(with: output) { input = output }
        last = id
    }

    /// The state of this name in the scope's block.
    mutating func find(_ name: String) -> State? {
        let state = block.state(name, after: state)
        found = state
        return state
    }

    /// - Parameters:
    ///   - id: of the event with which it is entered.
    ///   - previous: the event that this one follows.
    mutating func enter(_ name: String, input: JSON, id: Int, after previous: Int, at time: Timestamp) {
        let known = found
        found = nil
        state = known?.name == name ? known : block.state(name, after: state)
        // Most often it is what is there already.
        if !self.input.sharesStorage(with: input) { self.input = input }
        enteredID = id
        enteredAfter = previous
        enteredAt = time
        last = id
        retries = []
        retryCount = 0
    }
}

extension Scope: Equatable {
    /// The block follows from the parent's state, and of the state the name says all.
    static func == (left: Scope, right: Scope) -> Bool {
        if left.phase == .gone, right.phase == .gone { return true }
        return left.parent == right.parent && left.index == right.index && left.phase == right.phase
            && left.state?.pointer == right.state?.pointer && left.input == right.input && left.item == right.item
            && left.variables == right.variables
            && left.enteredID == right.enteredID && left.enteredAfter == right.enteredAfter
            && left.enteredAt == right.enteredAt && left.last == right.last
            && left.retries == right.retries && left.retryCount == right.retryCount
    }
}

/// A Parallel or Map state in progress.
struct Region: Sendable, Equatable {
    /// Nil for Parallel.
    var plan: JournalEvent.MapPlan?
    var total: Int
    var started = 0
    var running = 0
    var failed = 0
    /// By branch or item; nil for what has no output, or none yet.
    var results: [JSON?]
    /// The event with which the state's work began.
    var begin: Int
    /// The last event of the iteration that ended last.
    var link: Int

    var isComplete: Bool { running == 0 && started == total }

    var canStart: Bool {
        guard let plan, started < total else { return false }
        return plan.maxConcurrency == 0 || running < plan.maxConcurrency
    }

    /// Whether one more failure is one too many; nil if nothing was said about failures.
    var exceedsTolerance: Bool? {
        guard let plan, plan.toleratedFailureCount != nil || plan.toleratedFailurePercentage != nil else { return nil }
        if let count = plan.toleratedFailureCount, failed + 1 > count { return true }
        guard let percentage = plan.toleratedFailurePercentage, total > 0 else { return false }
        return Double(failed + 1) * 100 / Double(total) > percentage
    }
}

/// An attempt that waits for its answer.
struct OpenTask: Sendable, Equatable {
    var schedule: JournalEvent.TaskSchedule
    var scope: Int
    var state: String
    var scheduledAt: Timestamp
    /// A worker is known to have it; for functions only where one said so.
    var isTaken = false
    var isSubmitted = false
}

struct ArmedTimer: Sendable, Hashable {
    var due: Timestamp
    var purpose: TimerPurpose
    var scope: Int
    var task: Int?
}
