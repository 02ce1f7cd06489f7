import ArgumentParser
import JSONValue
import Orchestrator
import Telemetry

struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues",
        abstract: "Show the queues: how much waits, who serves them, since when, and how many workers they need.",
        discussion: """
            WORKERS is a suggestion: (arrivals per second + waiting / 60 s) × service time / (prefetch × 0.8), rounded up. \
            Rates and times are averages over the last minute or so, since the server was started.
            """)

    @Option(help: ArgumentHelp("Tasks that one worker takes at once.", valueName: "number"))
    var prefetch = 10

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard (1...65_535).contains(prefetch) else { throw ValidationError("--prefetch is from 1 to 65535.") }
    }

    func run() async throws {
        let answer = try await options.client().call("ListQueues", service: .baton)
        if options.format.isJSON { return options.format.printJSON(answer) }
        let queues = answer["queues"]?.arrayValue ?? []
        guard !queues.isEmpty else {
            return Terminal.standard.line(
                "There are no queues: the broker has none, or the server is not connected to it.")
        }
        let style = Terminal.standard.style
        let now = WallTime.now()
        var table = Table("QUEUE", "WAITING", "CONSUMERS", "OLDEST", "PER SECOND", "SERVICE", "WORKERS")
        var unserved: [String] = []
        for queue in queues {
            let name = queue["name"]?.stringValue ?? ""
            let waiting = queue["messages"]?.intValue ?? 0
            let consumers = queue["consumers"]?.intValue ?? 0
            let oldest =
                queue["oldestWaitingDate"]?.instant.map { LocalTime.duration(seconds: now.seconds - $0.seconds) } ?? ""
            let isDead = name.hasSuffix(".dead")
            // Work that waits where nobody serves: the usual reason for an execution that does not move.
            let isUnserved = consumers == 0 && waiting > 0 && !isDead
            if isUnserved { unserved.append(name) }
            let service = queue["serviceSeconds"]?.doubleValue
            table.add(
                (name, style.bold),
                ("\(waiting)", { waiting == 0 ? $0 : isDead ? style.red($0) : style.yellow($0) }),
                ("\(consumers)", { isUnserved ? style.red($0) : $0 }), (oldest, nil),
                (queue["arrivalsPerSecond"]?.doubleValue.map(Self.rate) ?? "", nil),
                (service.map { LocalTime.duration(seconds: $0) } ?? "", nil),
                (isDead ? "" : suggestion(queue, waiting: waiting, consumers: consumers), nil))
        }
        table.print()
        for name in unserved {
            Terminal.standard.warn("no worker consumes \(name), and tasks wait in it: start one.")
        }
    }

    private func suggestion(_ queue: JSON, waiting: Int64, consumers: Int64) -> String {
        var statistics = QueueStatistics(name: "", messages: Int(waiting), consumers: Int(consumers))
        guard let arrivals = queue["arrivalsPerSecond"]?.doubleValue else {
            return queue["unserved"] == nil ? "" : waiting > 0 ? "1" : ""
        }
        statistics.workload = .init(arrivalsPerSecond: arrivals, serviceSeconds: queue["serviceSeconds"]?.doubleValue)
        return statistics.workersSuggested(prefetch: prefetch).map { "\($0)" } ?? ""
    }

    /// Two digits that matter.
    private static func rate(_ value: Double) -> String {
        if value < 0.005 { return "0" }
        if value < 10 {
            let hundredths = Int((value * 100).rounded())
            return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
        }
        return "\(Int(value.rounded()))"
    }
}
