import Orchestrator

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Keeps a second Baton off a database: an exclusive lock on the file `DATABASE-lock`, which also says who holds it,
/// and how far the database had come.
///
/// The operating system lets go of the lock when the process ends, however it ends; the file stays. SQLite's own locks
/// cannot do this, because readers such as the sqlite3 shell are welcome.
struct DatabaseLock: ~Copyable {
    private let descriptor: Int32
    /// How far the database had come when its last Baton ended; nil where nobody wrote that down.
    let lastProgress: DatabaseProgress?

    init(database path: String) throws(StoreError) {
        let lockPath = path + "-lock"
        // Not the property yet: once that is set, a throwing init runs deinit, which would close it a second time, when
        // its number may be another file's.
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.refusal(errno, database: path, lock: lockPath) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let failure = errno
            let holder = Self.lines(descriptor).first.flatMap { Int32($0) }
            close(descriptor)
            guard failure == EWOULDBLOCK else { throw Self.refusal(failure, database: path, lock: lockPath) }
            throw StoreError(
                .inUse,
                "The database \(path) is in use by another Baton\(holder.map { ", process \($0)" } ?? ""): stop that "
                    + "one first, or give this one a database of its own.")
        }
        let lines = Self.lines(descriptor)
        lastProgress = lines.count > 1 ? DatabaseProgress(stored: lines[1]) : nil
        // For messages only: if it cannot be written, the lock holds all the same.
        Self.write(descriptor, Self.holderLine, at: 0)
        if lastProgress == nil { _ = ftruncate(descriptor, off_t(Self.holderLength)) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Writes down how far the database has come: to be called after the commit. It need not reach the disk: a process
    /// that is killed leaves it, and after a power cut it says less than is true.
    borrowing func note(_ progress: DatabaseProgress) {
        Self.write(descriptor, progress.stored, at: Self.holderLength)
    }

    /// Whatever stands at the database's place from now on is right.
    borrowing func forgetProgress() {
        _ = ftruncate(descriptor, off_t(Self.holderLength))
        fsync(descriptor)
    }

    /// How far a database has come, without its lock: of a server that runs, that of a moment ago.
    static func progress(of path: String) -> DatabaseProgress? {
        let descriptor = open(path + "-lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let lines = lines(descriptor)
        return lines.count > 1 ? DatabaseProgress(stored: lines[1]) : nil
    }

    // MARK: The file

    private static let holderLength = 16

    private static var holderLine: String {
        let pid = "\(getpid())"
        return pid + String(repeating: " ", count: holderLength - 1 - pid.utf8.count) + "\n"
    }

    private static func write(_ descriptor: Int32, _ text: String, at offset: Int) {
        var text = text
        _ = text.withUTF8 { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
    }

    private static func lines(_ descriptor: Int32) -> [String] {
        let text = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
        return text.split(separator: "\n").map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func refusal(_ code: Int32, database: String, lock: String) -> StoreError {
        let reason = String(cString: strerror(code))
        return switch code {
        case EACCES, EPERM, EROFS:
            StoreError(
                .readOnly,
                "The folder of the database \(database) cannot be written (\(lock): \(reason)): give the user that "
                    + "runs Baton the right to, or choose another folder.")
        case ENOSPC, EDQUOT:
            StoreError(
                .diskFull, "There is no space left for the database \(database) (\(lock): \(reason)): free some.")
        default:
            StoreError(.cannotOpen, "The database \(database) cannot be locked (\(lock): \(reason)).")
        }
    }
}

/// How far a database has come, in a form that a restart can compare: what SQLite itself cannot tell is a log that was
/// cut off or lost, because to it the end of the log is wherever the log is no longer right.
struct DatabaseProgress: Hashable, Sendable {
    /// The highest number of a journal row.
    var journal: Int64 = 0
    /// Which cycle of the write-ahead log was the last, and how many frames it had; 0 where there was none.
    var log = LogPosition()

    /// As wide as any other, so that a new one overwrites an old one.
    var stored: String {
        let columns = [String(journal), String(log.salt, radix: 16), String(log.frames)]
        return columns.map { String(repeating: "0", count: 20 - $0.utf8.count) + $0 }.joined(separator: " ") + "\n"
    }

    init(journal: Int64 = 0, log: LogPosition = LogPosition()) {
        self.journal = journal
        self.log = log
    }

    init?(stored: String) {
        let columns = stored.split(separator: " ")
        guard columns.count == 3, let journal = Int64(columns[0]), let salt = UInt64(columns[1], radix: 16),
            let frames = Int(columns[2])
        else { return nil }
        self.init(journal: journal, log: LogPosition(salt: salt, frames: frames))
    }
}

/// A place in a write-ahead log. Whenever SQLite begins its log anew, the upper half of the salt is one higher, and the
/// lower half is another random number. https://www.sqlite.org/fileformat2.html#walformat
struct LogPosition: Hashable, Sendable {
    var salt: UInt64 = 0
    var frames = 0

    /// Any log will do: a Baton that was about to write its first transaction.
    static let unknown = LogPosition(salt: .max)

    /// Whether a log with this salt is this one, or the one that came after it.
    func precedes(_ other: UInt64) -> Bool {
        self == .unknown || other == salt || UInt32(other >> 32) == UInt32(salt >> 32) &+ 1
    }
}
