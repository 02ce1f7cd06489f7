import ArgumentParser
import JSONValue
import Logging
import Synchronization
import Telemetry
import WorkerSDK

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The worker that `make torture` kills: it does what a task's input asks for, and keeps a record of every attempt.
///
/// Input: `delay` (milliseconds), `fail` (as many attempts fail, with `error`), `token` (a callback's; it is recorded,
/// and somebody else answers). Output: `effect`, a number that no other effect has, and which the record has too.
@main
struct TortureWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture-worker", abstract: "Keeps a record of every attempt that it is given.")

    @Option var amqpURL: String
    @Option var prefix: String
    @Option(help: "The file that records are appended to.") var records: String
    @Option var name: String
    @Option(help: "How many tasks of each kind at once.") var prefetch = 5
    @Option(help: "Activities, separated by commas.") var activities: String
    @Option(help: "Functions, separated by commas.") var functions = ""

    func run() async throws {
        let records = try Records(records)
        var configuration = WorkerConfiguration(
            name: name, identity: name, amqpURL: amqpURL, prefix: prefix, prefetch: prefetch)
        configuration.logLevel = .warning
        var worker = Worker(configuration)
        for activity in activities.split(separator: ",") {
            worker.activity(String(activity), raw: { try await Self.work($0, $1, records) })
        }
        for function in functions.split(separator: ",") {
            worker.function(String(function), raw: { try await Self.work($0, $1, records) })
        }
        try await worker.run()
    }

    @Sendable private static func work(
        _ input: JSON, _ context: TaskContext, _ records: Records
    ) async throws -> JSON {
        records.add("D", context, context.redelivered ? "redelivered" : "first")
        if let delay = input["delay"]?.intValue, delay > 0 { try await Task.sleep(for: .milliseconds(delay)) }
        if let failures = input["fail"]?.intValue, context.attempt < failures {
            let error = input["error"]?.stringValue ?? "Torture.Again"
            records.add("F", context, error)
            throw TaskFailure(error: error, cause: "asked for")
        }
        let effect = String(UInt64.random(in: 0 ... .max), radix: 36)
        if let token = input["token"]?.stringValue { records.add("C", context, token) }
        records.add("E", context, effect)
        return ["effect": .string(effect), "state": .string(context.state)]
    }
}

/// Lines of KIND, microseconds, message id, execution, state, attempt and a remark, separated by tabs. Each is one write
/// at the file's end, so that a kill leaves whole lines alone.
private final class Records: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ValidationError("\(path) cannot be opened") }
    }

    func add(_ kind: String, _ context: TaskContext, _ remark: String) {
        let time = WallTime.now().microseconds
        let execution = context.execution.split(separator: ":").suffix(2).joined(separator: ":")
        let line =
            "\(kind)\t\(time)\t\(context.idempotencyKey)\t\(execution)\t\(context.state)\t\(context.attempt)\t\(remark)\n"
        let bytes = Array(line.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            // An effect without a record would look like a lost one.
            kill(getpid(), SIGKILL)
            return
        }
    }
}
