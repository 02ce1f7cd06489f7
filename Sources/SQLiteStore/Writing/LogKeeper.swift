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
    /// Milliseconds that they are.
    var patience: Int32 = 20
}

/// Keeps the write-ahead log in bounds, and writes down how far it has come.
///
/// SQLite's own automatic checkpoint never waits and never gives up: with readers that overlap, its log has no end. Here
/// a log beyond `target` is copied into the database whenever that is possible without waiting; SQLite then begins the
/// log anew by itself. Beyond `limit` the copying also waits for readers, for a moment, so that a next transaction
/// certainly begins the log anew. A single long reader, such as a backup, keeps what it reads in the log until it ends:
/// the log grows as long, and attempts become rarer.
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
    private var nextAttempt: Int
    private var isWarned = false

    init(_ session: Session, _ bounds: LogBounds, metrics: StoreMetrics?, logger: Logger?) {
        path = session.path
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
        if count >= nextAttempt { checkpoint(session, count) }
        return position
    }

    private func readSalt() -> UInt64 {
        if descriptor < 0 { descriptor = open(path + "-wal", O_RDONLY | O_CLOEXEC) }
        var bytes: UInt64 = 0
        guard descriptor >= 0, pread(descriptor, &bytes, 8, 16) == 8 else { return LogPosition.unknown.salt }
        return UInt64(bigEndian: bytes)
    }

    private func checkpoint(_ session: Session, _ count: Int) {
        let isOver = count >= bounds.limit
        var (total, copied): (Int32, Int32) = (0, 0)
        // Whoever waits here waits on the engine's thread.
        sqlite3_busy_timeout(session.database, isOver ? bounds.patience : 0)
        let code = sqlite3_wal_checkpoint_v2(
            session.database, nil, isOver ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &total, &copied)
        sqlite3_busy_timeout(session.database, WriterConnection.busyTimeout)
        metrics?.checkpoints.increment()
        if code == SQLITE_OK, copied == total {
            // The next transaction begins the log anew, unless a reader is still in it.
            nextAttempt = count + bounds.target / 4
            return
        }
        metrics?.checkpointsHeldUp.increment()
        // Rarer and rarer: an attempt costs.
        nextAttempt = count + max(bounds.target / 4, count / 8)
        guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else {
            logger?.error(
                "the write-ahead log cannot be copied into the database",
                metadata: ["reason": "\(session.error(code).message)"])
            return
        }
        guard isOver, !isWarned else { return }
        isWarned = true
        logger?.warning(
            "the write-ahead log grows, because somebody reads for long: a backup, a check, or a shell's transaction",
            metadata: ["database": "\(path)", "bytes": "\(count * 4_096)"])
    }
}
