/// What came of a run.
struct Verdict: Sendable, Equatable {
    /// Which promises were broken; empty for a run that is right.
    var violations: [String] = []
    var happenings = 0
    var turns = 0
    var virtualSeconds = 0.0
    var lives = 0
    var crashes = 0
    var deliveries = 0
    /// Steps that took the slow lane.
    var computations = 0
    var executions = 0
    /// Executions whose outcome the oracle foretold.
    var foretold = 0
    /// Executions by how they ended.
    var ends: [String: Int] = [:]

    mutating func add(_ other: Verdict) {
        violations += other.violations
        happenings += other.happenings
        turns += other.turns
        virtualSeconds += other.virtualSeconds
        lives += other.lives
        crashes += other.crashes
        deliveries += other.deliveries
        computations += other.computations
        executions += other.executions
        foretold += other.foretold
        ends.merge(other.ends) { $0 + $1 }
    }
}

extension Verdict: CustomStringConvertible {
    var description: String {
        let ends = ends.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return
            "\(executions) executions (\(ends); \(foretold) foretold), \(crashes) crashes, \(computations) slow steps,"
            + " \(deliveries) deliveries, \(turns) turns, \(Int(virtualSeconds)) s of virtual time"
    }
}
