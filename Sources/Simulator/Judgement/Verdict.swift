/// What came of a run, or of many.
package struct Verdict: Sendable, Equatable {
    /// Which promises were broken; empty for a run that is right.
    package var violations: [String] = []
    package var happenings = 0
    /// Runs that started so many executions that somebody stopped them.
    package var cutShort = 0
    package var turns = 0
    package var virtualSeconds = 0.0
    package var lives = 0
    package var crashes = 0
    package var deliveries = 0
    /// Steps that took the slow lane.
    package var computations = 0
    package var executions = 0
    package var expressExecutions = 0
    /// Executions that executions started.
    package var nested = 0
    /// Children of map runs.
    package var children = 0
    package var mapRuns = 0
    package var redrives = 0
    /// Events of all journals.
    package var events = 0
    /// Executions whose outcome the oracle foretold.
    package var foretold = 0
    /// Executions by how they ended.
    package var ends: [String: Int] = [:]
    /// Faults that happened, by kind.
    package var faults: [String: Int] = [:]

    package init() {}

    package mutating func add(_ other: Verdict) {
        violations += other.violations
        happenings += other.happenings
        cutShort += other.cutShort
        turns += other.turns
        virtualSeconds += other.virtualSeconds
        lives += other.lives
        crashes += other.crashes
        deliveries += other.deliveries
        computations += other.computations
        executions += other.executions
        expressExecutions += other.expressExecutions
        nested += other.nested
        children += other.children
        mapRuns += other.mapRuns
        redrives += other.redrives
        events += other.events
        foretold += other.foretold
        ends.merge(other.ends) { $0 + $1 }
        faults.merge(other.faults) { $0 + $1 }
    }
}

extension Verdict: CustomStringConvertible {
    package var description: String {
        func list(_ counts: [String: Int]) -> String {
            counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        }
        return """
            \(executions) executions (\(list(ends))), of these \(expressExecutions) Express, \(nested) nested, \
            \(children) of map runs, \(redrives) redriven; \(foretold) outcomes foretold
            \(events) events, \(turns) turns, \(deliveries) deliveries, \(computations) slow steps, \
            \(Int(virtualSeconds)) s of virtual time, \(crashes) crashes, \(lives) starts, \(cutShort) runs cut short
            faults: \(list(faults))
            """
    }
}
