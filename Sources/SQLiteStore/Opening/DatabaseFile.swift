import Orchestrator

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What can be said about a database's file before SQLite sees it.
enum DatabaseFile {
    /// The path without symbolic links, so that every name of a database leads to the same lock.
    ///
    /// Throws where there can be no database at that path; a file that does not exist yet is fine.
    static func locate(_ path: String) throws(StoreError) -> String {
        guard !path.isEmpty else { throw StoreError(.cannotOpen, "The path of the database is empty: give one.") }
        guard !path.hasSuffix("/") else { throw aFolder(path) }
        if let existing = resolve(path) {
            try inspect(existing)
            return existing
        }
        guard errno == ENOENT else {
            throw StoreError(
                .cannotOpen, "The database \(path) cannot be reached: \(String(cString: strerror(errno))).")
        }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let resolved = resolve(folder) else {
            throw StoreError(
                .cannotOpen,
                "The database \(path) cannot be created, because the folder \(folder) does not exist: create it, or "
                    + "choose another.")
        }
        let file = slash.map { String(path[path.index(after: $0)...]) } ?? path
        return resolved == "/" ? "/\(file)" : "\(resolved)/\(file)"
    }

    /// Refuses folders, and files that no SQLite database begins like, before anything is created next to them.
    private static func inspect(_ path: String) throws(StoreError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw aFolder(path)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw StoreError(
                .cannotOpen,
                "The database \(path) cannot be read (\(reason)): give the user that runs Baton the right to.")
        }
        defer { close(descriptor) }
        let magic = Array("SQLite format 3\0".utf8)
        let begins = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: magic.count) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            return count == 0 || count == magic.count && buffer.elementsEqual(magic)
        }
        guard begins else { throw StoreError(notADatabase: path) }
    }

    private static func aFolder(_ path: String) -> StoreError {
        StoreError(.cannotOpen, "The database \(path) is a folder: give the path of a file in it.")
    }

    private static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
