import JSONValue

/// The wish for a version, with its description.
package struct Publication: Sendable, Hashable {
    package var description: String?

    package init(description: String? = nil) { self.description = description }
}

/// AWS's quotas; https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html.
private let versionsPerMachine = 1000

extension StateMachineRecord {
    /// Takes the next version number for the current revision.
    mutating func publish(_ publication: Publication, at now: Timestamp) -> StateMachineVersionRecord {
        lastVersion += 1
        return StateMachineVersionRecord(
            stateMachineARN: arn, number: lastVersion, createdAt: now, description: publication.description,
            revision: revision)
    }
}

/// Versions: revisions that keep a number, and can be started by it.
///
/// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
extension Catalog {
    /// What to write to publish the record's revision; nothing where a version of it exists.
    static func publish(
        _ record: inout StateMachineRecord, _ publication: Publication, with writer: any StoreWriter, at now: Timestamp
    ) throws -> (operations: [WriteOperation], version: StateMachineVersionRecord?) {
        if let existing = try writer.version(ofRevision: record.revision.number) { return ([], existing) }
        guard try writer.versionCount(stateMachineARN: record.arn) < versionsPerMachine else {
            throw ServiceError(
                .serviceQuotaExceeded,
                "The state machine \(record.arn) has \(versionsPerMachine) versions; delete one to publish another")
        }
        let version = record.publish(publication, at: now)
        return ([.insertVersion(version)], version)
    }

    /// Publishes the current revision, or finds the version that it was published as.
    ///
    /// - Parameter revisionID: the revision that the caller has seen; `INITIAL` for a machine that was never updated.
    package func publishVersion(
        stateMachineARN arn: String, revisionID: String?, _ publication: Publication
    ) async throws(ServiceError) -> StateMachineVersionRecord {
        try StatesARN.expect(.stateMachine, in: arn)
        let now = clock()
        return try await engine.transact { writer in
            guard var record = try writer.stateMachine(arn: arn) else { throw Self.noStateMachine(arn) }
            guard record.status == .active else { throw Self.isDeleting(arn) }
            let current = record.revision.shownID ?? "INITIAL"
            if let revisionID, revisionID != current {
                throw ServiceError(
                    .conflict,
                    "Failed to publish the State Machine version for revision \(revisionID). The current State Machine "
                        + "revision is \(current).")
            }
            let (operations, version) = try Self.publish(&record, publication, with: writer, at: now)
            guard let version else { throw Self.noStateMachine(arn) }
            return (operations.isEmpty ? [] : [.updateStateMachine(record)] + operations, version)
        }
    }

    /// Its running executions go on. One that does not exist is deleted already.
    ///
    /// - Throws: `ConflictException` while an alias leads to it.
    package func deleteVersion(arn: String) async throws(ServiceError) {
        let (machineARN, qualifier) = try StatesARN.stateMachine(arn)
        guard case .version(let number) = qualifier else {
            throw ServiceError(.validation, "The ARN '\(arn)' is not that of a state machine version")
        }
        try await engine.transact { writer in
            guard try writer.version(stateMachineARN: machineARN, number: number) != nil else { return ([], ()) }
            let aliases = try writer.aliases(stateMachineARN: machineARN).filter { alias in
                alias.routes.contains { $0.version == number }
            }
            guard aliases.isEmpty else {
                throw ServiceError(
                    .conflict,
                    "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this "
                        + "version: [\(aliases.map(\.name).joined(separator: ", "))]")
            }
            return ([.deleteVersion(stateMachineARN: machineARN, number: number)], ())
        }
    }

    /// A version with the machine that it belongs to.
    package func describeVersion(
        stateMachineARN machineARN: String, number: Int
    ) async throws(ServiceError) -> (machine: StateMachineRecord, version: StateMachineVersionRecord) {
        let unknown = Self.noStateMachine("\(machineARN):\(number)")
        try await finishDeletion(of: machineARN)
        let (machine, version) = try await read { store throws(StoreError) in
            (
                try await store.stateMachine(arn: machineARN),
                try await store.version(stateMachineARN: machineARN, number: number)
            )
        }
        guard let machine, let version else { throw unknown }
        return (machine, version)
    }

    /// Newest first; none for a machine that does not exist.
    package func listVersions(
        stateMachineARN arn: String, after cursor: PageCursor?, limit: Int
    ) async throws(ServiceError) -> Page<StateMachineVersionRecord> {
        let (machineARN, qualifier) = try StatesARN.stateMachine(arn)
        guard qualifier == nil else { throw StatesARN.invalid("Invalid ARN: \(arn)") }
        try await finishDeletion(of: machineARN)
        return try await read { store throws(StoreError) in
            try await store.versions(stateMachineARN: machineARN, after: cursor, limit: limit)
        }
    }
}
