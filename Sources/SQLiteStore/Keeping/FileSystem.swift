import Orchestrator

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What putting files in place durably takes.
enum FileSystem {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether both names lead to one file.
    static func isSame(_ left: String, _ right: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(left, &first) == 0, stat(right, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// An empty file that was not there before, for the same readers as `model`.
    static func create(_ path: String, like model: String) throws(StoreError) {
        var status = stat()
        let mode = stat(model, &status) == 0 ? status.st_mode & 0o777 : 0o600
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("create", path) }
        close(descriptor)
    }

    static func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) throws(StoreError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count else { throw failure("write", path) }
    }

    /// Everything of a file, or a folder's list of names, is on disk when this returns.
    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    }

    static func rename(_ old: String, to new: String) throws(StoreError) {
        #if canImport(Darwin)
        let result = Darwin.rename(old, new)
        #elseif canImport(Musl)
        let result = Musl.rename(old, new)
        #else
        let result = Glibc.rename(old, new)
        #endif
        guard result == 0 else { throw failure("rename", old) }
    }

    /// A second name for a file; where the file system has none, the file gets the new name instead.
    static func keep(_ path: String, as name: String) throws(StoreError) {
        guard link(path, name) != 0 else { return }
        guard errno != EEXIST else { throw failure("link", name) }
        try rename(path, to: name)
    }

    /// The files of a folder whose paths begin with `prefix`, in order.
    static func files(beginningWith prefix: String) -> [String] {
        guard let stream = opendir(folder(of: prefix)) else { return [] }
        defer { closedir(stream) }
        let beginning = prefix.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        let start = prefix.dropLast(beginning.count)
        var paths: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(beginning) { paths.append(start + name) }
        }
        return paths.sorted()
    }

    static func remove(_ path: String) { unlink(path) }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(_ verb: String, _ path: String) -> StoreError {
        let code = errno
        let reason = String(cString: strerror(code))
        return switch code {
        case ENOSPC, EDQUOT:
            StoreError(.diskFull, "There is no space left to \(verb) \(path) (\(reason)): free some.")
        case EACCES, EPERM, EROFS:
            StoreError(.readOnly, "Cannot \(verb) \(path) (\(reason)): run this as a user that may write there.")
        default: StoreError(.cannotOpen, "Cannot \(verb) \(path): \(reason).")
        }
    }
}
