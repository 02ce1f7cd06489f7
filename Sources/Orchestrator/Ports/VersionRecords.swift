package import JSONValue

/// A published version of a state machine: a name for a revision that stays.
package struct StateMachineVersionRecord: Sendable, Hashable {
    package var stateMachineARN: String
    /// Counts from 1; a deleted version's number is never used again.
    package var number: Int
    package var createdAt: Timestamp
    package var description: String?
    /// With its settings, as they were when the version was published.
    package var revision: StateMachineRevision

    package init(
        stateMachineARN: String, number: Int, createdAt: Timestamp, description: String?,
        revision: StateMachineRevision
    ) {
        self.stateMachineARN = stateMachineARN
        self.number = number
        self.createdAt = createdAt
        self.description = description
        self.revision = revision
    }

    package var arn: String { "\(stateMachineARN):\(number)" }
}

/// A name that leads to one or two versions of a state machine.
package struct StateMachineAliasRecord: Sendable, Hashable {
    package var stateMachineARN: String
    package var name: String
    package var description: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    /// One or two, of different versions; the weights are per cent, and 100 together.
    package var routes: [Route]

    package struct Route: Sendable, Hashable {
        package var version: Int
        package var weight: Int

        package init(version: Int, weight: Int) {
            self.version = version
            self.weight = weight
        }
    }

    package init(
        stateMachineARN: String, name: String, description: String?, createdAt: Timestamp, updatedAt: Timestamp,
        routes: [Route]
    ) {
        self.stateMachineARN = stateMachineARN
        self.name = name
        self.description = description
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.routes = routes
    }

    package var arn: String { "\(stateMachineARN):\(name)" }

    /// - Parameter draw: from 0 to 99, each equally likely.
    package func version(for draw: Int) -> Int? {
        var rest = draw
        for route in routes {
            if rest < route.weight { return route.version }
            rest -= route.weight
        }
        return routes.last?.version
    }
}
