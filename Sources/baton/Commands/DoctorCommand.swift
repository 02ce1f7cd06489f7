import AMQP
import ArgumentParser
import JSONValue
import Telemetry

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check that everything is in place, and say what to do where it is not.",
        discussion: "Exit status 1 means that a check failed; warnings leave it 0."
    )

    @OptionGroup var broker: BrokerAddressOptions

    @Option(
        help: ArgumentHelp("The server's database (BATON_DATABASE; default: baton.db).", valueName: "file"),
        completion: .file())
    var database: String?

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        var flags: [ServerSettings.Key: String] = [:]
        flags[.amqpURL] = broker.amqpURL
        flags[.database] = database
        let settings = try ServerSettings.resolve(flags: flags, environment: environmentValue, file: nil)
        var findings: [Finding] = []
        findings += await Self.server(client)
        findings += await Self.broker(settings.amqpURL)
        findings += Self.machine(database: settings.database)
        if options.format.isJSON {
            options.format.printJSON(.array(findings.map(\.json)))
        } else {
            let width = findings.map(\.check.count).max() ?? 0
            for finding in findings { finding.print(width) }
        }
        if findings.contains(where: { $0.verdict == .fail }) { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private static func server(_ client: BatonClient) async -> [Finding] {
        let info: JSON
        do throws(CommandError) {
            info = try await client.call("ServerInfo", service: .baton)
        } catch {
            return [Finding("server", .fail, error.message)]
        }
        var findings: [Finding] = []
        let version = info["version"]?.stringValue ?? "?"
        let text = "Baton \(version) at \(client.endpoint.url)"
        findings.append(
            version == BatonVersion.number
                ? Finding("server", .ok, text)
                : Finding("server", .warn, text + ", but this command is \(BatonVersion.number): use the same version.")
        )
        let broker = info["broker"]
        switch broker?["status"]?.stringValue {
        case "connected":
            findings.append(Finding("server's broker", .ok, broker?["server"]?.stringValue ?? "connected"))
        case "blocked":
            findings.append(
                Finding(
                    "server's broker", .warn,
                    "takes no messages (\(broker?["reason"]?.stringValue ?? "no reason given")): give it memory or disk."
                ))
        default:
            findings.append(
                Finding(
                    "server's broker", .fail,
                    "the server is not connected to it (\(broker?["reason"]?.stringValue ?? "connecting")): check the "
                        + "--amqp-url of the server, and that RabbitMQ runs; executions go on once it is there."))
        }
        if let ready = try? await client.get("/health/ready"), let report = try? JSON(parsing: ready.text) {
            let store = report["store"]
            findings.append(
                store?["status"]?.stringValue == "ok"
                    ? Finding("server's database", .ok, "takes writes")
                    : Finding("server's database", .fail, store?["reason"]?.stringValue ?? "takes no writes"))
        }
        findings += await work(client, info)
        return findings
    }

    /// Work that nobody takes, and messages that nobody could understand.
    private static func work(_ client: BatonClient, _ info: JSON) async -> [Finding] {
        var findings: [Finding] = []
        let counts = info["counts"]
        findings.append(
            Finding(
                "work", .ok,
                "\(counts?["runningExecutions"]?.intValue ?? 0) executions running, "
                    + "\(counts?["openTasks"]?.intValue ?? 0) tasks open, \(counts?["armedTimers"]?.intValue ?? 0) timers"
            ))
        guard let queues = try? await client.call("ListQueues", service: .baton)["queues"]?.arrayValue else {
            return findings
        }
        for queue in queues {
            let name = queue["name"]?.stringValue ?? ""
            let waiting = queue["messages"]?.intValue ?? 0
            guard waiting > 0 else { continue }
            if name.hasSuffix(".dead") {
                findings.append(
                    Finding(
                        name, .warn,
                        "\(waiting) messages could not be understood or delivered: look at them in "
                            + "RabbitMQ's management, their headers say why."))
            } else if queue["consumers"]?.intValue == 0, name.contains(".activity.") || name.contains(".function.") {
                findings.append(Finding(name, .warn, "\(waiting) tasks wait and nobody serves them: start its worker."))
            }
        }
        return findings
    }

    private static func broker(_ url: String) async -> [Finding] {
        guard let parsed = try? AMQPURL(url) else { return [] }
        let reachable = Reachability.check(host: parsed.host, port: parsed.port)
        if let reason = reachable {
            return [
                Finding(
                    "broker", .fail,
                    "nothing answers at \(parsed.redacted) (\(reason)): start RabbitMQ, or name another with --amqp-url "
                        + "or BATON_AMQP_URL.")
            ]
        }
        return [Finding("broker", .ok, "answers at \(parsed.redacted)")]
    }

    private static func machine(database: String) -> [Finding] {
        var findings: [Finding] = []
        if let limit = Machine.openFileLimit {
            findings.append(
                limit >= 4096
                    ? Finding("limits", .ok, "\(limit) open files")
                    : Finding(
                        "limits", .warn, "only \(limit) open files: raise it (ulimit -n 65536), every poller needs one."
                    ))
        }
        let year = Machine.year(WallTime.now())
        findings.append(
            (2025...2100).contains(year)
                ? Finding("clock", .ok, LocalTime.dateAndTime(WallTime.now()))
                : Finding("clock", .fail, "says that this is the year \(year): set it, timers rely on it."))
        switch Machine.freeBytes(at: database) {
        case .some(let free) where free < 256 << 20:
            findings.append(
                Finding("disk", .fail, "\(free >> 20) MiB free for \(database): make room before it is full."))
        case .some(let free) where free < 2 << 30:
            findings.append(Finding("disk", .warn, "\(free >> 20) MiB free for \(database): make room soon."))
        case .some(let free):
            findings.append(Finding("disk", .ok, "\(free >> 30) GiB free for \(database)"))
        case nil:
            findings.append(
                Finding("disk", .warn, "the folder of \(database) is not there: name the database with --database."))
        }
        return findings
    }
}

private struct Finding {
    enum Verdict: String { case ok, warn, fail }

    let check: String
    let verdict: Verdict
    let message: String

    init(_ check: String, _ verdict: Verdict, _ message: String) {
        self.check = check
        self.verdict = verdict
        self.message = message
    }

    var json: JSON {
        .object(["check": .string(check), "verdict": .string(verdict.rawValue), "message": .string(message)])
    }

    func print(_ width: Int) {
        let style = Terminal.standard.style
        let mark = verdict.rawValue.padded(to: 4)
        let painted =
            switch verdict {
            case .ok: style.green(mark)
            case .warn: style.yellow(mark)
            case .fail: style.red(mark)
            }
        Terminal.standard.line("\(painted)  \(style.bold(check.padded(to: width)))  \(message)")
    }
}
