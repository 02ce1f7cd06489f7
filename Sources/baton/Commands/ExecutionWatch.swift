import ArgumentParser
import JSONValue

/// Follows an execution to its end, and tells how it went.
struct ExecutionWatch {
    let client: BatonClient
    let executionARN: String

    /// Shows the progress; answers with DescribeExecution's answer at the end.
    func untilEnd(quiet: Bool) async throws(CommandError) -> JSON {
        let terminal = Terminal.standard
        var follower = HistoryFollower(client: client, executionARN: executionARN)
        var progress = ExecutionProgress(style: terminal.style)
        let began = ContinuousClock.now
        var turn = 0
        while !follower.isFinished {
            for event in try await follower.nextEvents() {
                if let line = progress.line(for: event), !quiet { terminal.line(line) }
            }
            if !quiet { terminal.transient(spinner(turn, progress.current, since: began)) }
            turn += 1
        }
        terminal.clearTransient()
        return try await client.call("DescribeExecution", ["executionArn": .string(executionARN)])
    }

    private func spinner(_ turn: Int, _ states: [String], since began: ContinuousClock.Instant) -> String {
        let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
        let (seconds, _) = began.duration(to: .now).components
        let names = states.suffix(3).joined(separator: ", ").shortened(to: 50)
        let style = Terminal.standard.style
        return "\(style.dim("          ")) \(style.cyan(frames[turn % frames.count])) \(names) "
            + style.dim(seconds > 0 ? "\(seconds) s" : "")
    }

    /// The last words about an execution, and the exit status that goes with them.
    static func conclude(_ execution: JSON, format: OutputOptions) throws {
        let status = execution["status"]?.stringValue ?? "?"
        if format.isJSON {
            format.printJSON(execution)
        } else {
            report(execution, status: status)
        }
        if status != "SUCCEEDED" { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private static func report(_ execution: JSON, status: String) {
        let terminal = Terminal.standard
        var line = terminal.style.status(status)
        if let start = execution["startDate"]?.doubleValue, let stop = execution["stopDate"]?.doubleValue {
            line += " in \(LocalTime.duration(seconds: stop - start))"
        }
        let failure = [execution["error"]?.stringValue, execution["cause"]?.stringValue]
            .compactMap { $0 }.filter { !$0.isEmpty }
        if !failure.isEmpty { line += "  \(failure.joined(separator: ": "))" }
        terminal.line(line)
        if let output = execution["output"]?.stringValue {
            terminal.line((try? JSON(parsing: output))?.prettyPrinted() ?? output)
        }
    }
}
