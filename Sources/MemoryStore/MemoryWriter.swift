import Interpreter
import JSONValue
package import Orchestrator
import Synchronization

/// The writer of a `MemoryStore`. Changes take effect as they are made; a rollback takes them back one by one.
package final class MemoryWriter: MemoryReadingWriter {
    private let store: MemoryStore
    private var isOpen = false
    /// What the transaction changed.
    private var undo: [MemoryUndo] = []
    private var executionKey: Int64 = 0
    private var revisionNumber: Int64 = 0
    private var outboxNumber: Int64 = 0
    private var mapRunNumber: Int64 = 0

    init(_ store: MemoryStore) { self.store = store }

    package func begin() throws(StoreError) {
        guard !isOpen else { throw StoreError(.inputOutput, "A transaction has begun already.") }
        isOpen = true
    }

    package func apply(_ operation: WriteOperation) throws(StoreError) {
        guard isOpen else { throw StoreError(.inputOutput, "No transaction has begun.") }
        try store.state.withLock { state throws(StoreError) in
            state.tables.note(operation, in: &undo)
            try state.tables.apply(operation)
        }
    }

    package func commit() throws(StoreError) {
        guard isOpen else { throw StoreError(.inputOutput, "No transaction has begun.") }
        isOpen = false
        undo.removeAll(keepingCapacity: true)
    }

    package func rollback() {
        guard isOpen else { return }
        isOpen = false
        store.state.withLock { $0.tables.takeBack(undo) }
        undo.removeAll()
    }

    package func nextExecutionKey() throws(StoreError) -> Int64 {
        executionKey += 1
        return executionKey
    }

    package func nextRevisionNumber() throws(StoreError) -> Int64 {
        revisionNumber += 1
        return revisionNumber
    }

    package func nextOutboxNumber() throws(StoreError) -> Int64 {
        outboxNumber += 1
        return outboxNumber
    }

    package func nextMapRunNumber() throws(StoreError) -> Int64 {
        mapRunNumber += 1
        return mapRunNumber
    }

    package func read<Value>(_ body: (MemoryTables) throws(StoreError) -> Value) throws(StoreError) -> Value {
        try store.read(body)
    }
}
