import JSONValue

/// Tells the story of an execution from its history: a line for each state that was left, each failed attempt, each
/// new attempt.
struct ExecutionProgress {
    private struct Visit {
        var name: String
        var entered: Timestamp?
        var isQuiet: Bool
        var attempts = 0
        var failure: String?
    }

    private let style: Style
    /// The states that were entered and not left, by the id of the event that entered them.
    private var open: [Int64: Visit] = [:]
    /// Which entering event an event belongs to.
    private var visit: [Int64: Int64] = [:]
    private var started: Timestamp?

    init(style: Style) { self.style = style }

    /// The names of the states that the execution is in.
    var current: [String] { open.sorted { $0.key < $1.key }.map(\.value.name) }

    /// What there is to say about one more event.
    mutating func line(for json: JSON) -> String? {
        guard let event = HistoryEvent(json) else { return nil }
        if started == nil { started = event.instant }
        if event.type.hasSuffix("StateEntered") {
            // Choice, Pass and Succeed are over at once.
            let isQuiet = ["Choice", "Pass", "Succeed"].contains { event.type.hasPrefix($0 + "State") }
            open[event.id] = Visit(name: event.name ?? "?", entered: event.instant, isQuiet: isQuiet)
            visit[event.id] = event.id
            return nil
        }
        let owner = visit[event.previousID]
        visit[event.id] = owner
        if event.type.hasSuffix("StateExited") { return leave(event) }
        if event.isEnd { return nil }
        guard let owner, open[owner] != nil else { return nil }
        return attempt(event, owner: owner)
    }

    private mutating func leave(_ event: HistoryEvent) -> String? {
        let name = event.name ?? "?"
        // Of a state that runs in several branches, the one that was entered last: the names say the same.
        let key = open.filter { $0.value.name == name }.keys.max()
        guard let key, let visit = open.removeValue(forKey: key) else { return nil }
        var took = ""
        if let entered = visit.entered, let left = event.instant {
            took = LocalTime.duration(seconds: left.seconds - entered.seconds)
        }
        let padded = name.padded(to: 24)
        if visit.failure != nil {
            return "\(clock(event)) \(style.yellow("↷")) \(padded) \(style.dim("failed, caught; going on"))"
        }
        if visit.isQuiet { return "\(clock(event)) \(style.dim("· \(name)"))" }
        return "\(clock(event)) \(style.green("✓")) \(padded) \(style.dim(took))"
    }

    private mutating func attempt(_ event: HistoryEvent, owner: Int64) -> String? {
        let name = (open[owner]?.name ?? "?").padded(to: 24)
        switch event.type {
        case "ActivityScheduled", "LambdaFunctionScheduled", "TaskScheduled":
            open[owner]?.attempts += 1
            open[owner]?.failure = nil
            guard let attempts = open[owner]?.attempts, attempts > 1 else { return nil }
            return "\(clock(event)) \(style.cyan("↻")) \(name) attempt \(attempts)"
        case let type where type.hasSuffix("Failed") || type.hasSuffix("TimedOut"):
            let failure = event.failure ?? type
            open[owner]?.failure = failure
            return "\(clock(event)) \(style.red("✗")) \(name) \(style.red(failure.shortened(to: 160)))"
        default: return nil
        }
    }

    private func clock(_ event: HistoryEvent) -> String {
        guard let started, let instant = event.instant else { return "          " }
        let text = LocalTime.duration(seconds: instant.seconds - started.seconds)
        return style.dim(String(repeating: " ", count: max(0, 10 - text.count)) + text)
    }
}
