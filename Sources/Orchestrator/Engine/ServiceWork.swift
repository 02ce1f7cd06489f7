import DequeModule
package import Interpreter

/// What the engine has yet to do for tasks that it carries out itself.
package struct ServiceWork {
    package enum Item: Sendable {
        /// A task was scheduled: call its service.
        case call(TaskKey)
        /// The execution that a task waits for has ended.
        case ended(TaskKey, executionARN: String)
        /// Nobody waits for an execution any more.
        case stop(executionARN: String)
    }

    var caller: (any ServiceCaller)?
    var queue: Deque<Item> = []
    /// Called beside the engine, and not answered yet.
    var underWay: Set<TaskKey> = []
    /// Whether the store may hold work that is not in `queue`: after a start, and after a transaction that failed.
    var isStale = true
    /// Whether a task has waited for the end of an execution since the store was last read for work.
    var hasJobs = false

    /// Whether the store may hold a task that waits for the end of an execution.
    var mayHaveJobs: Bool { isStale || hasJobs }

    var hasWork: Bool { isStale || !queue.isEmpty }

    mutating func rescan() {
        queue.removeAll()
        isStale = true
    }
}

extension ScheduledTask.Target {
    package var isService: Bool { if case .service = self { true } else { false } }
}
