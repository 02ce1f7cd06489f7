import Interpreter
import JSONValue

/// A running execution in memory: the fold of its journal, and what the engine needs to go on writing it.
final class LiveExecution {
    var execution: Execution
    /// The row as it was inserted.
    let record: ExecutionRecord
    /// The next journal row's number.
    var sequence: Int
    /// The last row that the latest checkpoint contains.
    var checkpointed: Int
    /// Waits for the end of an Express execution.
    var onEnd: Reply<EndedExecution>?
    /// What its machine wants logged: nil until it was looked up, then nil inside for nothing.
    var logging: LoggingSettings??
    /// Counts batches; the least recently used leave memory first.
    var lastUsed: UInt64 = 0

    init(execution: Execution, record: ExecutionRecord, sequence: Int, checkpointed: Int) {
        self.execution = execution
        self.record = record
        self.sequence = sequence
        self.checkpointed = checkpointed
    }

    /// A checkpoint is due when replaying would cost more than twice what the last one saved: the intervals double, so
    /// that all checkpoints of an execution together stay linear in its length.
    var wantsCheckpoint: Bool {
        sequence - 1 - checkpointed >= max(256, checkpointed)
    }
}

/// The bounded set of executions held in memory.
struct LiveExecutions {
    private var entries: [Int64: LiveExecution] = [:]
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { entries.count }

    subscript(key: Int64) -> LiveExecution? {
        get { entries[key] }
        set { entries[key] = newValue }
    }

    var all: some Collection<LiveExecution> { entries.values }

    mutating func removeAll() { entries.removeAll() }

    /// Drops the least recently used when there are a quarter more than fit; what is on disk needs no farewell.
    mutating func evict() {
        guard entries.count > capacity + capacity / 4 else { return }
        let ages = entries.values.map(\.lastUsed).sorted()
        let oldest = ages[entries.count - capacity]
        entries = entries.filter { $0.value.lastUsed >= oldest }
    }
}
