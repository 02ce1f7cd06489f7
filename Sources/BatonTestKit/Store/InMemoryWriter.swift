import Interpreter
import JSONValue
package import MemoryStore
package import Orchestrator
import Synchronization

/// The writer of an `InMemoryStore`: works on a copy, which `commit` puts in place.
package final class InMemoryWriter: MemoryReadingWriter {
    private let store: InMemoryStore
    /// The transaction; nil outside of one.
    private var working: MemoryTables?

    init(_ store: InMemoryStore) { self.store = store }

    private var tables: MemoryTables { working ?? store.state.withLock { $0.committed } }

    package func begin() throws(StoreError) {
        guard working == nil else { throw StoreError(.inputOutput, "A transaction has begun already.") }
        let (tables, fault) = store.state.withLock { state in
            defer { state.faults.begin = nil }
            return (state.committed, state.faults.writes ?? state.faults.begin)
        }
        if let fault { throw fault }
        working = tables
    }

    package func apply(_ operation: WriteOperation) throws(StoreError) {
        guard working != nil else { throw StoreError(.inputOutput, "No transaction has begun.") }
        let fault: StoreError? = store.state.withLock { state in
            state.statistics.operations += 1
            guard let fault = state.faults.operation else { return nil }
            guard state.faults.operationsBefore == 0 else {
                state.faults.operationsBefore -= 1
                return nil
            }
            state.faults.operation = nil
            return fault
        }
        if let fault { throw fault }
        try working?.apply(operation)
    }

    package func releaseMemory() {
        precondition(working == nil, "within a transaction")
        store.state.withLock { $0.statistics.releases += 1 }
    }

    package func commit() throws(StoreError) {
        guard let tables = working else { throw StoreError(.inputOutput, "No transaction has begun.") }
        working = nil
        let fault = store.state.withLock { state in
            defer { state.faults.commit = nil }
            let fault = state.faults.commit ?? state.faults.writes
            if fault == nil || (state.faults.keepsCommit && state.faults.writes == nil) {
                state.committed = tables
                state.faults.keepsCommit = false
                state.statistics.commits += 1
            } else {
                state.statistics.rollbacks += 1
            }
            return fault
        }
        if let fault { throw fault }
    }

    package func rollback() {
        guard working != nil else { return }
        working = nil
        store.state.withLock { $0.statistics.rollbacks += 1 }
    }

    package func nextExecutionKey() throws(StoreError) -> Int64 {
        store.state.withLock { state in
            state.executionKey += 1
            return state.executionKey
        }
    }

    package func nextRevisionNumber() throws(StoreError) -> Int64 {
        store.state.withLock { state in
            state.revisionNumber += 1
            return state.revisionNumber
        }
    }

    package func nextOutboxNumber() throws(StoreError) -> Int64 {
        store.state.withLock { state in
            state.outboxNumber += 1
            return state.outboxNumber
        }
    }

    package func nextMapRunNumber() throws(StoreError) -> Int64 {
        store.state.withLock { state in
            state.mapRunNumber += 1
            return state.mapRunNumber
        }
    }

    package func read<Value>(_ body: (MemoryTables) throws(StoreError) -> Value) throws(StoreError) -> Value {
        try body(tables)
    }
}
