import WorkerSDK

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A Maildir: a message is written in `tmp` and moved to `new` when it is whole, so that no reader sees half of one.
struct Maildir: Sendable {
    let path: String

    /// Creates what is missing.
    init(_ path: String) throws {
        self.path = path
        for folder in ["tmp", "new", "cur"] {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        }
    }

    init(existing path: String) { self.path = path }

    /// Delivers once: where a message of that name is there, read or unread, nothing is done.
    /// - Parameter name: unique among all messages; neither `/` nor `:` in it.
    /// - Throws: `Email.Undeliverable`.
    func deliver(_ text: String, name: String) throws(TaskFailure) {
        guard !contains(name) else { return }
        let temporary = "\(path)/tmp/\(name).\(getpid())"
        try write(text, to: temporary)
        guard rename(temporary, "\(path)/new/\(name)") == 0 else {
            let failure = failure("move a message to \(path)/new")
            unlink(temporary)
            throw failure
        }
    }

    /// Readers move a message from `new` to `cur` and append flags after a colon.
    func contains(_ name: String) -> Bool {
        if access("\(path)/new/\(name)", F_OK) == 0 { return true }
        let read = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/cur")) ?? []
        return read.contains { $0 == name || $0.hasPrefix("\(name):") }
    }

    private func write(_ text: String, to file: String) throws(TaskFailure) {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw failure("create \(file)") }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { bytes in systemWrite(descriptor, bytes) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure("write \(file)") }
            rest = rest.dropFirst(written)
        }
        guard fsync(descriptor) == 0 else { throw failure("write \(file)") }
    }

    private func failure(_ what: String) -> TaskFailure {
        TaskFailure(error: "Email.Undeliverable", cause: "cannot \(what): \(String(cString: strerror(errno)))")
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
