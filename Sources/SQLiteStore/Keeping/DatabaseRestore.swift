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
    /// between leaves the one or the other; what may then lie there of the old one's log is refused by the server.
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
        let old = ["", "-wal"].filter { FileSystem.size(target + $0) > 0 }
        guard options.replaces || old.isEmpty else {
            throw StoreError(
                .conflict,
                "There is a database at \(target) already: add --force to put the backup in its place; the old one is "
                    + "kept beside it.")
        }
        // A copy that was made with `cp` may have its log beside it.
        try WriteAheadLogFile.check(source, against: nil)
        let partial = "\(target).restoring-\(getpid())"
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
            lock.forgetProgress()
            let kept = try replace(target, by: partial, old: old, stamp: options.stamp)
            return Report(database: target, schema: schema, bytes: bytes, kept: kept, check: check)
        } catch {
            FileSystem.remove(partial)
            throw error
        }
    }

    private static func replace(
        _ target: String, by partial: String, old: [String], stamp: String
    ) throws(StoreError) -> String? {
        let kept = old.isEmpty ? nil : "\(target).before-restore-\(stamp)"
        if let kept, old.contains("") { try FileSystem.keep(target, as: kept) }
        try FileSystem.rename(partial, to: target)
        // From here on the file says that it has no log, and a server refuses one that lies there.
        if let kept, old.contains("-wal") { try FileSystem.rename(target + "-wal", to: kept + "-wal") }
        FileSystem.remove(target + "-wal")
        FileSystem.remove(target + "-shm")
        FileSystem.remove(target + "-journal")
        try FileSystem.sync(FileSystem.folder(of: target))
        return kept
    }
}
