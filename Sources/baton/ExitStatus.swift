/// What the process answers to the shell. Scripts rely on these numbers.
enum ExitStatus: Int32, Sendable {
    case done = 0
    /// The server refused, the definition is invalid, the execution ended otherwise than with success.
    case failed = 1
    /// The command line, or a file that it names, is wrong.
    case usage = 2
    case unreachable = 3
    case notFound = 4
    /// The server could not start: its port, its database or its configuration.
    case cannotStart = 5
}

/// Ends the command, with one sentence that says what to do.
struct CommandError: Error, Sendable, Hashable {
    var status: ExitStatus
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }
}
