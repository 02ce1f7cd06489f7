import Dispatch
import Interpreter
import JSONValue
package import Logging
package import Orchestrator
import Synchronization
package import Telemetry

/// The local counterpart of CloudWatch Logs: one file of JSON lines for each log group, below one folder.
///
/// Events wait in memory, up to a limit, for a thread of their own, which turns them into text and writes them. As with
/// AWS, logs are best effort: a process that is killed takes with it what was not written yet, and what comes faster
/// than the disk takes it is dropped, and counted.
package final class FileExecutionLog: ExecutionLog {
    private struct Buffer {
        var steps: [LoggedEvents] = []
        var weight = 0
        var isScheduled = false
    }

    private let places: LogPlaces
    private let limits: LogLimits
    private let bufferBytes: Int
    private let logger: Logger
    private let written: Counter
    private let dropped: Counter
    private let queue = DispatchQueue(label: "baton.logs", qos: .utility)
    private let buffer = Mutex(Buffer())
    /// Used on the queue alone; by path.
    private let files = Mutex(Files())

    private struct Files {
        var open: [String: LogFile] = [:]
        /// The last failure that was reported: the next of the same kind is only counted.
        var failure: String?
    }

    /// - Parameters:
    ///   - folder: made when the first event comes.
    ///   - bufferBytes: what may wait to be written.
    package init(
        folder: String, limits: LogLimits = LogLimits(), bufferBytes: Int = 64 << 20, metrics: MetricsRegistry,
        logger: Logger
    ) {
        places = LogPlaces(folder: folder)
        self.limits = limits
        self.bufferBytes = bufferBytes
        self.logger = logger
        func events(_ result: String) -> Counter {
            metrics.counter(
                "baton_log_events_total", help: "Events of executions for log groups, by what became of them.",
                labels: ["result": result])
        }
        written = events("written")
        dropped = events("dropped")
    }

    package func write(_ events: [LoggedEvents]) {
        var lost = 0
        let wake = buffer.withLock { buffer in
            for step in events {
                let weight = step.weight
                guard buffer.weight + weight <= bufferBytes else {
                    lost += step.events.count
                    continue
                }
                buffer.weight += weight
                buffer.steps.append(step)
            }
            defer { buffer.isScheduled = true }
            return !buffer.isScheduled
        }
        if lost > 0 {
            dropped.increment(by: lost)
            report("events come faster than they can be written, and some were dropped")
        }
        if wake { queue.async { self.drain() } }
    }

    /// Writes what waits, and closes the files.
    package func close() {
        queue.sync {
            drain()
            files.withLock { $0.open = [:] }
        }
    }

    private func drain() {
        while true {
            let (steps, weight) = buffer.withLock { buffer in
                let steps = buffer.steps
                buffer.steps = []
                buffer.isScheduled = !steps.isEmpty
                return (steps, buffer.weight)
            }
            guard !steps.isEmpty else { return }
            save(steps)
            // What came meanwhile keeps its share.
            buffer.withLock { $0.weight -= weight }
        }
    }

    private func save(_ steps: [LoggedEvents]) {
        var order: [String] = []
        var texts: [String: (bytes: [UInt8], events: Int)] = [:]
        for step in steps {
            if texts[step.logGroup] == nil { order.append(step.logGroup) }
            var text = texts.removeValue(forKey: step.logGroup) ?? ([], 0)
            for event in step.events {
                guard let line = LogEventText.json(event, of: step) else { continue }
                line.serialize(into: &text.bytes)
                text.bytes.append(UInt8(ascii: "\n"))
                text.events += 1
            }
            texts[step.logGroup] = text
        }
        for group in order {
            guard let text = texts[group], text.events > 0 else { continue }
            save(text.bytes, text.events, of: group)
        }
    }

    private func save(_ bytes: [UInt8], _ count: Int, of group: String) {
        let place = places.place(of: group)
        do throws(SystemFailure) {
            try files.withLock { files throws(SystemFailure) in
                if files.open[place.file] == nil {
                    if files.open.count >= 64 { files.open.removeAll() }
                    files.open[place.file] = try LogFile(path: place.file, folder: place.folder, limits: limits)
                }
                try files.open[place.file]?.append(bytes)
                files.failure = nil
            }
            written.increment(by: count)
        } catch {
            files.withLock { $0.open[place.file] = nil }
            dropped.increment(by: count)
            report("events of executions cannot be written to \(place.file): \(error)")
        }
    }

    private func report(_ failure: String) {
        let isNew = files.withLock { files in
            defer { files.failure = failure }
            return files.failure != failure
        }
        if isNew { logger.error("\(failure)") }
    }
}
