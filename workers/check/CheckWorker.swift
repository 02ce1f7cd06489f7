import JSONValue
import WorkerSDK

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Does what `baton worker check` asks of a worker; see docs/worker-check.md. The smallest example of a Swift worker.
@main
struct CheckWorker {
    static func main() async throws {
        var worker = Worker("check-worker")
        let activity = getenv("BATON_ACTIVITY").map { String(cString: $0) } ?? "check"
        worker.activity(activity, raw: { input, context in try await play(input) })
        try await worker.run()
    }

    private static func play(_ input: JSON) async throws -> JSON {
        switch input["check"]?.stringValue {
        case "echo": break
        case "fail":
            throw TaskFailure(
                error: input["error"]?.stringValue ?? "Check.Failed", cause: input["cause"]?.stringValue ?? "")
        case "sleep": try await Task.sleep(for: .seconds(input["seconds"]?.doubleValue ?? 0))
        default: throw TaskFailure.invalidInput("the member check is neither echo, fail nor sleep")
        }
        return input
    }
}
