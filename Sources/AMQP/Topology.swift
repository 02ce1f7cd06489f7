/// Exchanges, queues and bindings as a value; declared again on every connection, before any consumer.
///
/// A name occurs once: adding an exchange, queue or binding a second time replaces the first.
package struct Topology: Sendable, Hashable {
    package struct Exchange: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable { case direct, topic, fanout, headers }

        package var name: String
        package var kind: Kind
        package var durable: Bool

        package init(_ name: String, kind: Kind, durable: Bool = true) {
            self.name = name
            self.kind = kind
            self.durable = durable
        }
    }

    package struct Queue: Sendable, Hashable {
        package var name: String
        package var durable: Bool
        package var exclusive: Bool
        package var autoDelete: Bool
        package var arguments: [String: AMQPFieldValue]

        package init(
            _ name: String,
            durable: Bool = true,
            exclusive: Bool = false,
            autoDelete: Bool = false,
            arguments: [String: AMQPFieldValue] = [:]
        ) {
            self.name = name
            self.durable = durable
            self.exclusive = exclusive
            self.autoDelete = autoDelete
            self.arguments = arguments
        }

        /// A durable quorum queue with no other argument.
        package static func quorum(_ name: String) -> Queue {
            Queue(name, arguments: ["x-queue-type": .string("quorum")])
        }
    }

    package struct Binding: Sendable, Hashable {
        package var queue: String
        package var exchange: String
        package var routingKey: String

        package init(queue: String, exchange: String, routingKey: String = "") {
            self.queue = queue
            self.exchange = exchange
            self.routingKey = routingKey
        }
    }

    package private(set) var exchanges: [Exchange] = []
    package private(set) var queues: [Queue] = []
    package private(set) var bindings: [Binding] = []

    package init(exchanges: [Exchange] = [], queues: [Queue] = [], bindings: [Binding] = []) {
        for item in exchanges { add(item) }
        for item in queues { add(item) }
        for item in bindings { add(item) }
    }

    package var isEmpty: Bool { exchanges.isEmpty && queues.isEmpty && bindings.isEmpty }

    package mutating func add(_ exchange: Exchange) {
        if let index = exchanges.firstIndex(where: { $0.name == exchange.name }) {
            exchanges[index] = exchange
        } else {
            exchanges.append(exchange)
        }
    }

    package mutating func add(_ queue: Queue) {
        if let index = queueIndex[queue.name] {
            queues[index] = queue
        } else {
            queueIndex[queue.name] = queues.count
            queues.append(queue)
        }
    }

    package mutating func add(_ binding: Binding) {
        if bindingSet.insert(binding).inserted { bindings.append(binding) }
    }

    package mutating func merge(_ other: Topology) {
        for item in other.exchanges { add(item) }
        for item in other.queues { add(item) }
        for item in other.bindings { add(item) }
    }

    package func queue(named name: String) -> Queue? {
        queueIndex[name].map { queues[$0] }
    }

    /// Removes the queue and every binding of it.
    package mutating func remove(queue name: String) {
        guard queueIndex[name] != nil else { return }
        queues.removeAll { $0.name == name }
        queueIndex = [:]
        for (index, queue) in queues.enumerated() { queueIndex[queue.name] = index }
        bindings.removeAll { $0.queue == name }
        bindingSet = Set(bindings)
    }

    /// Removes the exchange and every binding to it.
    package mutating func remove(exchange name: String) {
        exchanges.removeAll { $0.name == name }
        bindings.removeAll { $0.exchange == name }
        bindingSet = Set(bindings)
    }

    private var queueIndex: [String: Int] = [:]
    private var bindingSet: Set<Binding> = []

    package static func == (a: Topology, b: Topology) -> Bool {
        a.exchanges == b.exchanges && a.queues == b.queues && a.bindings == b.bindings
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(exchanges)
        hasher.combine(queues)
        hasher.combine(bindings)
    }
}
