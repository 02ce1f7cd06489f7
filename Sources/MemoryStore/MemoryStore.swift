import Interpreter
import JSONValue
package import Orchestrator
import Synchronization

/// The store of executions that need not outlive their process: Express ones.
///
/// Nothing touches a disk, and no write can fail but one that contradicts what is there. What ends leaves at once, so it
/// holds as much as its engine has open, which the engine bounds. Readers see the state of the moment, within a
/// transaction too: there is no snapshot to pay for.
package final class MemoryStore: MemoryReader {
    struct State: Sendable {
        var tables: MemoryTables
        var isWriterTaken = false
    }

    let state: Mutex<State>

    /// - Parameters:
    ///   - forgetsClosed: an execution that ended leaves at once.
    ///   - functions: those known to exist.
    package init(forgetsClosed: Bool = true, functions: [String] = []) {
        var tables = MemoryTables(forgetsClosed: forgetsClosed)
        tables.functions = Set(functions.map { TextKey($0) })
        state = Mutex(State(tables: tables))
    }

    package func makeWriter() throws(StoreError) -> MemoryWriter {
        let isFree = state.withLock { state in
            defer { state.isWriterTaken = true }
            return !state.isWriterTaken
        }
        guard isFree else { throw StoreError(.inUse, "The store has one writer, and it is taken.") }
        return MemoryWriter(self)
    }

    package func read<Value>(_ body: (MemoryTables) throws(StoreError) -> Value) throws(StoreError) -> Value {
        // Within the lock: a copy beyond it would make the writer's next change copy everything.
        try state.withLock { state throws(StoreError) in try body(state.tables) }
    }
}
