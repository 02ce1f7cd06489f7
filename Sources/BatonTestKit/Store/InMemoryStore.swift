import Interpreter
package import MemoryStore
package import Orchestrator
import Synchronization

/// A store that forgets with its process, and fails when told to.
///
/// Readers see what was committed; the writer sees its own transaction. "Disk" is the last commit: `reopened` is what
/// a restart after a crash finds.
package final class InMemoryStore: MemoryReader {
    struct State: Sendable {
        var committed = MemoryTables()
        var isWriterTaken = false
        var faults = Faults()
        var statistics = StoreStatistics()
        /// Numbers given out, whether or not a row came of them.
        var executionKey: Int64 = 0
        var revisionNumber: Int64 = 0
        var outboxNumber: Int64 = 0
        var mapRunNumber: Int64 = 0
    }

    struct Faults: Sendable {
        var begin: StoreError?
        var commit: StoreError?
        /// The failing commit is kept all the same.
        var keepsCommit = false
        /// Operations that still succeed before `operation` is thrown.
        var operationsBefore = 0
        var operation: StoreError?
        var reads: StoreError?
        var writes: StoreError?
    }

    let state: Mutex<State>

    package convenience init() { self.init(State()) }

    init(_ state: State) { self.state = Mutex(state) }

    package func makeWriter() throws(StoreError) -> InMemoryWriter {
        let isFree = state.withLock { state in
            defer { state.isWriterTaken = true }
            return !state.isWriterTaken
        }
        guard isFree else { throw StoreError(.inUse, "The store has one writer, and it is taken.") }
        return InMemoryWriter(self)
    }

    // MARK: For tests

    /// The store as the next process would find it: what was committed, without faults, with its writer free.
    package func reopened() -> InMemoryStore {
        state.withLock { current in
            var state = State()
            state.committed = current.committed
            state.executionKey = current.executionKey
            state.revisionNumber = current.revisionNumber
            state.outboxNumber = current.outboxNumber
            state.mapRunNumber = current.mapRunNumber
            return InMemoryStore(state)
        }
    }

    package var statistics: StoreStatistics { state.withLock { $0.statistics } }

    /// The next `begin` throws, once.
    package func failNextBegin(_ error: StoreError) { state.withLock { $0.faults.begin = error } }

    /// The next commit throws, once. Nothing of its transaction is kept; or all of it, where only the answer is lost.
    package func failNextCommit(_ error: StoreError, keepingIt keeps: Bool = false) {
        state.withLock { state in
            state.faults.commit = error
            state.faults.keepsCommit = keeps
        }
    }

    /// The operation after so many others throws, once.
    package func failOperation(after count: Int, _ error: StoreError) {
        state.withLock { state in
            state.faults.operationsBefore = count
            state.faults.operation = error
        }
    }

    /// Every `begin` throws until nil is set: a disk that stays full.
    package func failWrites(_ error: StoreError?) { state.withLock { $0.faults.writes = error } }

    /// Every read of the readers throws until nil is set.
    package func failReads(_ error: StoreError?) { state.withLock { $0.faults.reads = error } }

    // MARK: Readers

    package func read<Value>(_ body: (MemoryTables) throws(StoreError) -> Value) throws(StoreError) -> Value {
        let (tables, fault) = state.withLock { ($0.committed, $0.faults.reads) }
        if let fault { throw fault }
        return try body(tables)
    }
}

/// What was asked of a store so far.
package struct StoreStatistics: Sendable, Hashable {
    package var commits = 0
    /// Begun and not committed, whatever the reason.
    package var rollbacks = 0
    package var operations = 0
    /// How often memory was given back.
    package var releases = 0
}
