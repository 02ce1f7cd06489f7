#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// An open log file that makes room for a new one when it is full: `NAME`, then `NAME.1`, `NAME.2`, the oldest last.
final class LogFile {
    private let path: String
    private let limits: LogLimits
    private var descriptor: Int32 = -1
    private var size = 0

    /// - Throws: the system's error number.
    init(path: String, folder: String, limits: LogLimits) throws(SystemFailure) {
        self.path = path
        self.limits = limits
        try Self.makeFolders(folder)
        try open()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Appends whole lines.
    func append(_ bytes: [UInt8]) throws(SystemFailure) {
        if size > 0, size + bytes.count > limits.fileBytes { try rotate() }
        if descriptor < 0 { try open() }
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes { all in
                write(descriptor, all.baseAddress.map { $0 + offset }, all.count - offset)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let failure = SystemFailure(errno)
                // Half a line would spoil the next one too.
                _ = ftruncate(descriptor, off_t(size))
                throw failure
            }
            offset += written
        }
        size += bytes.count
    }

    private func open() throws(SystemFailure) {
        #if canImport(Darwin)
        descriptor = Darwin.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        #elseif canImport(Musl)
        descriptor = Musl.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        #else
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        #endif
        guard descriptor >= 0 else { throw SystemFailure(errno) }
        size = max(0, Int(lseek(descriptor, 0, SEEK_END)))
    }

    private func rotate() throws(SystemFailure) {
        close(descriptor)
        descriptor = -1
        for number in stride(from: limits.keptFiles - 1, through: 1, by: -1) {
            _ = rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        if limits.keptFiles > 0 { _ = rename(path, path + ".1") } else { _ = unlink(path) }
        try open()
    }

    private static func makeFolders(_ path: String) throws(SystemFailure) {
        guard mkdir(path, 0o750) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemFailure(errno)
        }
        try makeFolders(String(path[..<slash]))
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else { throw SystemFailure(errno) }
    }
}

/// How much a log group may take on the disk.
package struct LogLimits: Sendable, Hashable {
    package var fileBytes: Int
    /// Beside the one that is written.
    package var keptFiles: Int

    package init(fileBytes: Int = 64 << 20, keptFiles: Int = 4) {
        self.fileBytes = fileBytes
        self.keptFiles = keptFiles
    }
}

struct SystemFailure: Error, CustomStringConvertible {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    var description: String { String(cString: strerror(number)) }
}
