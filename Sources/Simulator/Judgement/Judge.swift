import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import Orchestrator
import StatesLanguage

/// Follows every journal as it grows: the fold of it, and whether it is one that may be.
struct Judge {
    private let scenario: Scenario
    private var followed: [Int64: Followed] = [:]
    private var definitions: [String: (StateMachineDefinition, [String: JSON])] = [:]
    /// What clients' executions are called, by ARN.
    private let starts: [String: Scenario.Start]

    struct Followed {
        var execution: Execution
        var history: HistoryJudge
        var rows = 0
        /// How it has ended, and after how many redrives.
        var end: (ExecutionStatus, Int)?
    }

    private let setBack: Double

    init(_ scenario: Scenario) {
        self.scenario = scenario
        setBack = scenario.faults.reduce(0) { sum, fault in
            if case .clockJump(_, let seconds) = fault { sum + max(0, -seconds) } else { sum }
        }
        starts = Dictionary(
            scenario.starts.map { ("\(Scenario.account):execution:machine\($0.machine):\($0.name)", $0) }
        ) { first, _ in first }
    }

    /// What tells the attempts of a task from others, the same in every run of the seed; for the oracle's sake that of
    /// a child of a map run is only its machine's.
    func identity(of row: TaskRow) -> (execution: String, attempt: UInt64) {
        guard let start = starts[row.executionARN] else {
            return (Self.machine(row.stateMachineARN), UInt64(row.attempt))
        }
        // What is done again after a redrive may come out differently.
        return (row.executionARN, start.redriveAfter == nil ? UInt64(row.attempt) : Dice.hash(row.token))
    }

    /// Without the label of a map run, which may be chance.
    static func machine(_ arn: String) -> String { String(arn.prefix { $0 != "/" }) }

    /// Folds what is new in the journal.
    mutating func follow(
        _ record: ExecutionRecord, _ tables: MemoryTables, _ verdict: inout Verdict
    ) throws -> Followed? {
        let key = record.identity.key
        let arn = record.identity.arn
        let rows = tables.journal[key] ?? []
        var state: Followed
        if let known = followed.removeValue(forKey: key) {
            state = known
        } else {
            guard let (definition, states) = definition(of: record, tables) else {
                verdict.violations.append("\(arn) has no definition")
                return nil
            }
            state = Followed(
                execution: Execution(
                    rebuilding: record.identity, definition: definition, limits: scenario.limits,
                    from: [] as [JournalEvent]), history: HistoryJudge(states: states, setBack: setBack))
        }
        if state.execution.identity.redriveCount != record.identity.redriveCount,
            let (definition, _) = definition(of: record, tables)
        {
            // The identity says how often it was redriven.
            let events = try rows.prefix(state.rows).flatMap { try Journal.decode($0.events) }
            state.execution = Execution(
                rebuilding: record.identity, definition: definition, limits: scenario.limits, from: events)
        }
        if rows.count < state.rows { verdict.violations.append("\(arn): the journal shrank to \(rows.count)") }
        for (index, row) in rows.enumerated().dropFirst(state.rows) {
            if row.sequence != index { verdict.violations.append("\(arn): journal row \(index) is \(row.sequence)") }
            for event in try Journal.decode(row.events) {
                state.execution.apply(event)
                state.history.take(event, state.execution)
                verdict.events += 1
            }
        }
        state.rows = rows.count
        verdict.violations += state.history.problems.map { "\(arn): \($0)" }
        if state.execution.status != record.status {
            verdict.violations.append(
                "\(arn) is \(record.status) in its row, \(state.execution.status) in its journal")
        }
        if let (status, redrives) = state.end, redrives == record.identity.redriveCount, record.status != status {
            verdict.violations.append("\(arn) had ended as \(status), and is \(record.status) now")
        }
        if record.status != .running { state.end = (record.status, record.identity.redriveCount) }
        let ends = state.history.redrives + (record.status == .running ? 0 : 1)
        if state.history.ends != ends { verdict.violations.append("\(arn) has \(state.history.ends) ends") }
        followed[key] = state
        return state
    }

    private mutating func definition(
        of record: ExecutionRecord, _ tables: MemoryTables
    ) -> (StateMachineDefinition, [String: JSON])? {
        let pointer = record.child.flatMap { tables.mapRuns[$0.mapRun]?.pointer } ?? ""
        let arn = Self.machine(record.identity.stateMachineARN)
        let key = arn + pointer
        if let known = definitions[key] { return known }
        guard let index = scenario.machines.indices.first(where: { Scenario.machineARN($0) == arn }),
            let whole = scenario.machines[index].compiled,
            let definition = record.child == nil ? whole : whole.child(ofMapAt: pointer)
        else { return nil }
        let tree = scenario.machines[index].definition
        definitions[key] = (definition, HistoryJudge.states(of: tree))
        return definitions[key]
    }
}
