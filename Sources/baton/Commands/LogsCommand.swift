import ArgumentParser
import JSONValue

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what executions logged, by log group.",
        discussion: """
            A state machine logs where its logging configuration says so; see docs/operation.md. Without a group, the \
            groups are listed. With --output json, every event is one line of JSON, as CloudWatch Logs would have it.
            """
    )

    @Argument(help: "The log group's name, or its end: orders for /aws/vendedlogs/states/orders.")
    var group: String?

    @Flag(name: [.short, .long], help: "Go on as events come.")
    var follow = false

    @Option(help: "The last so many events (default: 100).")
    var last: Int?

    @Flag(help: "Everything that is kept.")
    var all = false

    @Option(help: "Only events of this execution (its ARN, or a part of it).")
    var execution: String?

    @Flag(help: "Show inputs and outputs too.")
    var data = false

    @OptionGroup var options: ClientOptions

    func validate() throws {
        if let last, last < 1 || last > 1000 { throw ValidationError("--last has to be from 1 to 1000.") }
        if last != nil, all { throw ValidationError("--last and --all contradict each other.") }
    }

    func run() async throws {
        let client = try options.client()
        let groups = try await client.call("ListLogGroups", service: .baton)["logGroups"]?.arrayValue ?? []
        let names = groups.compactMap(\.stringValue)
        guard let group else { return show(names) }
        var body: JSONObject = ["logGroup": .string(try find(group, names))]
        body["newest"] = .bool(!all)
        body["maxResults"] = .int(Int64(all ? 1000 : last ?? 100))
        var lines = LogLines(style: Terminal.standard.style, withData: data)
        while true {
            let page = try await client.call("GetLogEvents", body, service: .baton)
            let events = page["events"]?.arrayValue ?? []
            for event in events where isWanted(event) {
                if options.format.isJSON {
                    Terminal.standard.line(event.serialized())
                } else {
                    for line in lines.lines(for: event) { Terminal.standard.line(line) }
                }
            }
            body["position"] = page["position"]
            body["maxResults"] = 1000
            if events.isEmpty || !all, !follow { return }
            // The API has no way to be told of events.
            if events.isEmpty { try await Task.sleep(for: .milliseconds(300)) }
        }
    }

    private func isWanted(_ event: JSON) -> Bool {
        guard let execution else { return true }
        return event["execution_arn"]?.stringValue?.contains(execution) ?? false
    }

    private func find(_ name: String, _ known: [String]) throws(CommandError) -> String {
        let plain = name.hasPrefix("/") ? name : "/" + name
        if known.contains(plain) { return plain }
        let found = known.filter { $0.hasSuffix(plain) }
        if found.count == 1 { return found[0] }
        throw CommandError(
            .notFound,
            known.isEmpty
                ? "Nothing was logged yet: a state machine logs where its logging configuration says so."
                : found.isEmpty
                    ? "Nothing was logged to '\(name)': there are \(known.prefix(6).joined(separator: ", "))."
                    : "'\(name)' may be \(found.prefix(6).joined(separator: " or ")).")
    }

    private func show(_ names: [String]) {
        if options.format.isJSON { return options.format.printJSON(.array(names.map { .string($0) })) }
        guard !names.isEmpty else {
            return Terminal.standard.line(
                "Nothing was logged yet: a state machine logs where its logging configuration says so.")
        }
        for name in names { Terminal.standard.line(name) }
    }
}

/// One line per event: time, execution, id, state, type, and what went wrong.
struct LogLines {
    private var history: HistoryLines
    private let style: Style
    private var execution = ""

    init(style: Style, withData: Bool) {
        self.style = style
        history = HistoryLines(style: style, withData: withData)
    }

    mutating func lines(for event: JSON) -> [String] {
        guard let id = event["id"]?.stringValue.flatMap({ Int64($0) }), let type = event["type"]?.stringValue,
            let milliseconds = event["event_timestamp"]?.stringValue.flatMap({ Double($0) })
        else { return [event.serialized()] }
        let arn = event["execution_arn"]?.stringValue ?? ""
        // As GetExecutionHistory has it.
        let shown: JSON = [
            "id": .int(id), "type": .string(type), "timestamp": .double(milliseconds / 1000),
            "previousEventId": .int(event["previous_event_id"]?.stringValue.flatMap { Int64($0) } ?? 0),
            "loggedEventDetails": event["details"] ?? .object(JSONObject()),
        ]
        var lines = history.lines(for: shown)
        if arn != execution {
            execution = arn
            lines.insert(style.dim(arn), at: 0)
        }
        return lines
    }
}
