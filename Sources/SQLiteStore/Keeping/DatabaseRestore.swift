import CrashPoints
package import Orchestrator

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Puts a backup in a database's place.
package enum DatabaseRestore {
    package struct Report: Sendable {
        package var database: String
        package var schema: Int
        package var bytes: Int
        /// Where the database is that was there before.
        package var kept: String?
        package var check: DatabaseReport
    }

    package struct Options: Sendable {
        /// Whether a database that is there may give way; it is kept under another name.
        package var replaces = false
        /// Whether a backup will do with which something is wrong that SQLite can live with.
        package var acceptsFindings = false
        /// Part of the name of what is kept.
        package var stamp: String

        package init(replaces: Bool = false, acceptsFindings: Bool = false, stamp: String) {
            self.replaces = replaces
            self.acceptsFindings = acceptsFindings
            self.stamp = stamp
        }
    }

    /// The backup is copied beside the database and checked there, and takes the database's name at once. A crash in
    /// between leaves the one or the other, whole; what else it left is seen to by `finish`.
    package static func restore(
        from backup: String, to database: String, _ options: Options, progress: (Int, Int) -> Void = { _, _ in }
    ) throws(StoreError) -> Report {
        let source = try DatabaseFile.locateExisting(backup)
        let target = try DatabaseFile.locate(database, holdsDatabase: false)
        guard !FileSystem.isSame(source, target) else {
            throw StoreError(.cannotOpen, "\(backup) is the database itself: give the file of a backup.")
        }
        // Held until the end: no server can start meanwhile.
        let lock = try DatabaseLock(database: target)
        try? finish(at: target)
        let old = ["", "-wal"].filter { FileSystem.size(target + $0) > 0 }
        guard options.replaces || old.isEmpty else {
            throw StoreError(
                .conflict,
                "There is a database at \(target) already: add --force to put the backup in its place; the old one is "
                    + "kept beside it.")
        }
        // A copy that was made with `cp` may have its log beside it.
        try WriteAheadLogFile.check(source, against: nil)
        let partial = target + partialSuffix
        FileSystem.remove(partial)
        do throws(StoreError) {
            let (schema, _) = try SnapshotCopy.make(of: source, at: partial, progress: progress)
            let check = try DatabaseCheck.run(partial, named: source)
            guard check.isReadable, check.isSound || options.acceptsFindings else {
                throw StoreError(
                    .corrupt,
                    "The backup \(source) is not sound (\(check.summary)), and nothing was changed: look into it with "
                        + "`baton check --database \(source)`, and take an older one"
                        + (check.isReadable ? ", or add --accept-findings." : "."))
            }
            let bytes = FileSystem.size(partial)
            let kept = try replace(target, by: partial, old: old, stamp: options.stamp, lock)
            return Report(database: target, schema: schema, bytes: bytes, kept: kept, check: check)
        } catch {
            FileSystem.remove(partial)
            throw error
        }
    }

    private static func replace(
        _ target: String, by partial: String, old: [String], stamp: String, _ lock: borrowing DatabaseLock
    ) throws(StoreError) -> String? {
        let kept = old.isEmpty ? nil : target + keptSuffix + stamp
        if let kept {
            for part in old { try FileSystem.keep(target + part, as: kept + part) }
            try FileSystem.sync(FileSystem.folder(of: target))
        }
        crashPoint(.beforeRename)
        lock.forgetProgress()
        try FileSystem.rename(partial, to: target)
        crashPoint(.afterRename)
        try removeLog(of: target)
        return kept
    }

    private static func removeLog(of target: String) throws(StoreError) {
        for part in ["-wal", "-shm", "-journal"] { FileSystem.remove(target + part) }
        try FileSystem.sync(FileSystem.folder(of: target))
    }

    // MARK: After a crash

    private static let partialSuffix = ".restoring"
    private static let keptSuffix = ".before-restore-"

    /// Sees to what a restore left that was killed. To be called with the lock of the database.
    ///
    /// Until the copy takes the database's name, the old files have two names each: then the new ones go. After that,
    /// the old log has two: then the restore is completed. Either way the database is whole.
    static func finish(at target: String) throws(StoreError) {
        let partial = target + partialSuffix
        guard FileSystem.exists(target) else {
            guard FileSystem.exists(partial) else { return }
            // Nothing was there before, or it is out of the way already, on a file system where files have one name.
            let kept =
                FileSystem.files(beginningWith: target + keptSuffix).first.map { " Older ones are \($0), …" } ?? ""
            throw StoreError(
                .cannotOpen,
                "A restore of the database \(target) was interrupted: run `baton restore` again. To begin with an empty "
                    + "database instead, remove \(partial).\(kept)")
        }
        FileSystem.remove(partial)
        for kept in FileSystem.files(beginningWith: target + keptSuffix) {
            if FileSystem.isSame(kept, target) {
                if FileSystem.isSame(kept + "-wal", target + "-wal") { FileSystem.remove(kept + "-wal") }
                FileSystem.remove(kept)
            } else if kept.hasSuffix("-wal"), FileSystem.isSame(kept, target + "-wal"),
                WriteAheadLogFile.journalMode(of: target) == 1
            {
                try removeLog(of: target)
            }
        }
    }
}
