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

    // Asked by reference: a property of a class would be copied for the call.
    func openTask(_ task: Int) -> ScheduledTask? { Self.openTask(task, of: &execution) }
    func hasOpenTask(_ task: Int) -> Bool { Self.hasOpenTask(task, of: &execution) }
    func endsWhenDelivered(_ task: Int) -> Bool { Self.endsWhenDelivered(task, of: &execution) }

    private static func openTask(_ task: Int, of execution: inout Execution) -> ScheduledTask? {
        execution.openTask(task)
    }

    private static func hasOpenTask(_ task: Int, of execution: inout Execution) -> Bool {
        execution.hasOpenTask(task)
    }

    private static func endsWhenDelivered(_ task: Int, of execution: inout Execution) -> Bool {
        execution.endsWhenDelivered(task)
    }

    /// A checkpoint is due when replaying would cost more than twice what the last one saved: the intervals double, so
    /// that all checkpoints of an execution together stay linear in its length.
    var wantsCheckpoint: Bool {
        sequence - 1 - checkpointed >= max(256, checkpointed)
    }
}

/// The bounded set of executions held in memory: those that something happened to lately.
struct LiveExecutions {
    /// Where there are no more than this many they stay, however long nothing happens to them.
    static let kept = 1_000

    private var entries: [Int64: LiveExecution] = [:]
    private let capacity: Int
    /// Seconds without an event after which an execution leaves memory; nil for never.
    private let patience: Double?
    /// What was not used since this batch is dropped at that time.
    private var sweep: (unusedSince: UInt64, at: Timestamp)?

    init(capacity: Int, patience: Double?) {
        self.capacity = max(1, capacity)
        self.patience = patience
    }

    var count: Int { entries.count }

    subscript(key: Int64) -> LiveExecution? {
        get { entries[key] }
        set { entries[key] = newValue }
    }

    var all: some Collection<LiveExecution> { entries.values }

    mutating func removeAll() { entries.removeAll() }

    /// When `evict` has something to do though nothing happened.
    var nextSweep: Timestamp? { entries.count > Self.kept ? sweep?.at : nil }

    /// Drops what nothing happened to for a while, and the least recently used when there are a quarter more than fit;
    /// what is on disk needs no farewell.
    ///
    /// - Returns: how many it dropped.
    mutating func evict(batch: UInt64, at now: Timestamp) -> Int {
        let before = entries.count
        if before > capacity + capacity / 4 {
            let ages = entries.values.map(\.lastUsed).sorted()
            drop(usedBefore: ages[before - capacity])
        }
        if entries.count <= Self.kept {
            sweep = nil
        } else if let due = sweep, due.at <= now {
            drop(usedBefore: due.unusedSince)
            sweep = nil
        }
        if let patience, sweep == nil, entries.count > Self.kept { sweep = (batch, now.adding(seconds: patience)) }
        return before - entries.count
    }

    private mutating func drop(usedBefore batch: UInt64) {
        entries = entries.filter { $0.value.lastUsed >= batch }
    }
}
