import Interpreter
import JSONValue
import StatesLanguage
import TestSupport

/// What the functions of a test do, by name. Nil: there is no such function.
typealias FunctionHost = (_ name: String, _ input: JSON, _ random: inout SeededGenerator) -> FunctionAnswer?

struct FunctionAnswer {
    var result: Result<JSON, StateFailure>
    var seconds: Double = 0

    static func success(_ value: JSON, after seconds: Double = 0) -> FunctionAnswer {
        FunctionAnswer(result: .success(value), seconds: seconds)
    }

    static func failure(_ error: String?, _ cause: String?, after seconds: Double = 0) -> FunctionAnswer {
        FunctionAnswer(result: .failure(StateFailure(error: error, cause: cause)), seconds: seconds)
    }
}

extension StateFailure: Error {}

/// Everything around one execution, on a virtual clock: carries out its commands, hosts its functions, and checks
/// after every step that the fold of the journal is the live state.
struct World {
    private(set) var execution: Execution
    private(set) var journal: [JournalEvent]
    private(set) var finished: ExecutionOutcome?
    private(set) var steps = 1
    var now: Timestamp
    var random: SeededGenerator
    private let definition: StateMachineDefinition
    private let limits: InterpreterLimits
    private let functions: FunctionHost
    private(set) var scheduled: [ScheduledTask] = []
    var mapRuns: [MapRunPlan] = []
    private(set) var open: Set<Int> = []
    private(set) var armed: [Int: Timestamp] = [:]
    private(set) var wantsResume = false
    private var queue: [(due: Timestamp, order: Int, stimulus: Stimulus)] = []
    private var order = 0
    /// What was found wrong, in words.
    private(set) var problems: [String] = []
    var checksEveryStep = true

    init(
        _ definition: StateMachineDefinition, input: JSON, identity: ExecutionIdentity = .test,
        limits: InterpreterLimits = .init(), seed: UInt64 = 1, functions: @escaping FunctionHost = { _, _, _ in nil }
    ) {
        self.definition = definition
        self.limits = limits
        self.functions = functions
        now = identity.startedAt
        random = SeededGenerator(fixed: seed)
        let (execution, step) = Execution.start(
            identity, definition: definition, input: input, limits: limits, at: now, using: &random)
        self.execution = execution
        journal = []
        carryOut(step)
    }

    mutating func handle(_ stimulus: Stimulus) {
        // Whoever fires it, and when: it is not armed any more.
        if case .timerFired(let timer) = stimulus { armed[timer] = nil }
        let step = execution.handle(stimulus, at: now, using: &random)
        steps += 1
        carryOut(step)
    }

    /// Takes an ended execution up again; false where that cannot be.
    mutating func redrive() -> Bool {
        guard
            let (again, step) = Execution.redrive(
                execution.identity, definition: definition, limits: limits, from: journal, at: now, using: &random)
        else { return false }
        execution = again
        finished = nil
        open = []
        queue = []
        steps += 1
        carryOut(step)
        return true
    }

    private mutating func carryOut(_ step: Step) {
        journal += step.events
        wantsResume = step.wantsResume
        for command in step.commands {
            switch command {
            case .scheduleTask(let task):
                scheduled.append(task)
                open.insert(task.task)
                if case .function(let name) = task.target { invoke(name, task) }
            case .cancelTask(let task, _): open.remove(task)
            case .armTimer(let timer, let due, _):
                if armed[timer] != nil { problems.append("timer \(timer) is armed twice") }
                armed[timer] = due
                enqueue(.timerFired(timer), due)
            case .cancelTimer(let timer):
                if armed.removeValue(forKey: timer) == nil { problems.append("no timer \(timer) to cancel") }
            case .startMapRun(let plan): mapRuns.append(plan)
            case .redriveMapRun: break
            case .abortMapRun(let arn): mapRuns.removeAll { $0.arn == arn }
            case .finish(let outcome): finished = outcome
            }
        }
        if checksEveryStep { check() }
    }

    /// The principles that hold after every step.
    mutating func check() {
        func note(_ text: String) { problems.append("step \(steps): \(text)") }
        let rebuilt = Execution(
            rebuilding: execution.identity, definition: definition, limits: limits, from: journal)
        if rebuilt != execution { note("the rebuilt execution is not the live one") }
        do {
            let read = try Execution(
                checkpoint: execution.checkpoint(), identity: execution.identity, definition: definition,
                limits: limits)
            if read != execution { note("the checkpoint is not the live execution") }
        } catch { note("the checkpoint cannot be read: \(error)") }
        do {
            let bytes = Journal.encode(journal)
            if try Journal.decode(bytes) != journal { note("the journal changes when stored") }
        } catch { note("the journal cannot be read: \(error)") }
        let ids = journal.compactMap(\.id)
        if ids != Array(1...max(ids.count, 1)) { note("ids have gaps: \(ids)") }
        if execution.wantsResume != wantsResume { note("wantsResume is not the step's") }
        if execution.status == .running, !wantsResume {
            if Set(execution.openTimers.map(\.timer)) != Set(armed.keys) {
                note("timers \(execution.openTimers.map(\.timer)) are not those armed \(armed.keys.sorted())")
            }
            if execution.openTasks.isEmpty, execution.openTimers.isEmpty { note("nothing can ever happen") }
        }
        if execution.outcome != finished { note("the outcome was not told") }
    }

    mutating func enqueue(_ stimulus: Stimulus, _ due: Timestamp) {
        order += 1
        queue.append((due, order, stimulus))
    }

    private mutating func invoke(_ name: String, _ task: ScheduledTask) {
        guard let answer = functions(name, task.input, &random) else {
            let cause =
                "Function not found: arn:aws:lambda:us-east-1:123456789012:function:\(name):$LATEST (Service: AWSLambda; "
                + "Status Code: 404; Error Code: ResourceNotFoundException; Request ID: 1; Proxy: null)"
            enqueue(
                .taskRefused(
                    task: task.task, failure: StateFailure(error: "Lambda.ResourceNotFoundException", cause: cause)),
                now)
            return
        }
        let due = now.adding(seconds: answer.seconds)
        switch answer.result {
        case .success(let value):
            enqueue(
                task.waitsForToken
                    ? .taskReturned(task: task.task, output: value, worker: nil)
                    : .taskSucceeded(task: task.task, output: value, worker: nil), due)
        case .failure(let failure): enqueue(.taskFailed(task: task.task, failure: failure, worker: nil), due)
        }
    }

    /// Lets the next thing happen. False if there is nothing to wait for.
    mutating func next() -> Bool {
        if wantsResume {
            handle(.resume)
            return true
        }
        while let index = queue.indices.min(by: {
            (queue[$0].due, queue[$0].order) < (queue[$1].due, queue[$1].order)
        }) {
            let (due, _, stimulus) = queue.remove(at: index)
            if case .timerFired(let timer) = stimulus {
                guard armed[timer] == due else { continue }
            }
            now = max(now, due)
            handle(stimulus)
            return true
        }
        return false
    }

    /// Runs until the execution ends or waits for something that no timer or function brings.
    mutating func run(atMost limit: Int = 100_000) {
        var count = 0
        while execution.status == .running, count < limit, next() { count += 1 }
    }

    /// The history as the API returns it.
    var history: [JSON] { journal.compactMap { History.event($0, includeExecutionData: true) } }

    /// The types of all events in history.
    var types: [String] { history.compactMap { $0["type"]?.stringValue } }
    var previousIDs: [Int] { history.compactMap { $0["previousEventId"]?.intValue.map(Int.init) } }
}

extension ExecutionIdentity {
    static let test = ExecutionIdentity(
        key: 4711, partition: 0, arn: "arn:aws:states:us-east-1:123456789012:execution:machine:run", name: "run",
        stateMachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:machine", stateMachineName: "machine",
        roleARN: "arn:aws:iam::123456789012:role/test", startedAt: Timestamp(microseconds: 1_700_000_000_123_000))
}
