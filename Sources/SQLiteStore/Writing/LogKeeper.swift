import GRDBSQLite
import Logging
import Orchestrator
import Telemetry

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// How large the write-ahead log may get.
struct LogBounds: Hashable, Sendable {
    /// Pages (of 4,096 bytes) at which the log is copied into the database. In larger portions a page that changed often
    /// is copied only once; 16 MB are read fast enough after a crash.
    var target = 4_000
    /// Pages beyond which readers are waited for.
    var limit = 16_000
    /// Pages that the writer copies itself.
    var rest: Int { target / 8 }
    /// Milliseconds that they are.
    var patience: Int32 = 20
}

/// Keeps the write-ahead log in bounds, and writes down how far it has come.
///
/// SQLite's own automatic checkpoint never waits and never gives up: with readers that overlap, its log has no end. Here
/// a log beyond `target` is copied into the database beside the writer (`CheckpointLane`). What the writer adds meanwhile
/// is copied in a second go, and what is left then by the writer itself, between two transactions: only a log that is
/// copied to its end begins anew, which SQLite does by itself. Beyond `limit` the writer waits for the copying, and also
/// for readers, for a moment, so that a next transaction certainly begins the log anew. A single long reader, such as a
/// backup, keeps what it reads in the log until it ends: the log grows as long, and attempts become rarer.
final class LogKeeper {
    private let bounds: LogBounds
    private let path: String
    private let metrics: StoreMetrics?
    private let logger: Logger?
    /// Written by SQLite's hook: the frames of the log after the last commit.
    private let frames: UnsafeMutablePointer<Int32>
    private(set) var position = LogPosition()
    /// Of the log; -1 while there is none. (No lock of SQLite's is on that file, so closing it does no harm.)
    private var descriptor: Int32 = -1
    private let lane: CheckpointLane
    /// The log that the lane copies, how far it came when that began, and how often it did.
    private var copying = LogPosition()
    private var goes = 0
    private var nextAttempt: Int
    private var isWarned = false

    init(_ session: Session, _ bounds: LogBounds, metrics: StoreMetrics?, logger: Logger?) {
        path = session.path
        lane = CheckpointLane(path: session.path)
        self.metrics = metrics
        self.logger = logger
        self.bounds = bounds
        nextAttempt = bounds.target
        frames = .allocate(capacity: 1)
        frames.initialize(to: 0)
        // Takes the place of the automatic checkpoint.
        sqlite3_wal_hook(
            session.database,
            { context, _, _, count in
                context?.assumingMemoryBound(to: Int32.self).pointee = count
                return SQLITE_OK
            }, frames)
    }

    /// The session has to be closed before.
    deinit {
        frames.deallocate()
        if descriptor >= 0 { close(descriptor) }
    }

    /// After a commit. Returns where the log stands.
    func committed(_ session: Session) -> LogPosition {
        let count = Int(frames.pointee)
        let salt = readSalt()
        if salt != position.salt {
            position.salt = salt
            nextAttempt = bounds.target
            if isWarned {
                logger?.notice("the write-ahead log begins anew", metadata: ["database": "\(path)"])
                isWarned = false
            }
        }
        position.frames = count
        metrics?.logBytes.set(count * 4_096)
        copy(session, count)
        return position
    }

    /// Returns when nothing is copied any more. To be called before the connection is closed.
    func endCopying() { lane.close() }

    private func readSalt() -> UInt64 {
        if descriptor < 0 { descriptor = open(path + "-wal", O_RDONLY | O_CLOEXEC) }
        var bytes: UInt64 = 0
        guard descriptor >= 0, pread(descriptor, &bytes, 8, 16) == 8 else { return LogPosition.unknown.salt }
        return UInt64(bigEndian: bytes)
    }

    /// One step of getting the log, of so many frames, into the database.
    private func copy(_ session: Session, _ count: Int) {
        switch lane.take() {
        case .copying:
            guard count >= bounds.limit else { return }
            lane.wait()
            copy(session, count)
        case .copied(let copy) where copying.salt == position.salt:
            // What came after it began may be in the way of a copy that goes further.
            let isWhole = copy.failure == nil && !copy.isBusy && copy.copied >= copying.frames
            note(copy, isWhole: isWhole, count)
            // Held up, or failed: `nextAttempt` is when to try again.
            guard isWhole else { return }
            if goes < 2, count - copy.copied > bounds.rest { return begin() }
            checkpoint(session, count)
        case .copied, .idle:
            guard count >= nextAttempt else { return }
            goes = 0
            if count >= bounds.limit { checkpoint(session, count) } else { begin() }
        }
    }

    /// To be called only where something is not copied yet: SQLite before 3.51.3 may count too much as copied where a log
    /// begins anew just as somebody else begins to copy it, and one that is not copied to its end does not begin anew.
    private func begin() {
        goes += 1
        copying = position
        lane.begin()
    }

    /// On the engine's thread, to the end.
    private func checkpoint(_ session: Session, _ count: Int) {
        let isOver = count >= bounds.limit
        // Whoever waits here waits on the engine's thread.
        sqlite3_busy_timeout(session.database, isOver ? bounds.patience : 0)
        let copy = session.copyLog(isOver ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE)
        sqlite3_busy_timeout(session.database, WriterConnection.busyTimeout)
        note(copy, isWhole: copy.isWhole, count)
        guard copy.failure == nil, !copy.isWhole, isOver, !isWarned else { return }
        isWarned = true
        logger?.warning(
            "the write-ahead log grows, because somebody reads for long: a backup, a check, or a shell's transaction",
            metadata: ["database": "\(path)", "bytes": "\(count * 4_096)"])
    }

    /// What came of an attempt, and when the next one is due.
    private func note(_ copy: LogCopy, isWhole: Bool, _ count: Int) {
        metrics?.checkpoints.increment()
        if isWhole {
            // The next transaction begins the log anew, unless a reader is still in it.
            nextAttempt = count + bounds.target / 4
            return
        }
        metrics?.checkpointsHeldUp.increment()
        // Rarer and rarer: an attempt costs.
        nextAttempt = count + max(bounds.target / 4, count / 8)
        guard let failure = copy.failure else { return }
        logger?.error(
            "the write-ahead log cannot be copied into the database", metadata: ["reason": "\(failure.message)"])
    }
}
