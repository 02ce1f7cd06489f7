import Orchestrator

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What can be said about a database's write-ahead log before SQLite sees it.
///
/// SQLite takes any log that lies next to a database for the database's own, and takes it to end where its checksums
/// end. So a log that belongs to something else would be mixed in, and a damaged one would be cut off, without a word.
enum WriteAheadLogFile {
    /// The salt of the log next to the database; nil where there is none, or none with a frame in it.
    static func salt(of path: String) -> UInt64? {
        let descriptor = open(path + "-wal", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        // A header and the beginning of a frame.
        guard fstat(descriptor, &status) == 0, status.st_size > 56 else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 8) { buffer in
            guard pread(descriptor, buffer.baseAddress, 8, 16) == 8 else { return nil }
            return buffer.reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// Refuses a log that is not the one that this database's last Baton left behind.
    static func check(_ path: String, against last: DatabaseProgress?) throws(StoreError) {
        guard let salt = salt(of: path) else { return }
        switch journalMode(of: path) {
        case nil:
            throw StoreError(
                .corrupt,
                "The database \(path) is empty, but its write-ahead log \(path)-wal is not: the file was emptied or "
                    + "lost. Put the file back, or put a backup in its place with `baton restore --force`.")
        case 1?:
            // SQLite writes a log only after it has marked the file for one, and unmarks it only after the log is gone.
            throw StoreError(
                .corrupt,
                "The write-ahead log \(path)-wal does not belong to the database \(path), which was put in place "
                    + "without removing it: move \(path)-wal and \(path)-shm away, or let `baton restore` put a backup "
                    + "in place.")
        default: break
        }
        guard let last, !last.log.precedes(salt) else { return }
        throw StoreError(
            .corrupt,
            "The write-ahead log \(path)-wal is damaged, or does not belong to the database \(path): what it held "
                + "would be lost. Put the right one back, or put a backup in place with `baton restore --force`. If "
                + "another program wrote to the database meanwhile, and `baton check` finds it sound, remove "
                + "\(path)-lock, and it will be taken as it is.")
    }

    /// The same beside a server that may be about to start or to end.
    static func checkUnlocked(_ path: String) throws(StoreError) {
        for isLast in [false, false, true] {
            do throws(StoreError) {
                return try check(path, against: DatabaseLock.progress(of: path))
            } catch {
                if isLast { throw error }
            }
        }
    }

    /// Refuses a database that lacks what was committed.
    ///
    /// - Parameters:
    ///   - journal: The highest number of a journal row in it.
    ///   - frames: The frames of its log that SQLite takes for good.
    static func check(
        _ path: String, journal: Int64, frames: Int, against last: DatabaseProgress?
    ) throws(StoreError) {
        guard let last else { return }
        let isCut = last.log.frames > frames && last.log.frames > 0 && salt(of: path) == last.log.salt
        guard isCut || journal < last.journal else { return }
        let what = isCut ? "its write-ahead log ends too early" : "its journal ends too early"
        throw StoreError(
            .corrupt,
            "The database \(path) lacks changes that were committed (\(what): a file was cut off, damaged, lost or "
                + "replaced by an older one). Put the right files back, or put a backup in place with `baton restore "
                + "--force`. To go on with what is there, see to it that `baton check` finds it sound, and remove "
                + "\(path)-lock.")
    }

    /// Byte 18 of the file: 1 for a rollback journal, 2 for a write-ahead log; nil for an empty or missing file.
    static func journalMode(of path: String) -> UInt8? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        return pread(descriptor, &byte, 1, 18) == 1 ? byte : nil
    }
}
