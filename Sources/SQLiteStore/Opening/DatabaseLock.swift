import Orchestrator

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Keeps a second Baton off a database: an exclusive lock on the file `DATABASE-lock`, which also says who holds it.
///
/// The operating system lets go of the lock when the process ends, however it ends; the file stays, and means
/// nothing by itself. SQLite's own locks cannot do this, because readers such as the sqlite3 shell are welcome.
struct DatabaseLock: ~Copyable {
    private let descriptor: Int32

    init(database path: String) throws(StoreError) {
        let lockPath = path + "-lock"
        // Not the property yet: once that is set, a throwing init runs deinit, which would close it a second time, when
        // its number may be another file's.
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.refusal(errno, database: path, lock: lockPath) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let failure = errno
            let holder = Self.holder(descriptor)
            close(descriptor)
            guard failure == EWOULDBLOCK else { throw Self.refusal(failure, database: path, lock: lockPath) }
            throw StoreError(
                .inUse,
                "The database \(path) is in use by another Baton\(holder.map { ", process \($0)" } ?? ""): stop that "
                    + "one first, or give this one a database of its own.")
        }
        // For messages only: if it cannot be written, the lock holds all the same.
        var line = "\(getpid())\n"
        if ftruncate(descriptor, 0) == 0 {
            _ = line.withUTF8 { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func holder(_ descriptor: Int32) -> Int32? {
        let text = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
        return text.split(separator: "\n").first.flatMap { Int32($0) }
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
