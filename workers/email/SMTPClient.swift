import Dispatch
import WorkerSDK

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Hands one mail after the other to a relay nearby: no TLS, no authentication.
struct SMTPClient: Sendable {
    let host: String
    let port: String

    /// `host:port`; an IPv6 address in brackets.
    init?(server: String) {
        guard let colon = server.lastIndex(of: ":") else { return nil }
        let host = server[..<colon].trimmingPrefix("[")
        let port = server[server.index(after: colon)...]
        guard !host.isEmpty, let number = Int(port), (1...65_535).contains(number) else { return nil }
        self.host = host.last == "]" ? String(host.dropLast()) : String(host)
        self.port = String(port)
    }

    /// - Parameter mail: lines end with CRLF.
    /// - Throws: `Email.ServerUnavailable`, `Email.Rejected`, `Email.Deferred`.
    func send(_ mail: String, from sender: String, to recipient: String) async throws {
        // The socket blocks, so it has to be elsewhere than on the threads that run Swift's tasks.
        let result: Result<Void, TaskFailure> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: blockingSend(mail, sender, recipient))
            }
        }
        try result.get()
    }

    private func blockingSend(_ mail: String, _ sender: String, _ recipient: String) -> Result<Void, TaskFailure> {
        do throws(TaskFailure) {
            var session = try SMTPSession(host: host, port: port)
            defer { session.end() }
            try session.expect(220)
            try session.say("EHLO localhost", expecting: 250)
            try session.say("MAIL FROM:<\(sender)>", expecting: 250)
            try session.say("RCPT TO:<\(recipient)>", expecting: 250)
            try session.say("DATA", expecting: 354)
            // A line that begins with a dot gets another one (RFC 5321 section 4.5.2).
            let stuffed = mail.split(separator: "\r\n", omittingEmptySubsequences: false)
                .map { $0.hasPrefix(".") ? ".\($0)" : String($0) }
                .joined(separator: "\r\n")
            try session.say(stuffed + (stuffed.hasSuffix("\r\n") ? "." : "\r\n."), expecting: 250)
            // The mail is theirs now; a lost goodbye changes nothing.
            try? session.say("QUIT", expecting: 221)
            return .success(())
        } catch {
            return .failure(error)
        }
    }
}

/// One connection; every step has ten seconds.
private struct SMTPSession {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(host: String, port: String) throws(TaskFailure) {
        var hints = addrinfo()
        #if canImport(Darwin)
        hints.ai_socktype = SOCK_STREAM
        #else
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, port, &hints, &list)
        guard status == 0 else {
            throw Self.unavailable("cannot find \(host): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(list) }
        var connected: Int32?
        var entry = list
        while let address = entry?.pointee, connected == nil {
            let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
            if descriptor >= 0 {
                var patience = timeval(tv_sec: 10, tv_usec: 0)
                let size = socklen_t(MemoryLayout<timeval>.size)
                setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
                setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
                if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
                    connected = descriptor
                } else {
                    close(descriptor)
                }
            }
            entry = address.ai_next
        }
        guard let connected else {
            throw Self.unavailable("cannot connect to \(host):\(port): \(String(cString: strerror(errno)))")
        }
        descriptor = connected
    }

    func end() { close(descriptor) }

    mutating func say(_ line: String, expecting code: Int) throws(TaskFailure) {
        var rest = Array("\(line)\r\n".utf8)[...]
        #if canImport(Darwin)
        let flags: Int32 = 0
        #else
        let flags = Int32(MSG_NOSIGNAL)
        #endif
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
            guard sent > 0 else { throw Self.unavailable("the connection was lost") }
            rest = rest.dropFirst(sent)
        }
        try expect(code)
    }

    mutating func expect(_ code: Int) throws(TaskFailure) {
        while true {
            let line = try readLine()
            // `250-` announces another line.
            if line.dropFirst(3).first == "-" { continue }
            guard let answer = Int(line.prefix(3)) else { throw Self.unavailable("not SMTP: \(line.prefix(80))") }
            if answer == code { return }
            throw TaskFailure(error: answer >= 500 ? "Email.Rejected" : "Email.Deferred", cause: line)
        }
    }

    private mutating func readLine() throws(TaskFailure) -> String {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = String(decoding: buffer[..<end].filter { $0 != 0x0D }, as: UTF8.self)
                buffer.removeSubrange(...end)
                return line
            }
            guard buffer.count < 65_536 else { throw Self.unavailable("an endless line") }
            var chunk = [UInt8](repeating: 0, count: 4_096)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { throw Self.unavailable("no answer") }
            buffer += chunk[..<count]
        }
    }

    private static func unavailable(_ cause: String) -> TaskFailure {
        TaskFailure(error: "Email.ServerUnavailable", cause: cause)
    }
}
