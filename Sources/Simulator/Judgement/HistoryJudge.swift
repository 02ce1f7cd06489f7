import Interpreter
import JSONValue
import StatesLanguage

/// Follows the journal of one execution, event by event, and finds what cannot be.
struct HistoryJudge {
    private let states: [String: JSON]
    private(set) var problems: [String] = []
    private(set) var ends = 0
    private(set) var redrives = 0
    private(set) var events = 0
    private var lastID = 0
    private var hasEnded = false
    private var openTasks: [Int: Open] = [:]
    private var lastTask = 0
    private var rootState: String?
    /// By scope.
    private var stateNames: [Int: String] = [:]
    private var retries: [Int: [Int: Int]] = [:]
    private var pendingRetries: [Int: Int] = [:]
    private var due: [Int: Timestamp] = [:]

    private struct Open {
        var scope: Int
        var isStarted = false
        var isSubmitted = false
    }

    /// Seconds by which the clock is set back in all. A timer that came due before that and waited its turn is written
    /// down with a time before it was due.
    private let setBack: Double

    /// - Parameter states: the machine's states by name, which is unique in it.
    init(states: [String: JSON], setBack: Double) {
        self.states = states
        self.setBack = setBack
    }

    var isOpen: Bool { !hasEnded }

    /// Every state of a machine, those within others too.
    static func states(of block: JSON) -> [String: JSON] {
        var all: [String: JSON] = [:]
        for (name, state) in block["States"]?.objectValue?.members.map({ ($0.key, $0.value) }) ?? [] {
            all[name] = state
            for inner in (state["Branches"]?.arrayValue ?? []) + (state["ItemProcessor"].map { [$0] } ?? []) {
                all.merge(states(of: inner)) { first, _ in first }
            }
        }
        return all
    }

    /// - Parameter execution: as it is after the event.
    mutating func take(_ event: JournalEvent, _ execution: Execution) {
        events += 1
        if let id = event.id {
            if id != lastID + 1 { problem("event \(id) comes after \(lastID)") }
            if event.previousID >= id { problem("event \(id) follows \(event.previousID)") }
            lastID = id
        } else if event.kind.isInHistory {
            problem("\(event.kind) has no id")
        }
        if events == 1 {
            guard case .executionStarted = event.kind else { return problem("it begins with \(event.kind)") }
        } else if case .executionStarted = event.kind {
            problem("it begins twice")
        }
        if hasEnded {
            guard case .executionRedriven = event.kind else {
                if event.id != nil { problem("\(event.kind) after the end") }
                return
            }
        }
        follow(event, execution)
    }

    private mutating func problem(_ text: String) { problems.append(text) }

    private mutating func follow(_ event: JournalEvent, _ execution: Execution) {
        let scope = event.scope
        switch event.kind {
        case .executionSucceeded, .executionFailed, .executionTimedOut, .executionAborted:
            ends += 1
            hasEnded = true
            openTasks = [:]
        case .executionRedriven:
            if !hasEnded { problem("it is redriven before it ended") }
            redrives += 1
            hasEnded = false
            (openTasks, stateNames, retries, pendingRetries, due) = ([:], [:], [:], [:], [:])
            rootState = nil
        case .stateEntered(_, let name, _):
            if scope == 0 {
                if let rootState { problem("\(name) is entered within \(rootState)") }
                rootState = name
            }
            stateNames[scope] = name
            retries[scope] = nil
            pendingRetries[scope] = nil
        case .stateExited(_, let name, _, _, _):
            if scope == 0 {
                if let rootState, rootState != name { problem("\(name) is left within \(rootState)") }
                rootState = nil
            }
            if openTasks.values.contains(where: { $0.scope == scope }) { problem("\(name) is left with an open task") }
        case .stateAborted: if scope == 0 { rootState = nil }
        case .taskScheduled(let schedule):
            if schedule.task <= lastTask { problem("task \(schedule.task) comes after \(lastTask)") }
            lastTask = schedule.task
            if openTasks.values.contains(where: { $0.scope == scope }) {
                problem("task \(schedule.task) is scheduled beside an open attempt")
            }
            if let timer = pendingRetries[scope] { problem("a retry began before its timer \(timer) came due") }
            openTasks[schedule.task] = Open(scope: scope)
            if let timeout = schedule.timeout { due[timeout.timer] = timeout.due }
        case .taskStarted(let task, _, _, _):
            if openTasks[task]?.isStarted ?? true { problem("task \(task) starts, and is not open or started already") }
            openTasks[task]?.isStarted = true
        case .taskSubmitted(let task, _, _, _):
            if openTasks[task]?.isSubmitted ?? true { problem("task \(task) is submitted, and is not open or was") }
            openTasks[task]?.isSubmitted = true
        case .taskSucceeded(let task, _, _, _), .taskFailed(let task, _, _, _), .taskTimedOut(let task, _, _, _):
            if openTasks.removeValue(forKey: task) == nil { problem("task \(task) ends, and is not open") }
        case .regionClosed: openTasks = openTasks.filter { execution.openTask($0.key) != nil }
        case .waitStarted(let timer): due[timer.timer] = timer.due
        case .retryScheduled(let retrier, let timer): retry(retrier, timer, event)
        case .timerFired(let timer):
            if let due = due.removeValue(forKey: timer), event.time.adding(seconds: setBack) < due {
                problem("timer \(timer) fires early")
            }
            for (scope, waiting) in pendingRetries where waiting == timer { pendingRetries[scope] = nil }
        default: break
        }
    }

    private mutating func retry(_ retrier: Int, _ timer: JournalEvent.Timer, _ event: JournalEvent) {
        let scope = event.scope
        let count = retries[scope, default: [:]][retrier, default: 0] + 1
        retries[scope, default: [:]][retrier] = count
        pendingRetries[scope] = timer.timer
        due[timer.timer] = timer.due
        guard let name = stateNames[scope], let retriers = states[name]?["Retry"]?.arrayValue else { return }
        guard retriers.indices.contains(retrier) else { return problem("\(name) has no retrier \(retrier)") }
        let definition = retriers[retrier]
        let most = definition["MaxAttempts"]?.intValue.map(Int.init) ?? 3
        if count > most { problem("\(name) is retried \(count) times, and may be \(most) times") }
        var delay = definition["IntervalSeconds"]?.doubleValue ?? 1
        for _ in 1..<count { delay *= definition["BackoffRate"]?.doubleValue ?? 2 }
        let actual = Double(timer.due.microseconds - event.time.microseconds) / 1_000_000
        let isRight =
            definition["JitterStrategy"]?.stringValue == "FULL"
            ? actual >= -0.001 && actual <= delay + 0.001 : abs(actual - delay) < 0.001
        if !isRight { problem("\(name) is retried after \(actual) s instead of \(delay) s") }
    }
}
