/// A queue at this moment, and, of a queue of tasks, what comes and how long it takes.
package struct QueueStatistics: Sendable, Hashable {
    package var name: String
    /// That wait to be taken; those that a worker has and has not acknowledged are not among them.
    package var messages: Int
    package var consumers: Int
    /// Nil for queues that hold no tasks, and where nothing was seen of it yet.
    package var workload: Workload?

    package init(name: String, messages: Int, consumers: Int, workload: Workload? = nil) {
        self.name = name
        self.messages = messages
        self.consumers = consumers
        self.workload = workload
    }

    /// What came to a queue lately, and what became of it.
    package struct Workload: Sendable, Hashable {
        /// Tasks per second, averaged over about a minute.
        package var arrivalsPerSecond: Double
        /// How long a worker has a task, in seconds; nil where none was answered yet.
        package var serviceSeconds: Double?

        package init(arrivalsPerSecond: Double, serviceSeconds: Double?) {
            self.arrivalsPerSecond = arrivalsPerSecond
            self.serviceSeconds = serviceSeconds
        }
    }

    /// Tasks wait and nobody takes them.
    package var isUnserved: Bool { messages > 0 && consumers == 0 }

    /// How many tasks have to be worked on at the same time, so that the queue does not grow, and what waits is gone
    /// within a minute: by Little's law the arrival rate times the service time, and the same for the backlog.
    ///
    /// Nil where the service time is not known.
    package var concurrencyNeeded: Double? {
        guard let workload, let service = workload.serviceSeconds else { return nil }
        return (workload.arrivalsPerSecond + Double(messages) / Self.backlogSeconds) * service
    }

    /// How many workers that needs, if each works on `prefetch` tasks at once and should be busy for four fifths of its
    /// time; without a known service time one, where there is anything to do at all. Nil for queues without tasks.
    package func workersSuggested(prefetch: Int) -> Int? {
        guard let workload else { return messages > 0 ? 1 : nil }
        guard messages > 0 || workload.arrivalsPerSecond >= Self.negligible else { return 0 }
        guard let needed = concurrencyNeeded else { return 1 }
        let workers = (needed / (Double(max(1, prefetch)) * Self.utilisation)).rounded(.up)
        return max(1, Int(min(workers, 100_000)))
    }

    /// Within what time a backlog should be gone.
    private static let backlogSeconds = 60.0
    private static let utilisation = 0.8
    /// One task in ten minutes or so: what is left of the average when tasks have ceased to come.
    private static let negligible = 0.0015
}
