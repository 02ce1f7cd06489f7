import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import Orchestrator
import Telemetry

/// The promises, looked at from outside: in what the store says.
extension Simulation {
    private func tables() -> MemoryTables? {
        guard let writer = process.core?.writer else { return nil }
        return try? writer.read { $0 }
    }

    /// Looks at the store every third turn, and where it has grown large less often: looking takes as long as it is
    /// large, and a run's time should be in proportion to what happens in it.
    func judgeTheStoreNowAndThen() {
        guard process.turns >= nextJudgement else { return }
        judgeTheStore()
        nextJudgement = process.turns + max(3, storeSize / 30)
    }

    // MARK: Programs that go on and on

    /// Somebody stops whatever still runs. Loops in loops are finite, each execution having so many events, and can
    /// still start thousands of others.
    func cutShort() {
        isCutShort = true
        guard process.core != nil, let tables = tables() else { return after(5, .cutShort) }
        let running = tables.executions.values.filter { $0.status == .running && $0.child == nil }
        guard !running.isEmpty else { return }
        submit(
            running.sorted { $0.identity.key < $1.identity.key }.map { record in
                .stop(executionARN: record.identity.arn, StateFailure(error: "Stopped", cause: nil)) { _ in }
            })
        after(5, .cutShort)
    }

    /// Whether many steps are those of many executions and map runs, or of many events: a run that goes round in circles
    /// without any is stuck.
    func isLong() -> Bool { storeSize > 500 || verdict.events > 5_000 }

    private var storeSize: Int { tables().map { $0.executions.count + $0.mapRuns.count } ?? 0 }

    /// Holds at any moment between two transactions.
    func judgeTheStore() {
        guard let tables = tables() else { return }
        do {
            var open: [Int64: Execution] = [:]
            for record in tables.executions.values where record.status == .running {
                let key = record.identity.key
                guard let state = try judge.follow(record, tables, &verdict) else { continue }
                open[key] = state.execution
                if let live = process.core?.execution(inMemory: key), live != state.execution {
                    violation("\(record.identity.arn) differs in memory from its journal")
                }
            }
            judgeRows(tables, open)
        } catch { violation("the store cannot be read: \(error)") }
    }

    /// Rows and executions belong to each other.
    private func judgeRows(_ tables: MemoryTables, _ open: [Int64: Execution]) {
        var waits: Set<Int64> = []
        for task in tables.tasks.values {
            let row = task.row
            waits.insert(row.key.execution)
            if open[row.key.execution]?.openTask(row.key.task)?.token.text != row.token {
                violation("\(row.executionARN): task \(row.key.task) of \(row.state) outlived its state")
            }
        }
        for timer in tables.timers.values {
            waits.insert(timer.key.execution)
            // What watches a lease, or lets an execution go on, goes by itself.
            if open[timer.key.execution] == nil, timer.purpose != "lease", timer.purpose != "resume" {
                violation("timer \(timer.key) for \(timer.purpose) outlived its execution")
            }
        }
        for run in tables.mapRuns.values where run.phase != .done { waits.insert(run.execution) }
        for (key, execution) in open {
            let arn = execution.identity.arn
            for task in execution.openTasks where tables.tasks[TaskKey(execution: key, task: task.task)] == nil {
                violation("\(arn): the open task \(task.task) has no row")
            }
            for timer in execution.openTimers
            where tables.timers[TimerKey(execution: key, timer: timer.timer)] == nil {
                violation("\(arn): timer \(timer.timer) has no row")
            }
            if !waits.contains(key) { violation("\(arn) is open, and has neither timer nor task nor map run") }
        }
    }

    func judgeTheEnd() {
        guard process.core != nil, let tables = tables() else {
            return violation("the orchestrator is not there at the end")
        }
        judgeTheStore()
        do {
            for record in tables.executions.values.sorted(by: { $0.identity.key < $1.identity.key }) {
                try judge(atTheEnd: record, tables)
            }
        } catch { violation("the store cannot be read: \(error)") }
        for index in clients.indices { judgeClient(index, tables) }
        let children = Dictionary(grouping: tables.executions.values.filter { $0.child != nil }) {
            $0.child?.mapRun ?? 0
        }
        for run in tables.mapRuns.values { judge(run, children[run.number] ?? []) }
        if !tables.timers.isEmpty { violation("\(tables.timers.keys) are armed, and nothing waits for them") }
        if !tables.outbox.isEmpty { violation("\(tables.outbox.count) replies were never sent") }
        if process.core?.metrics.foldMismatches.value != 0 {
            violation("an execution rebuilt from its journal differed from the live one")
        }
        if let left = process.express?.liveCount, left > 0 { violation("\(left) Express executions are stuck") }
        if !syncCalls.isEmpty { violation("\(syncCalls.count) calls of StartSyncExecution were never answered") }
    }

    private func judge(atTheEnd record: ExecutionRecord, _ tables: MemoryTables) throws {
        let arn = record.identity.arn
        verdict.executions += 1
        verdict.ends[record.status.rawValue, default: 0] += 1
        if record.child != nil {
            verdict.children += 1
        } else if !clients.indices.contains(where: { self.arn($0) == arn }) {
            verdict.nested += 1
        }
        guard let state = try judge.follow(record, tables, &verdict) else { return }
        guard record.status == .running else { return }
        let execution = state.execution
        let tasks = execution.openTasks.map { task in
            let row = tables.tasks[TaskKey(execution: record.identity.key, task: task.task)]?.row
            return "\(task.state) \(row.map { "\($0.phase)" } ?? "without a row")"
        }
        violation(
            "\(arn) is stuck: open tasks \(tasks), timers \(execution.openTimers), wants to go on: "
                + "\(execution.wantsResume)")
    }

    private func judgeClient(_ index: Int, _ tables: MemoryTables) {
        let start = scenario.starts[index]
        let arn = arn(index)
        if scenario.machines[start.machine].isExpress {
            if start.overBroker {
                if clients[index].replies.isEmpty, !clients[index].refused { violation("\(arn) was never replied to") }
            } else if clients[index].outcomes != 1 {
                violation("\(arn) was answered \(clients[index].outcomes) times")
            }
            return
        }
        guard let record = tables.execution(arn: arn) else {
            if clients[index].arn != nil {
                violation("\(arn) was answered, and is lost")
            } else if !clients[index].refused {
                violation("\(arn) was never started")
            }
            return
        }
        if start.overBroker {
            if clients[index].replies.isEmpty { violation("\(arn) has ended, and the reply is missing") }
            if clients[index].replies.count > 1 + record.identity.redriveCount {
                violation("\(arn) was replied to in \(clients[index].replies.count) different ways")
            }
        }
        if record.identity.redriveCount > 1 { violation("\(arn) was redriven twice for one request") }
        compareWithOracle(record, index)
    }

    private func judge(_ run: MapRunRecord, _ children: [ExecutionRecord]) {
        if run.phase != .done { return violation("\(run.arn) is stuck in its phase \(run.phase)") }
        let counts = run.progress.executions
        let seen = MapRunProgress.Counts(of: children.map(\.status))
        // Where a redriven run gives up again, some still wait for their turn.
        let unsuccessful = counts.failed + counts.timedOut + counts.aborted + counts.pendingRedrive
        if counts.running != 0 || counts.succeeded != seen.succeeded
            || unsuccessful != seen.failed + seen.timedOut + seen.aborted
        {
            violation("\(run.arn) counts \(counts), and has \(seen)")
        }
        var next = 0
        for child in children.compactMap(\.child).sorted(by: { $0.firstItem < $1.firstItem }) {
            if child.firstItem != next { violation("\(run.arn): item \(next) has no child, or two") }
            next = child.firstItem + child.itemCount
        }
        if next != run.progress.next {
            violation("\(run.arn) handed out \(run.progress.next) items, and \(next) have children")
        }
        if run.status == .succeeded, next != run.progress.total {
            violation("\(run.arn) succeeded with \(next) of \(run.progress.total) items")
        }
    }

    // MARK: The oracle

    private func compareWithOracle(_ record: ExecutionRecord, _ index: Int) {
        let start = scenario.starts[index]
        guard start.stopAfter == nil, start.redriveAfter == nil, !isCutShort, record.status != .running else { return }
        // By another execution, whenever that came to it.
        if record.status == .aborted, stopsExecutions { return }
        compareWithOracle(
            record.identity, scenario.machines[start.machine],
            ExecutionOutcome(
                status: record.status, output: record.output.flatMap { try? JSON(parsing: $0) },
                failure: record.status == .succeeded ? nil : StateFailure(error: record.error, cause: record.cause)))
    }

    private var stopsExecutions: Bool {
        scenario.machines.contains { $0.definition.serialized().contains("sfn:stopExecution") }
    }

    func compareWithOracle(_ ended: EndedExecution, _ index: Int) {
        let machine = scenario.machines[scenario.starts[index].machine]
        // Five minutes are over sooner than the oracle knows.
        guard ended.status != .timedOut else { return }
        compareWithOracle(
            ExecutionIdentity(
                key: 1, partition: -1, arn: ended.arn, name: ended.name, stateMachineARN: ended.stateMachineARN,
                stateMachineName: "machine\(scenario.starts[index].machine)", roleARN: "role",
                startedAt: ended.startedAt), machine,
            ExecutionOutcome(
                status: ended.status, output: ended.output.flatMap { try? JSON(parsing: $0) },
                failure: ended.status == .succeeded ? nil : StateFailure(error: ended.error, cause: ended.cause)))
    }

    /// A function whose queue a wiped broker lost before its first task is unknown, as it would be on AWS.
    private var foundNoFunction: Bool {
        guard scenario.faults.contains(where: \.losesQueues), let tables = tables() else { return false }
        // Express executions leave no journal.
        if scenario.machines.contains(where: \.isExpress) { return true }
        return tables.journal.values.joined().contains {
            String(decoding: $0.events, as: UTF8.self).contains("Lambda.ResourceNotFoundException")
        }
    }

    private func compareWithOracle(
        _ identity: ExecutionIdentity, _ machine: Scenario.Machine, _ actual: ExecutionOutcome
    ) {
        let oracle = Oracle(dice: dice, isKnown: identity.partition == 0)
        guard let foretold = oracle.outcome(of: machine, input: scenario.input, execution: identity) else { return }
        verdict.foretold += 1
        var actual = actual
        // The result of lambda:invoke tells of request ids.
        if machine.definition.serialized().contains("lambda:invoke") {
            actual.output = foretold.output
            actual.failure?.cause = foretold.failure?.cause
        }
        if actual != foretold, !foundNoFunction {
            violation("\(identity.arn) came to \(actual) instead of \(foretold)")
        }
    }
}

extension MapRunProgress.Counts {
    fileprivate init(of statuses: [ExecutionStatus]) {
        self.init()
        for status in statuses where status != .running {
            running += 1
            end(status, count: 1)
        }
    }
}
