import Orchestrator

extension TaskKey {
    /// Attempts of tasks that one execution can have: its history would be gigabytes by then.
    static let tasksOfExecution = 1 << 24

    /// The number of the task's row, which sorts as the key does; nil for a key that no task can have.
    var number: Int64? {
        let size = Int64(Self.tasksOfExecution)
        guard 0..<Self.tasksOfExecution ~= task, 0..<(Int64.max / size) ~= execution else { return nil }
        return execution * size + Int64(task)
    }
}
