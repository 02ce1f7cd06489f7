package import AMQP
package import Logging
package import TaskProtocol

/// What is to be checked, and what it takes.
package struct CheckPlan: Sendable {
    package enum Subject: Sendable, Hashable {
        case activity(String)
        case function(String)
    }

    /// Inputs of the worker's own, where it does not understand `{"check": …}`: JSON texts.
    package struct Inputs: Sendable, Hashable {
        package var succeeding: [UInt8]?
        package var failing: [UInt8]?
        /// The error that `failing` leads to; nil for any.
        package var error: String?
        /// Takes some seconds, then succeeds.
        package var slow: [UInt8]?
        package var large: [UInt8]?

        package init() {}

        /// Whether the worker is told by the input what to do.
        var areOurs: Bool { succeeding == nil && failing == nil && slow == nil && large == nil }
    }

    package var url: AMQPURL
    package var names: TopologyNames
    package var subject: Subject
    /// Starts the worker, with `sh -c`; nil where it runs already.
    package var command: String?
    /// A worker that may be ended with SIGTERM, once.
    package var pid: Int32?
    package var restartBroker: String?
    package var inputs = Inputs()
    /// The worker's lease; nil where nobody said. A worker that the kit starts is told it.
    package var lease: Duration?
    /// How long an answer may take where nothing says otherwise.
    package var patience: Duration = .seconds(10)
    /// How long the worker may take to consume its queue after its start.
    package var startup: Duration = .seconds(20)
    /// How long it may take to end after SIGTERM.
    package var drain: Duration = .seconds(35)
    /// Where the started worker's output goes.
    package var workerLog = "/dev/null"
    /// Lines to try; all where it is empty.
    package var only: Set<CheckLine> = []
    package var logger: Logger

    package init(url: AMQPURL, names: TopologyNames, subject: Subject, logger: Logger) {
        self.url = url
        self.names = names
        self.subject = subject
        self.logger = logger
    }

    package var name: String {
        switch subject {
        case .activity(let name), .function(let name): name
        }
    }

    var queue: String {
        switch subject {
        case .activity(let name): names.activityQueue(name)
        case .function(let name): names.functionQueue(name)
        }
    }

    var routingKey: String {
        switch subject {
        case .activity(let name): names.activityKey(name)
        case .function(let name): names.functionKey(name)
        }
    }

    /// What a worker that the kit starts finds in its environment.
    func environment(url text: String) -> [String: String] {
        var environment = ["BATON_AMQP_URL": text, "BATON_PREFIX": names.prefix]
        switch subject {
        case .activity(let name): environment["BATON_ACTIVITY"] = name
        case .function(let name): environment["BATON_FUNCTION"] = name
        }
        if let lease { environment["BATON_WORKER_LEASE"] = String(lease.components.seconds) }
        return environment
    }

    /// Of a worker that the kit starts.
    package static let shortLease = Duration.seconds(3)
}

/// What is tried, in its order.
package enum CheckLine: String, Sendable, Hashable, CaseIterable {
    case queue
    case success
    case namedFailure = "named failure"
    case unparsableInput = "unparsable input"
    case additions
    case laterVersion = "later version"
    case largeInput = "large input"
    case manyTasks = "many tasks"
    case doubledDelivery = "doubled delivery"
    case absentResultsQueue = "absent results queue"
    case heartbeats
    case cancellation
    case pastTheLease = "past the lease"
    case killed
    case acknowledged
    case brokerRestart = "broker restart"
    case drain
    case formOfAnswers = "form of answers"

    /// As it is written on a command line: `named-failure`.
    package var option: String { String(rawValue.map { $0 == " " ? "-" : $0 }) }

    package init?(option: String) {
        guard let line = Self.allCases.first(where: { $0.option == option || $0.rawValue == option }) else {
            return nil
        }
        self = line
    }
}
