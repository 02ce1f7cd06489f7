/// The names of everything that Baton has on a broker, below one prefix.
///
/// Whoever comes first declares, so both sides have to take their names, and the way they are declared, from here.
package struct TopologyNames: Sendable, Hashable {
    /// `baton` unless configured otherwise.
    package var prefix: String

    package init(prefix: String = TopologyNames.defaultPrefix) { self.prefix = prefix }

    package static let defaultPrefix = "baton"

    // MARK: Exchanges

    /// Durable direct exchange: every task is published here.
    package var tasksExchange: String { "\(prefix).tasks" }
    /// Durable topic exchange: status changes of executions, and history events where that is switched on.
    package var eventsExchange: String { "\(prefix).events" }
    /// Durable fanout exchange: cancellations.
    package var controlExchange: String { "\(prefix).control" }

    // MARK: Queues; durable quorum queues without any further argument

    /// Tasks for the activity of that name.
    package func activityQueue(_ name: String) -> String { "\(prefix).activity.\(name)" }
    /// Tasks for the function of that name.
    package func functionQueue(_ name: String) -> String { "\(prefix).function.\(name)" }
    /// Answers to partition `partition` of the orchestrator. The Express executions beside partition P are partition
    /// -1 - P; theirs is a classic queue that the broker deletes when nobody has consumed it for a while.
    package func resultsQueue(_ partition: Int) -> String {
        partition >= 0 ? "\(prefix).results.\(partition)" : "\(prefix).results.express.\(-1 - partition)"
    }
    /// Messages that start executions.
    package var startQueue: String { "\(prefix).start" }
    /// What could not be understood or delivered.
    package var deadQueue: String { "\(prefix).dead" }

    // MARK: Routing keys

    /// The key with which an activity's queue is bound to `tasksExchange`.
    package func activityKey(_ name: String) -> String { "activity.\(name)" }
    /// The key with which a function's queue is bound to `tasksExchange`.
    package func functionKey(_ name: String) -> String { "function.\(name)" }
    /// The key of a status change on `eventsExchange`: `execution.SUCCEEDED.order-machine`.
    package func eventKey(status: String, stateMachine: String) -> String { "execution.\(status).\(stateMachine)" }

    // MARK: The way back

    /// The activity whose queue that is.
    package func activity(ofQueue queue: String) -> String? { Self.rest(of: queue, after: "\(prefix).activity.") }
    /// The function whose queue that is.
    package func function(ofQueue queue: String) -> String? { Self.rest(of: queue, after: "\(prefix).function.") }

    private static func rest(of text: String, after start: String) -> String? {
        guard text.utf8.starts(with: start.utf8) else { return nil }
        let rest = Substring(text.utf8.dropFirst(start.utf8.count))
        return rest.isEmpty ? nil : String(rest)
    }
}
