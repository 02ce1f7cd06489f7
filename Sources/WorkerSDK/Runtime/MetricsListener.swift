import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The least that serves `/metrics` and `/health` to a scraper: one connection at a time, on the loopback interface,
/// on a thread of its own.
final class MetricsListener: Sendable {
    private let descriptor: Int32

    init(port: Int) throws(WorkerConfigurationError) {
        func failure(_ what: String) -> WorkerConfigurationError {
            WorkerConfigurationError(
                "cannot serve metrics on port \(port): \(what) (\(String(cString: strerror(errno))))")
        }
        #if canImport(Glibc) || canImport(Musl)
        let stream = Int32(SOCK_STREAM.rawValue)
        #else
        let stream = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, stream, 0)
        guard descriptor >= 0 else { throw failure("no socket") }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 16) == 0 else {
            let error = failure("is it in use?")
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    /// Serves until cancelled.
    func serve(_ metrics: @escaping @Sendable () -> String) async {
        let descriptor = descriptor
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let thread = ListenerThread(descriptor, metrics) { continuation.resume() }
                thread.start()
            }
        } onCancel: {
            // Wakes the thread out of accept().
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
        close(descriptor)
    }
}

private final class ListenerThread: Sendable {
    private let descriptor: Int32
    private let metrics: @Sendable () -> String
    private let done: @Sendable () -> Void

    init(_ descriptor: Int32, _ metrics: @escaping @Sendable () -> String, done: @escaping @Sendable () -> Void) {
        self.descriptor = descriptor
        self.metrics = metrics
        self.done = done
    }

    func start() {
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let context = Unmanaged.passRetained(self).toOpaque()
        guard pthread_create(&thread, nil, listenerThreadMain, context) == 0 else {
            Unmanaged<ListenerThread>.fromOpaque(context).release()
            done()
            return
        }
    }

    func run() {
        while true {
            let client = accept(descriptor, nil, nil)
            if client < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            answer(client)
            close(client)
        }
        done()
    }

    private func answer(_ client: Int32) {
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var request = [UInt8](repeating: 0, count: 2_048)
        let count = recv(client, &request, request.count, 0)
        guard count > 0 else { return }
        let line = String(decoding: request[..<count].prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
        let path = line.split(separator: " ").dropFirst().first ?? ""
        let (status, body) =
            switch path {
            case "/metrics": ("200 OK", metrics())
            case "/health", "/health/live": ("200 OK", "ok\n")
            default: ("404 Not Found", "not found\n")
            }
        let head = """
            HTTP/1.1 \(status)\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
            Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n
            """
        var rest = Array((head + body).utf8)[...]
        while !rest.isEmpty {
            #if canImport(Darwin)
            let flags: Int32 = 0
            #else
            let flags = Int32(MSG_NOSIGNAL)
            #endif
            let sent = rest.withUnsafeBytes { send(client, $0.baseAddress, $0.count, flags) }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }
}

/// Not a closure: one that is written where the main actor runs would belong to it.
#if canImport(Darwin)
private func listenerThreadMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<ListenerThread>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
#else
private func listenerThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<ListenerThread>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
#endif
