/// What came of a run.
package struct Verdict: Sendable {
    /// Which promises were broken; empty for a run that is right.
    package var violations: [String] = []
    package var happenings = 0
    package var turns = 0
    package var virtualSeconds = 0.0
    package var lives = 0
    package var crashes = 0
    package var deliveries = 0
    /// Steps that took the slow lane.
    package var computations = 0
    package var executions = 0
    /// Executions whose outcome the oracle foretold.
    package var foretold = 0
    /// Executions by how they ended.
    package var ends: [String: Int] = [:]

    package init() {}
}
