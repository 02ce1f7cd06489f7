import Dispatch
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A command that the kit has started, in a process group of its own.
final class WorkerProcess: Sendable {
    let pid: pid_t
    private let end: Mutex<(status: Int32?, waiters: [CheckedContinuation<Void, Never>])>

    /// - Parameters:
    ///   - command: for `sh -c`. A simple one takes the shell's place, so that signals reach it and not a shell.
    ///   - log: a file to which its output is appended.
    init(_ command: String, environment: [String: String], log: String) throws(CheckError) {
        let isSimple = !command.contains { "&|;<>()`\n".contains($0) } && !command.hasPrefix("exec ")
        var variables: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let mark = text.firstIndex(of: "=") {
                variables[String(text[..<mark])] = String(text[text.index(after: mark)...])
            }
            pointer += 1
        }
        variables.merge(environment) { $1 }

        #if canImport(Darwin)
        var attributes: posix_spawnattr_t?
        var files: posix_spawn_file_actions_t?
        #else
        var attributes = posix_spawnattr_t()
        var files = posix_spawn_file_actions_t()
        #endif
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&files)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&files)
        }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setpgroup(&attributes, 0)
        // This may run on a thread that blocks signals; a worker that inherits that would never hear of SIGTERM.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&files, 1, 2)

        // `exec` takes no variables before the command; `env` does.
        let setsVariables = command.prefix { $0 != " " }.contains("=")
        let words = ["sh", "-c", isSimple ? (setsVariables ? "exec env " : "exec ") + command : command]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { word in strdup(word) }
        var entries: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") }
        arguments.append(nil)
        entries.append(nil)
        defer { for text in arguments + entries { free(text) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, "/bin/sh", &files, &attributes, arguments, entries)
        guard error == 0 else {
            throw CheckError(description: "cannot start '\(command)': \(String(cString: strerror(error)))")
        }
        self.pid = pid
        end = Mutex((nil, []))
        // waitpid blocks, so it has a thread while the process lives.
        DispatchQueue.global().async { [self, pid] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let waiters = end.withLock { end in
                end.status = status
                defer { end.waiters = [] }
                return end.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    /// As wait(2) has it; nil while it runs.
    var status: Int32? { end.withLock { $0.status } }
    var isRunning: Bool { status == nil }

    /// `with status 1`, `by signal 9`; nil while it runs.
    var ending: String? {
        status.map { $0 & 0x7F == 0 ? "with status \(($0 >> 8) & 0xFF)" : "by signal \($0 & 0x7F)" }
    }

    func terminate() { if isRunning { kill(pid, SIGTERM) } }

    /// With everything that it has started.
    func killAll() { kill(-pid, SIGKILL) }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let isOver = end.withLock { end in
                if end.status == nil { end.waiters.append(continuation) }
                return end.status != nil
            }
            if isOver { continuation.resume() }
        }
    }

    /// - Returns: whether it ended in time.
    func waitForEnd(_ timeout: Duration) async -> Bool {
        await eventually(timeout) { !self.isRunning }
    }

    deinit { if isRunning { killAll() } }
}

/// Looks several times a second: for what tells nobody of its changes, such as a queue or another's process.
func eventually(_ timeout: Duration, _ condition: () async -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + timeout
    while await !condition() {
        guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(100))) != nil else {
            return false
        }
    }
    return true
}
