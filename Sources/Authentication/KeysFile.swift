#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A keys file on disk.
package struct KeysFile: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// Tells one state of the file from another.
    package struct Stamp: Sendable, Hashable {
        var seconds: Int
        var nanoseconds: Int
        var size: Int64
        var file: UInt64
    }

    /// Nil where there is no file.
    package func stamp() -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Self.stamp(status)
    }

    /// Reads the file, which nobody but its owner and group may be able to.
    package func read() throws(KeysProblem) -> (text: String, stamp: Stamp) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw KeysProblem("Cannot read \(path): \(String(cString: strerror(errno))).") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw KeysProblem("Cannot read \(path): \(String(cString: strerror(errno))).")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw KeysProblem("\(path) is not a file.") }
        guard status.st_mode & 0o027 == 0 else {
            throw KeysProblem(
                "\(path) holds secrets, and others may read or change it (mode "
                    + "\(String(status.st_mode & 0o777, radix: 8))): chmod 600 \(path)")
        }
        guard status.st_size <= 1 << 20 else { throw KeysProblem("\(path) is larger than 1 MiB.") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= 1 << 20 {
            let count = chunk.withUnsafeMutableBytes { Self.read(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw KeysProblem("Cannot read \(path): \(String(cString: strerror(errno))).")
            }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw KeysProblem("\(path) is not UTF-8 text.")
        }
        return (text, Self.stamp(status))
    }

    private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
        Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
        Musl.read(descriptor, buffer.baseAddress, buffer.count)
        #else
        Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    private static func stamp(_ status: stat) -> Stamp {
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        return Stamp(
            seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec), size: Int64(status.st_size),
            file: UInt64(status.st_ino))
    }
}
