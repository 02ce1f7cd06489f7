package import AMQP
import Foundation
import Logging
import Synchronization

/// A RabbitMQ node for tests, started by `scripts/broker.sh` in a temporary folder and ended with the test process.
///
/// `shared()` is one node for all tests that do it no harm, or the one named by `BATON_TEST_AMQP_URL`; tests that
/// restart, wipe or choke a node `start()` their own.
package final class BrokerFixture: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package let url: String
    /// nil for a node that is not ours to control.
    private let directory: String?
    private let port: Int

    private init(url: String, directory: String?, port: Int) {
        self.url = url
        self.directory = directory
        self.port = port
    }

    // MARK: Finding and starting

    private static let sharedNode = Mutex<Task<BrokerFixture, any Error>?>(nil)

    package static func shared() async throws -> BrokerFixture {
        let task = sharedNode.withLock { node in
            if let node { return node }
            let task = Task {
                if let url = ProcessInfo.processInfo.environment["BATON_TEST_AMQP_URL"], !url.isEmpty {
                    return BrokerFixture(url: url, directory: nil, port: 0)
                }
                return try await start()
            }
            node = task
            return task
        }
        return try await task.value
    }

    package static func start() async throws -> BrokerFixture {
        removeLeftovers()
        let port = freePort()
        let directory = NSTemporaryDirectory() + "baton-broker-\(getpid())-\(port)"
        let fixture = BrokerFixture(url: "amqp://guest:guest@127.0.0.1:\(port)/", directory: directory, port: port)
        stopAtExit(directory)
        try await fixture.script("start")
        return fixture
    }

    /// A node that also listens with TLS, one port above, under a certificate of its own for "localhost".
    package static func startTLS() async throws -> BrokerFixture {
        let port = freePort()
        let directory = NSTemporaryDirectory() + "baton-broker-\(getpid())-\(port)"
        let fixture = BrokerFixture(url: "amqp://guest:guest@127.0.0.1:\(port)/", directory: directory, port: port)
        stopAtExit(directory)
        try FileManager.default.createDirectory(atPath: directory + "/conf.d", withIntermediateDirectories: true)
        _ = try await run(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost", "-keyout", fixture.keyFile, "-out", fixture.certificateFile,
            ], executable: "/usr/bin/env")
        let configuration = """
            listeners.ssl.default = 127.0.0.1:\(port + 1)
            ssl_options.cacertfile = \(fixture.certificateFile)
            ssl_options.certfile = \(fixture.certificateFile)
            ssl_options.keyfile = \(fixture.keyFile)
            ssl_options.verify = verify_none
            ssl_options.fail_if_no_peer_cert = false

            """
        try configuration.write(toFile: directory + "/conf.d/tls.conf", atomically: true, encoding: .utf8)
        try await fixture.script("start")
        return fixture
    }

    package var tlsURL: String { "amqps://guest:guest@localhost:\(port + 1)/" }
    package var certificateFile: String { (directory ?? "") + "/certificate.pem" }
    private var keyFile: String { (directory ?? "") + "/key.pem" }

    /// Whether nodes can be started here; a test that needs one is skipped otherwise.
    package static let isAvailable: Bool = {
        let candidates = [
            "/usr/lib/rabbitmq/bin", "/usr/sbin", "/opt/homebrew/opt/rabbitmq/sbin", "/usr/local/opt/rabbitmq/sbin",
            "/opt/homebrew/sbin", "/usr/local/sbin",
        ]
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let isFound = (candidates + path).contains {
            FileManager.default.isExecutableFile(atPath: $0 + "/rabbitmq-server")
        }
        if !isFound { print("RabbitMQ is not installed: tests that need a broker are skipped") }
        return isFound || ProcessInfo.processInfo.environment["BATON_TEST_AMQP_URL"] != nil
    }()

    /// Whether a node of our own can be started, to be restarted and choked.
    package static let isControllable =
        isAvailable
        && ProcessInfo.processInfo.environment["BATON_TEST_AMQP_URL"] == nil

    // MARK: Control

    package func stop(kill: Bool = false) async throws { try await script("stop", kill ? ["--kill"] : []) }
    package func restart(kill: Bool = false) async throws {
        try await stop(kill: kill)
        try await script("start")
    }
    package func startAgain() async throws { try await script("start") }
    package func wipe() async throws { try await script("wipe") }

    @discardableResult
    package func ctl(_ arguments: String...) async throws -> String { try await script("ctl", arguments) }

    /// Stops the node's process without closing anything, as a network that swallows packets does.
    package func freeze(_ isFrozen: Bool) async throws {
        guard let directory else { throw Failure(description: "this broker is not ours to control") }
        let text = try String(contentsOfFile: directory + "/node.pid", encoding: .utf8)
        guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            kill(pid, isFrozen ? SIGSTOP : SIGCONT) == 0
        else { throw Failure(description: "the node's process is not there") }
    }

    @discardableResult
    private func script(_ command: String, _ arguments: [String] = []) async throws -> String {
        guard let directory else { throw Failure(description: "this broker is not ours to control") }
        let all = [command, "--dir", directory, "--port", "\(port)"] + arguments
        return try await Self.run(all)
    }

    // MARK: Connections

    package func configuration(_ name: String = "test") throws -> AMQPConfiguration {
        var logger = Logger(label: "test.amqp") { _ in SwiftLogNoOpLogHandler() }
        if ProcessInfo.processInfo.environment["BATON_TEST_LOG"] != nil {
            logger = Logger(label: "test.amqp", factory: StreamLogHandler.standardError(label:))
        }
        return AMQPConfiguration(
            url: try AMQPURL(url), connectionName: name, heartbeat: .seconds(5),
            reconnectDelay: .milliseconds(20) ... .milliseconds(300), logger: logger)
    }

    // MARK: Processes

    private static let scriptPath: String = {
        var folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appending(path: "scripts/broker.sh").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            folder.deleteLastPathComponent()
        }
        return "scripts/broker.sh"
    }()

    private static func run(_ arguments: [String], executable: String = scriptPath) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            // Waiting for a process blocks a thread: not one of the concurrency pool's.
            Thread.detachNewThread {
                // Foundation's threads block signals, and the node would inherit that: it has to hear SIGTERM.
                var none = sigset_t()
                sigemptyset(&none)
                pthread_sigmask(SIG_SETMASK, &none, nil)
                continuation.resume(with: Result { try runAndWait(arguments, executable: executable) })
            }
        }
    }

    private static func runAndWait(_ arguments: [String], executable: String = scriptPath) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        // A file, not a pipe: the node inherits nothing that would keep a reader waiting.
        let file = NSTemporaryDirectory() + "baton-broker-output-\(UUID().uuidString)"
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        let output = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        guard process.terminationStatus == 0 else {
            throw Failure(description: "broker.sh \(arguments.joined(separator: " ")): \(output)")
        }
        return output
    }

    private static func freePort() -> Int {
        // The node's other ports are derived from this one, so it has to be below the ephemeral ports.
        for _ in 0..<100 {
            let candidate = Int.random(in: 20_000..<29_000)
            let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(probe) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(candidate).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let isFree = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isFree { return candidate }
        }
        return 29_000
    }

    private static let toStop = Mutex<[String]>([])

    private static func stopAtExit(_ directory: String) {
        let isFirst = toStop.withLock { directories in
            directories.append(directory)
            return directories.count == 1
        }
        guard isFirst else { return }
        atexit {
            for directory in BrokerFixture.toStop.withLock({ $0 }) { BrokerFixture.discard(directory) }
        }
    }

    private static func discard(_ directory: String) {
        _ = try? runAndWait(["stop", "--kill", "--dir", directory])
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Nodes of test processes that were killed.
    private static func removeLeftovers() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory())) ?? []
        for name in names where name.hasPrefix("baton-broker-") && !name.hasPrefix("baton-broker-output") {
            let parts = name.split(separator: "-")
            guard parts.count == 4, let owner = pid_t(parts[2]), kill(owner, 0) != 0, errno == ESRCH else { continue }
            discard(NSTemporaryDirectory() + name)
        }
    }
}
