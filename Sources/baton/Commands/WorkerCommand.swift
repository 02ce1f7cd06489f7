import AMQP
import ArgumentParser
import JSONValue
import Logging
import TaskProtocol
import Telemetry
import WorkerCheck

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Check that a worker keeps to the protocol.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Play the orchestrator towards a worker, and say what it does right and what not.",
            discussion: """
                Needs the broker and the worker, no server. By default the worker is told by {"check": "echo"}, \
                {"check": "fail"} and {"check": "sleep"} what to do; one without such a handler is checked with inputs of \
                its own. See docs/worker-check.md.

                Exit status 1 means that the worker misses something.
                """)

        @Option(help: ArgumentHelp("The activity whose worker is checked.", valueName: "name"))
        var activity: String?

        @Option(help: ArgumentHelp("Or the function.", valueName: "name"))
        var function: String?

        @Option(help: ArgumentHelp("Starts the worker, so that it can be killed and ended too.", valueName: "command"))
        var command: String?

        @Option(help: ArgumentHelp("Of a worker that may be ended, at the very end, with SIGTERM.", valueName: "pid"))
        var pid: Int32?

        @Option(
            help: ArgumentHelp(
                "Restarts the broker, or closes everybody's connections, and returns when that is done.",
                valueName: "command"))
        var restartBroker: String?

        @Option(help: ArgumentHelp("A JSON file: an input that succeeds.", valueName: "file"), completion: .file())
        var input: String?

        @Option(help: ArgumentHelp("A JSON file: an input that fails.", valueName: "file"), completion: .file())
        var failingInput: String?

        @Option(help: ArgumentHelp("The error that the failing input leads to.", valueName: "name"))
        var error: String?

        @Option(
            help: ArgumentHelp("A JSON file: an input that takes some 3 to 10 seconds.", valueName: "file"),
            completion: .file())
        var slowInput: String?

        @Option(help: ArgumentHelp("A JSON file: a large input that succeeds.", valueName: "file"), completion: .file())
        var largeInput: String?

        @Option(
            help: ArgumentHelp(
                "The worker's lease in seconds; one that is started by --command is told this (default: 3).",
                valueName: "seconds"))
        var lease: Int?

        @Option(help: ArgumentHelp("How long an answer may take, in seconds.", valueName: "seconds"))
        var timeout = 10

        @Option(
            help: ArgumentHelp("How long the worker may take to start, in seconds.", valueName: "seconds"))
        var startup = 20

        @Option(help: ArgumentHelp("Only this line; several times for several.", valueName: "line"))
        var only: [String] = []

        @Option(
            help: ArgumentHelp("Append the started worker's output to this file.", valueName: "file"),
            completion: .file())
        var workerLog: String?

        @OptionGroup var broker: BrokerOptions

        @Flag(help: "Print JSON, for scripts.")
        var json = false

        func validate() throws {
            guard (activity == nil) != (function == nil) else {
                throw ValidationError("Name what the worker serves: with --activity, or with --function.")
            }
            guard command == nil || pid == nil else {
                throw ValidationError("--pid is for a worker that runs already; --command starts one.")
            }
            guard timeout > 0, startup > 0, lease ?? 1 > 0 else {
                throw ValidationError("--timeout, --startup and --lease are seconds, more than none.")
            }
        }

        func run() async throws {
            let address = broker.amqpURL ?? environmentValue("BATON_AMQP_URL") ?? BrokerAddressOptions.defaultURL
            let plan = try plan(address)
            let terminal = Terminal.standard
            let isForPeople = !json
            let check = WorkerCheck(plan) { line in
                if isForPeople { terminal.transient("\(terminal.style.dim("…")) \(line.rawValue)") }
            } progress: { result in
                if isForPeople { Self.show(result, on: terminal) }
            }
            let report: CheckReport
            do {
                report = try await check.run(url: address)
            } catch let error as CheckError {
                throw CommandError(.unreachable, error.description)
            }
            if json {
                terminal.line(Self.json(report, name: plan.name).prettyPrinted())
            } else {
                Self.conclude(report, plan, on: terminal)
            }
            if report.hasMisses { throw ExitCode(ExitStatus.failed.rawValue) }
        }

        private func plan(_ address: String) throws(CommandError) -> CheckPlan {
            let url: AMQPURL
            do throws(AMQPError) {
                url = try AMQPURL(address)
            } catch {
                throw CommandError(.usage, error.message)
            }
            var plan = CheckPlan(
                url: url, names: TopologyNames(prefix: broker.prefix ?? environmentValue("BATON_PREFIX") ?? "baton"),
                subject: activity.map { .activity($0) } ?? .function(function ?? ""),
                logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
            plan.command = command
            plan.pid = pid
            plan.restartBroker = restartBroker
            plan.lease = lease.map { .seconds($0) }
            plan.patience = .seconds(timeout)
            plan.startup = .seconds(startup)
            plan.inputs.succeeding = try Self.file(input, "--input")
            plan.inputs.failing = try Self.file(failingInput, "--failing-input")
            plan.inputs.error = error
            plan.inputs.slow = try Self.file(slowInput, "--slow-input")
            plan.inputs.large = try Self.file(largeInput, "--large-input")
            if let workerLog { plan.workerLog = workerLog }
            for name in only {
                guard let line = CheckLine(option: name) else {
                    throw CommandError(
                        .usage,
                        "There is no line '\(name)'; there are "
                            + CheckLine.allCases.map(\.option).joined(separator: ", ") + ".")
                }
                plan.only.insert(line)
            }
            return plan
        }

        private static func file(_ path: String?, _ option: String) throws(CommandError) -> [UInt8]? {
            guard let path else { return nil }
            return Array(try InputFile.json("@" + path, option: option).utf8)
        }

        // MARK: Showing

        private static let width = CheckLine.allCases.map(\.rawValue.count).max() ?? 0

        private static func show(_ result: CheckResult, on terminal: Terminal) {
            let style = terminal.style
            let verdict = result.verdict.rawValue.padded(to: 9)
            let paint: (String) -> String =
                switch result.verdict {
                case .pass: style.green
                case .note: style.yellow
                case .miss: style.red
                case .notTried: style.dim
                }
            terminal.line("\(paint(verdict))  \(result.line.rawValue.padded(to: width))  \(result.seen)")
            if let advice = result.advice {
                terminal.line(String(repeating: " ", count: width + 13) + style.dim(advice))
            }
        }

        private static func conclude(_ report: CheckReport, _ plan: CheckPlan, on terminal: Terminal) {
            let counts = CheckResult.Verdict.allCases.compactMap { verdict in
                let count = report.results.count { $0.verdict == verdict }
                return count == 0 ? nil : "\(count) \(verdict.rawValue)"
            }
            terminal.line()
            terminal.line("\(terminal.style.bold(plan.name)): \(counts.joined(separator: ", "))")
        }

        private static func json(_ report: CheckReport, name: String) -> JSON {
            [
                "activity": .string(name),
                "verdict": report.hasMisses ? "miss" : "pass",
                "lines": .array(
                    report.results.map { result in
                        var line: JSONObject = [
                            "line": .string(result.line.rawValue), "verdict": .string(result.verdict.rawValue),
                            "seen": .string(result.seen),
                        ]
                        line["advice"] = result.advice.map { .string($0) }
                        line["seconds"] = .double((result.seconds * 1000).rounded() / 1000)
                        return .object(line)
                    }),
            ]
        }
    }
}
