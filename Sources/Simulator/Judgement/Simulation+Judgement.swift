import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import StatesLanguage
import Telemetry

@testable import Orchestrator

/// The promises, looked at from outside: in what the store says.
extension Simulation {
    /// Holds at any moment between two transactions.
    func judgeTheStore() {
        guard let writer = process.core?.writer else { return }
        do {
            for key in try writer.runningExecutions(after: 0, limit: 1_000) {
                guard let record = try writer.execution(key: key) else { continue }
                try judge(running: record, writer)
            }
        } catch { verdict.violations.append("the store cannot be read: \(error)") }
    }

    func judgeTheEnd() {
        guard process.core != nil, let writer = process.core?.writer else {
            verdict.violations.append("the orchestrator is not there at the end")
            return
        }
        do {
            for index in clients.indices {
                guard let record = try writer.execution(arn: arn(index)) else {
                    if clients[index].arn != nil {
                        verdict.violations.append("\(arn(index)) was answered, and is lost")
                    } else if !clients[index].refused {
                        verdict.violations.append("\(arn(index)) was never started")
                    }
                    continue
                }
                verdict.executions += 1
                verdict.ends[record.status.rawValue, default: 0] += 1
                if record.status == .running {
                    verdict.violations.append("\(record.identity.arn) is stuck: \(try state(of: record, writer))")
                } else {
                    try judge(ended: record, writer)
                    if scenario.starts[index].overBroker, clients[index].replies == 0 {
                        verdict.violations.append("\(record.identity.arn) has ended, and the reply is missing")
                    }
                    compareWithOracle(record, index)
                }
            }
            if process.core?.metrics.foldMismatches.value != 0 {
                verdict.violations.append("an execution rebuilt from its journal differed from the live one")
            }
        } catch { verdict.violations.append("the store cannot be read: \(error)") }
    }

    private func fold(_ record: ExecutionRecord, _ writer: InMemoryWriter) throws -> (Execution, [JournalEvent]) {
        let rows = try writer.journal(execution: record.identity.key, after: -1)
        for (index, row) in rows.enumerated() where row.sequence != index {
            verdict.violations.append("\(record.identity.arn): journal row \(index) has number \(row.sequence)")
        }
        let events = try rows.flatMap { try Journal.decode($0.events) }
        guard let revision = try writer.revision(number: record.revision),
            let definition = StateMachineDefinition.validate(revision.definition).definition
        else { throw StoreError(.unreadableExecution, "no definition") }
        var limits = InterpreterLimits()
        limits.events = 200
        limits.transitionsPerStep = scenario.transitionsPerStep
        let execution = Execution(
            rebuilding: record.identity, definition: definition, limits: limits, from: events)
        return (execution, events)
    }

    private func state(of record: ExecutionRecord, _ writer: InMemoryWriter) throws -> String {
        let (execution, events) = try fold(record, writer)
        let tasks = try execution.openTasks.map { task in
            let row = try writer.task(TaskKey(execution: record.identity.key, task: task.task))
            return "\(task.state) \(row.map { "\($0.phase)" } ?? "without a row")"
        }
        return "open tasks \(tasks), timers \(execution.openTimers), wants to go on: \(execution.wantsResume);"
            + " last event \(events.last.map { "\($0.kind)" } ?? "none")"
    }

    private func judge(running record: ExecutionRecord, _ writer: InMemoryWriter) throws {
        let arn = record.identity.arn
        let (execution, events) = try fold(record, writer)
        judge(events, of: arn, hasEnded: false)
        let timers = try writer.timers(dueBy: Timestamp(microseconds: .max))
            .filter { $0.key.execution == record.identity.key }
        for task in execution.openTasks
        where try writer.task(TaskKey(execution: record.identity.key, task: task.task))?.token != task.token.text {
            verdict.violations.append("\(arn): the open task \(task.task) has no row")
        }
        let armed = Set(timers.map(\.key.timer))
        for timer in execution.openTimers where !armed.contains(timer.timer) {
            verdict.violations.append("\(arn): timer \(timer.timer) has no row")
        }
        if execution.openTasks.isEmpty, timers.isEmpty {
            verdict.violations.append("\(arn) is open, and has neither timer nor task")
        }
    }

    private func judge(ended record: ExecutionRecord, _ writer: InMemoryWriter) throws {
        let (execution, events) = try fold(record, writer)
        let arn = record.identity.arn
        judge(events, of: arn, hasEnded: true)
        if execution.status != record.status {
            verdict.violations.append("\(arn) is \(record.status) in its row, \(execution.status) in its journal")
        }
        for event in events {
            guard case .taskScheduled(let schedule) = event.kind else { continue }
            if try writer.task(TaskKey(execution: record.identity.key, task: schedule.task)) != nil {
                verdict.violations.append("\(arn): task \(schedule.task) outlived its execution")
            }
        }
    }

    private func judge(_ events: [JournalEvent], of arn: String, hasEnded: Bool) {
        let ids = events.compactMap(\.id)
        if ids != Array(1..<(ids.count + 1)) { verdict.violations.append("\(arn): ids with gaps: \(ids)") }
        for event in events {
            if let id = event.id, event.previousID >= id {
                verdict.violations.append("\(arn): event \(id) follows \(event.previousID)")
            }
        }
        let ends = events.indices.filter { events[$0].kind.isEnd }
        if ends.count != (hasEnded ? 1 : 0) {
            verdict.violations.append("\(arn) has \(ends.count) ends in its journal")
        }
        if hasEnded, let last = events.lastIndex(where: { $0.id != nil }), ends.first != last {
            verdict.violations.append("\(arn) goes on after its end")
        }
    }

    private func compareWithOracle(_ record: ExecutionRecord, _ index: Int) {
        let start = scenario.starts[index]
        guard start.stopAfter == nil,
            let foretold = Oracle.outcome(
                of: scenario.machines[start.machine], input: scenario.input, dice: dice, execution: record.identity)
        else { return }
        // A function whose queue a wiped broker lost before its first task is unknown, as it would be on AWS.
        if record.error == "Lambda.ResourceNotFoundException", scenario.faults.contains(where: \.losesQueues) { return }
        verdict.foretold += 1
        var outcome = ExecutionOutcome(
            status: record.status, output: record.output.flatMap { try? JSON(parsing: $0) },
            failure: foretold.failure == nil ? nil : StateFailure(error: record.error, cause: record.cause))
        // The result of lambda:invoke tells of request ids.
        if scenario.machines[start.machine].serialized().contains("lambda:invoke") { outcome.output = foretold.output }
        if outcome != foretold {
            verdict.violations.append("\(record.identity.arn) came to \(outcome) instead of \(foretold)")
        }
    }
}
