package import Interpreter
package import JSONValue

/// Port: where the events of executions go whose machines have a logging configuration. Returns at once, and never
/// blocks the engine: what it cannot take is dropped and counted.
package protocol ExecutionLog: Sendable {
    func write(_ events: [LoggedEvents])
}

/// Events of one step of one execution, for one log group.
package struct LoggedEvents: Sendable {
    package var logGroup: String
    package var executionARN: String
    package var redriveCount: Int
    package var includesData: Bool
    /// Those that the machine's log level lets through, in order.
    package var events: [JournalEvent]

    package init(
        logGroup: String, executionARN: String, redriveCount: Int, includesData: Bool, events: [JournalEvent]
    ) {
        self.logGroup = logGroup
        self.executionARN = executionARN
        self.redriveCount = redriveCount
        self.includesData = includesData
        self.events = events
    }
}

/// Port: what was logged, for people who want to read it.
package protocol ExecutionLogReader: Sendable {
    /// Names of the groups that have logs, sorted.
    func logGroups() throws(ServiceError) -> [String]
    /// Events of a group, as JSON objects in the order in which they were written, from `position` on.
    ///
    /// - Parameters:
    ///   - position: where an earlier page ended; nil for the oldest that is kept.
    ///   - newest: with no position: the last `limit` events instead.
    func events(
        logGroup: String, from position: String?, newest: Bool, limit: Int
    ) throws(ServiceError) -> LogPage
}

package struct LogPage: Sendable {
    package var events: [JSON]
    /// Where to go on, now or when more was written.
    package var position: String

    package init(events: [JSON], position: String) {
        self.events = events
        self.position = position
    }
}
