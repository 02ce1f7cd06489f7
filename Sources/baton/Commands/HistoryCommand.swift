import ArgumentParser
import JSONValue

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show what happened in an execution, event by event.",
        discussion: "With --follow and --output json, every event is one line of JSON."
    )

    @Argument(help: "An ARN, MACHINE:EXECUTION, an execution's name, or a machine's name for its latest execution.")
    var execution: String

    @Flag(name: [.short, .long], help: "Go on as events come, until the execution ends.")
    var follow = false

    @Flag(help: "Show inputs and outputs too.")
    var data = false

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try options.client()
        let arn = try await client.executionARN(execution)
        var follower = HistoryFollower(client: client, executionARN: arn)
        guard follow else {
            let events = try await follower.events()
            if options.format.isJSON { return options.format.printJSON(.array(events)) }
            var lines = HistoryLines(style: Terminal.standard.style, withData: data)
            for line in events.flatMap({ lines.lines(for: $0) }) { Terminal.standard.line(line) }
            return
        }
        var lines = HistoryLines(style: Terminal.standard.style, withData: data)
        while !follower.isFinished {
            for event in try await follower.nextEvents() {
                if options.format.isJSON {
                    Terminal.standard.line(event.serialized())
                } else {
                    for line in lines.lines(for: event) { Terminal.standard.line(line) }
                }
            }
        }
    }
}

/// One line per event: id, time, state, type, and what went wrong.
struct HistoryLines {
    let style: Style
    let withData: Bool
    private var state: [Int64: String] = [:]

    init(style: Style, withData: Bool) {
        self.style = style
        self.withData = withData
    }

    mutating func lines(for json: JSON) -> [String] {
        guard let event = HistoryEvent(json) else { return [json.serialized()] }
        let isStateEvent = event.type.hasSuffix("StateEntered") || event.type.hasSuffix("StateExited")
        let name = isStateEvent ? event.name : state[event.previousID]
        state[event.id] = name
        var type = event.type
        if type.hasSuffix("Failed") || type.hasSuffix("TimedOut") || type.hasSuffix("Aborted") {
            type = style.red(type)
        } else if type.hasSuffix("Succeeded") {
            type = style.green(type)
        }
        let number = "\(event.id)"
        let id = String(repeating: " ", count: max(0, 4 - number.count)) + number
        let time = style.dim(event.instant.map(LocalTime.timeOfDay) ?? "")
        var text = "\(id)  \(time)  \(style.bold((name ?? "").padded(to: 22)))  \(type)"
        if let failure = event.failure { text += "  \(style.red(failure.shortened(to: 200)))" }
        if let worker = event.details?["workerName"]?.stringValue { text += "  \(style.dim(worker))" }
        var lines = [text]
        if withData {
            for key in ["input", "output", "parameters"] {
                guard let value = event.details?[key]?.stringValue else { continue }
                lines.append(style.dim("      \(key): \(value)"))
            }
        }
        return lines
    }
}
