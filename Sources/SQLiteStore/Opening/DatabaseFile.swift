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
    ///
    /// - Parameter holdsDatabase: Whether a file that is there has to look like a database.
    static func locate(_ path: String, holdsDatabase: Bool = true) throws(StoreError) -> String {
        guard !path.isEmpty else { throw StoreError(.cannotOpen, "The path of the database is empty: give one.") }
        guard !path.hasSuffix("/") else { throw aFolder(path) }
        if let existing = resolve(path) {
            if isFolder(existing) { throw aFolder(path) }
            if holdsDatabase { try inspect(existing) }
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

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// One that has to be there.
    static func locateExisting(_ path: String) throws(StoreError) -> String {
        let located = try locate(path)
        guard FileSystem.size(located) > 0 else {
            throw StoreError(
                .cannotOpen,
                "There is no database at \(path)\(exists(located) ? ": the file is empty" : ""): give the path of one.")
        }
        return located
    }

    private static func isFolder(_ path: String) -> Bool { FileSystem.isFolder(path) }

    /// Refuses files that no SQLite database begins like, before anything is created next to them.
    private static func inspect(_ path: String) throws(StoreError) {
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
