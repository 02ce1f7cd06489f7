import Dispatch
import GRDBSQLite
import Orchestrator
import Synchronization

/// Copies the write-ahead log into the database beside the writer, by a connection and a queue of its own.
///
/// One copy at a time. It takes what is committed when it begins, waits for nobody, and keeps nobody waiting: what the
/// writer adds meanwhile is for the next.
// Proof: `session` is used on the queue only; the rest is constant or behind the lock.
final class CheckpointLane: @unchecked Sendable {
    enum State: Sendable {
        case idle, copying
        case copied(LogCopy)
    }

    private let path: String
    private let queue = DispatchQueue(label: "baton.checkpoint", qos: .utility)
    private let state = Mutex(State.idle)
    /// Opened by the first copy.
    private var session: Session?

    init(path: String) {
        self.path = path
    }

    /// What the last copy came to: told once.
    func take() -> State {
        state.withLock { state in
            let taken = state
            if case .copied = state { state = .idle }
            return taken
        }
    }

    /// Not while one is under way.
    func begin() {
        state.withLock { $0 = .copying }
        queue.async {
            let copy = self.copy()
            self.state.withLock { $0 = .copied(copy) }
        }
    }

    /// Returns when nothing is under way any more.
    func wait() { queue.sync {} }

    /// The same, for good. To be called before the writer closes: the last connection to close removes the log.
    func close() {
        queue.sync {
            session?.close()
            session = nil
        }
    }

    private func copy() -> LogCopy {
        do throws(StoreError) {
            return try open().copyLog(SQLITE_CHECKPOINT_PASSIVE)
        } catch {
            return LogCopy(failure: error)
        }
    }

    private func open() throws(StoreError) -> Session {
        if let session { return session }
        let opened = try WriterConnection.openBeside(path)
        session = opened
        return opened
    }
}
