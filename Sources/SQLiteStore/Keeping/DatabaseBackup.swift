import CrashPoints
package import Orchestrator

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A copy of a database to go back to.
package enum DatabaseBackup {
    package struct Report: Sendable, Hashable {
        package var database: String
        package var file: String
        package var schema: Int
        package var bytes: Int
    }

    /// Copies the database, consistent as of one moment, beside a running server or without one.
    ///
    /// The file appears under its name when it is complete, checked and on disk; a backup that fails leaves nothing, and
    /// what one that was killed left behind goes with the next to the same name. It holds everything, the log included,
    /// and is read-protected as the database is.
    ///
    /// - Parameters:
    ///   - replacing: Whether an older file may give way.
    ///   - progress: Told the pages that were copied, and all of them.
    package static func make(
        of database: String, to file: String, replacing: Bool = false, progress: (Int, Int) -> Void = { _, _ in }
    ) throws(StoreError) -> Report {
        let source = try DatabaseFile.locateExisting(database)
        let target = try DatabaseFile.locate(file, holdsDatabase: false)
        guard !FileSystem.isSame(source, target) else {
            throw StoreError(.cannotOpen, "\(file) is the database itself: give the backup a file of its own.")
        }
        guard replacing || !FileSystem.exists(target) else {
            throw StoreError(.conflict, "\(target) exists already: give another name, or add --force to replace it.")
        }
        try WriteAheadLogFile.checkUnlocked(source)
        removeRemains(beside: target)
        let partial = "\(target).partial-\(getpid())"
        do throws(StoreError) {
            let (schema, _) = try SnapshotCopy.make(of: source, at: partial, progress: progress)
            let problems = SnapshotCopy.integrityProblems(of: partial)
            guard problems.isEmpty else {
                throw StoreError(
                    .corrupt,
                    "The database \(source) is damaged (\(problems[0])), and no backup was made: look into it with "
                        + "`baton check`, and keep your older backups.")
            }
            let bytes = FileSystem.size(partial)
            crashPoint(.beforeRename)
            try FileSystem.rename(partial, to: target)
            crashPoint(.afterRename)
            try FileSystem.sync(FileSystem.folder(of: target))
            return Report(database: source, file: target, schema: schema, bytes: bytes)
        } catch {
            FileSystem.remove(partial)
            throw error
        }
    }

    /// What backups to the same name left behind when they were killed. Another one may be under way.
    private static func removeRemains(beside target: String) {
        let prefix = "\(target).partial-"
        for path in FileSystem.files(beginningWith: prefix) {
            guard let process = Int32(path.dropFirst(prefix.count)) else { continue }
            if process == getpid() || kill(process, 0) != 0 && errno == ESRCH { FileSystem.remove(path) }
        }
    }
}
