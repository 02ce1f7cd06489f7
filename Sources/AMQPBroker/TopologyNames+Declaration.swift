import AMQP
import Interpreter
import TaskProtocol

extension TopologyNames {
    /// What every orchestrator of a partition needs, whatever its activities.
    func base(partition: Int) -> Topology {
        Topology(
            exchanges: [
                .init(tasksExchange, kind: .direct), .init(eventsExchange, kind: .topic),
                .init(controlExchange, kind: .fanout),
            ],
            queues: [.quorum(resultsQueue(partition)), .quorum(startQueue), .quorum(deadQueue)])
    }

    /// Where answers to Express executions arrive. It outlives a connection, so that an outage loses no answer, but not
    /// by more than an Express execution may last: after a crash nobody waits for what is in it.
    func expressResults(partition: Int) -> Topology.Queue {
        .init(
            resultsQueue(partition), arguments: ["x-queue-type": .string("classic"), "x-expires": .int(300_000)])
    }

    /// The queue that one connection at a time can have.
    func ownership(of partition: Int) -> Topology {
        Topology(queues: [.init("\(prefix).owner.\(partition)", durable: false, exclusive: true, autoDelete: true)])
    }

    func topology(of targets: some Sequence<ScheduledTask.Target>) -> Topology {
        var topology = Topology()
        for target in targets {
            topology.add(.quorum(queue(of: target)))
            topology.add(
                Topology.Binding(queue: queue(of: target), exchange: tasksExchange, routingKey: key(of: target)))
        }
        return topology
    }

    func queue(of target: ScheduledTask.Target) -> String {
        switch target {
        case .activity(_, let name): activityQueue(name)
        case .function(let name): functionQueue(name)
        // Never published, and no function has such a name.
        case .service(let name, let action): functionQueue("\(name):\(action)")
        }
    }

    func key(of target: ScheduledTask.Target) -> String {
        switch target {
        case .activity(_, let name): activityKey(name)
        case .function(let name): functionKey(name)
        case .service(let name, let action): functionKey("\(name):\(action)")
        }
    }

    func target(ofQueue queue: String) -> ScheduledTask.Target? {
        if let name = activity(ofQueue: queue) { return .activity(arn: "", name: name) }
        return function(ofQueue: queue).map { .function(name: $0) }
    }
}

extension ScheduledTask.Target {
    var isFunction: Bool { if case .function = self { true } else { false } }
}
