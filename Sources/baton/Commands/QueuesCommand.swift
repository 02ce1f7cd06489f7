import ArgumentParser
import JSONValue
import Telemetry

struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues", abstract: "Show the queues: how much waits, who serves them, since when.")

    @OptionGroup var options: ClientOptions

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
        var table = Table("QUEUE", "WAITING", "CONSUMERS", "OLDEST")
        for queue in queues {
            let waiting = queue["messages"]?.intValue ?? 0
            let consumers = queue["consumers"]?.intValue ?? 0
            let oldest =
                queue["oldestWaitingDate"]?.instant.map { LocalTime.duration(seconds: now.seconds - $0.seconds) } ?? ""
            let isDead = (queue["name"]?.stringValue ?? "").hasSuffix(".dead")
            // Work that waits where nobody serves: the usual reason for an execution that does not move.
            let isUnserved = consumers == 0 && waiting > 0 && !isDead
            table.add(
                (queue["name"]?.stringValue ?? "", style.bold),
                ("\(waiting)", { waiting == 0 ? $0 : isDead ? style.red($0) : style.yellow($0) }),
                ("\(consumers)", { isUnserved ? style.red($0) : $0 }), (oldest, nil))
        }
        table.print()
    }
}
