/// A route as a request gives it.
package struct AliasRoute: Sendable, Hashable {
    package var versionARN: String
    /// Per cent.
    package var weight: Int

    package init(versionARN: String, weight: Int) {
        self.versionARN = versionARN
        self.weight = weight
    }
}

/// AWS's quota.
private let aliasesPerMachine = 100

/// Aliases: names that lead to one or two versions.
///
/// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html
extension Catalog {
    /// The same request again finds the alias it made.
    ///
    /// - Throws: `ConflictException` where the name has another description or routing.
    package func createAlias(
        name: String, description: String?, routes: [AliasRoute]
    ) async throws(ServiceError) -> StateMachineAliasRecord {
        let (machineARN, checked) = try Self.check(routes)
        let now = clock()
        return try await engine.transact { writer in
            try Self.check(machineARN, checked, with: writer)
            if let existing = try writer.alias(stateMachineARN: machineARN, name: name) {
                guard existing.description == description, existing.routes == checked else {
                    throw ServiceError(
                        .conflict,
                        "Failed to create alias because an alias with the same name and a different routing "
                            + "configuration already exists.")
                }
                return ([], existing)
            }
            guard try writer.aliases(stateMachineARN: machineARN).count < aliasesPerMachine else {
                throw ServiceError(
                    .serviceQuotaExceeded,
                    "The state machine \(machineARN) has \(aliasesPerMachine) aliases; delete one to create another")
            }
            let alias = StateMachineAliasRecord(
                stateMachineARN: machineARN, name: name, description: description, createdAt: now, updatedAt: now,
                routes: checked)
            return ([.saveAlias(alias)], alias)
        }
    }

    /// Nil stays as it is.
    package func updateAlias(
        arn: String, description: String?, routes: [AliasRoute]?
    ) async throws(ServiceError) -> StateMachineAliasRecord {
        let (machineARN, name) = try Self.alias(arn)
        guard description != nil || routes != nil else {
            throw ServiceError(
                .validation, "Either the description or the routing configuration must be specified")
        }
        let checked = try routes.map { routes throws(ServiceError) in try Self.check(routes) }
        if let checked, checked.machineARN != machineARN {
            throw ServiceError(
                .validation, "Routing configuration must contain versions of the alias's own state machine.")
        }
        let now = clock()
        return try await engine.transact { writer in
            guard var alias = try writer.alias(stateMachineARN: machineARN, name: name) else { throw Self.noResource }
            if let checked {
                try Self.check(machineARN, checked.routes, with: writer)
                alias.routes = checked.routes
            }
            if let description { alias.description = description }
            alias.updatedAt = now
            return ([.saveAlias(alias)], alias)
        }
    }

    package func describeAlias(arn: String) async throws(ServiceError) -> StateMachineAliasRecord {
        let (machineARN, name) = try Self.alias(arn)
        try await finishDeletion(of: machineARN)
        let alias = try await read { store throws(StoreError) in
            try await store.alias(stateMachineARN: machineARN, name: name)
        }
        guard let alias else { throw Self.noResource }
        return alias
    }

    /// One that does not exist is deleted already.
    package func deleteAlias(arn: String) async throws(ServiceError) {
        let (machineARN, name) = try Self.alias(arn)
        try await engine.transact { _ in ([.deleteAlias(stateMachineARN: machineARN, name: name)], ()) }
    }

    /// Those of a machine or, by a version's ARN, those that lead to the version; in the order of their names.
    package func listAliases(
        stateMachineARN arn: String, after cursor: PageCursor?, limit: Int
    ) async throws(ServiceError) -> Page<StateMachineAliasRecord> {
        let (machineARN, qualifier) = try StatesARN.stateMachine(arn)
        var version: Int?
        switch qualifier {
        case nil: _ = try await describeStateMachine(arn: machineARN)
        case .version(let number):
            version = number
            _ = try await describeVersion(stateMachineARN: machineARN, number: number)
        case .alias: throw StatesARN.invalid("Invalid ARN: \(arn)")
        }
        return try await read { store throws(StoreError) in
            try await store.aliases(stateMachineARN: machineARN, version: version, after: cursor, limit: limit)
        }
    }

    private static func alias(_ arn: String) throws(ServiceError) -> (machineARN: String, name: String) {
        let (machineARN, qualifier) = try StatesARN.stateMachine(arn)
        guard case .alias(let name) = qualifier else { throw StatesARN.invalid("Invalid ARN: \(arn)") }
        return (machineARN, name)
    }

    /// What can be said of a routing without looking at the machine.
    private static func check(
        _ routes: [AliasRoute]
    ) throws(ServiceError) -> (machineARN: String, routes: [StateMachineAliasRecord.Route]) {
        let received = "Received: [\(routes.map(\.versionARN).joined(separator: ", "))]"
        guard Set(routes.map { Array($0.versionARN.utf8) }).count == routes.count else {
            throw ServiceError(
                .validation, "Routing configuration must contain distinct state machine version ARNs. \(received)")
        }
        guard routes.reduce(0, { $0 + $1.weight }) == 100 else {
            let weights = routes.map { String($0.weight) }.joined(separator: ", ")
            throw ServiceError(
                .validation, "Sum of routing configuration weights must equal 100. Received: [\(weights)]")
        }
        var machines: Set<String> = []
        var checked: [StateMachineAliasRecord.Route] = []
        for route in routes {
            let (machineARN, qualifier) = try StatesARN.stateMachine(route.versionARN)
            guard case .version(let number) = qualifier else {
                throw ServiceError(
                    .validation, "Routing configuration must contain state machine version ARNs. \(received)")
            }
            machines.insert(machineARN)
            checked.append(StateMachineAliasRecord.Route(version: number, weight: route.weight))
        }
        guard machines.count == 1, let machineARN = machines.first else {
            throw ServiceError(
                .validation,
                "Routing configuration must contain versions of one and the same state machine. \(received)")
        }
        return (machineARN, checked)
    }

    private static func check(
        _ machineARN: String, _ routes: [StateMachineAliasRecord.Route], with writer: any StoreWriter
    ) throws {
        guard let machine = try writer.stateMachine(arn: machineARN) else { throw noResource }
        guard machine.status == .active else { throw isDeleting(machineARN) }
        for route in routes {
            guard try writer.version(stateMachineARN: machineARN, number: route.version) != nil else {
                throw noResource
            }
        }
    }

    private static var noResource: ServiceError {
        ServiceError(.resourceNotFound, "Request references a resource that does not exist.")
    }
}
