package import JSONValue
package import StatesLanguage

/// What CreateStateMachine asks for.
package struct NewStateMachine: Sendable {
    package var name: String
    package var definition: String
    package var roleARN: String
    package var kind: StateMachineRecord.Kind
    /// Members of the AWS shapes, checked by the API; nil where the request has none.
    package var logging: JSON?
    package var tracing: JSON?
    package var encryption: JSON?
    package var tags: [StateMachineSettings.Tag]
    /// Whether version 1 is published at once.
    package var publication: Publication?

    package init(
        name: String, definition: String, roleARN: String, kind: StateMachineRecord.Kind = .standard,
        logging: JSON? = nil, tracing: JSON? = nil, encryption: JSON? = nil, tags: [StateMachineSettings.Tag] = [],
        publication: Publication? = nil
    ) {
        self.name = name
        self.definition = definition
        self.roleARN = roleARN
        self.kind = kind
        self.logging = logging
        self.tracing = tracing
        self.encryption = encryption
        self.tags = tags
        self.publication = publication
    }
}

/// What UpdateStateMachine changes; nil stays.
package struct StateMachineChange: Sendable {
    package var definition: String?
    package var roleARN: String?
    package var logging: JSON?
    package var tracing: JSON?
    package var encryption: JSON?
    /// Whether what results is published.
    package var publication: Publication?

    package init(
        definition: String? = nil, roleARN: String? = nil, logging: JSON? = nil, tracing: JSON? = nil,
        encryption: JSON? = nil, publication: Publication? = nil
    ) {
        self.encryption = encryption
        self.publication = publication
        self.definition = definition
        self.roleARN = roleARN
        self.logging = logging
        self.tracing = tracing
    }

    var isEmpty: Bool {
        definition == nil && roleARN == nil && logging == nil && tracing == nil && encryption == nil
    }
}

/// The id of a machine's first revision. AWS shows none for it, only for what updates made.
private let firstRevisionID = ""

extension StateMachineRevision {
    /// The revisionId to show: nil for a machine that was never updated.
    package var shownID: String? { id == firstRevisionID ? nil : id }
}

extension Catalog {
    /// Creates a machine; the same request again finds the one it made. As with AWS, name, definition, type, logging,
    /// tracing, encryption and the wish to publish make a request the same; another role or other tags are ignored.
    package func createStateMachine(
        _ request: NewStateMachine
    ) async throws(ServiceError) -> (machine: StateMachineRecord, version: StateMachineVersionRecord?) {
        try ResourceName.check(request.name)
        try checkRole(request.roleARN)
        try checkDefinition(request.definition, kind: request.kind)
        let arn = identity.arn(.stateMachine(name: request.name)).text
        var settings = StateMachineSettings()
        try settings.change(logging: request.logging, tracing: request.tracing, encryption: request.encryption)
        try settings.add(request.tags, to: arn)
        let (now, wanted) = (clock(), settings)
        return try await engine.transact { writer in
            var operations: [WriteOperation] = []
            if let existing = try writer.stateMachine(arn: arn) {
                if existing.status == .deleting {
                    guard try !writer.hasRunningExecutions(stateMachineARN: arn) else {
                        throw Self.isDeleting(arn)
                    }
                    operations.append(.deleteStateMachine(arn: arn))
                } else {
                    let has = StateMachineSettings(stored: existing.settings)
                    guard existing.revision.definition.utf8.elementsEqual(request.definition.utf8),
                        existing.kind == request.kind, has.logging == wanted.logging, has.tracing == wanted.tracing,
                        has.encryption == wanted.encryption
                    else {
                        throw ServiceError(.stateMachineAlreadyExists, "State Machine Already Exists: '\(arn)'")
                    }
                    guard let publication = request.publication else { return ([], (existing, nil)) }
                    let version = try writer.version(ofRevision: existing.revision.number)
                    guard let version, version.description == publication.description else {
                        throw ServiceError(.stateMachineAlreadyExists, "State Machine Already Exists: '\(arn)'")
                    }
                    return ([], (existing, version))
                }
            }
            var record = StateMachineRecord(
                arn: arn, name: request.name, kind: request.kind, status: .active, createdAt: now,
                revision: StateMachineRevision(
                    number: try writer.nextRevisionNumber(), id: firstRevisionID, definition: request.definition,
                    roleARN: request.roleARN, createdAt: now, settings: wanted.storedInRevision),
                settings: wanted.stored)
            let version = request.publication.map { record.publish($0, at: now) }
            operations.append(.insertStateMachine(record))
            if let version { operations.append(.insertVersion(version)) }
            return (operations, (record, version))
        }
    }

    /// Running executions keep the revision that they started from. A request that changes nothing makes no revision.
    ///
    /// - Returns: the revision that the machine has now, and the version that was published of it.
    package func updateStateMachine(
        arn: String, _ change: StateMachineChange
    ) async throws(ServiceError) -> (revision: StateMachineRevision, version: StateMachineVersionRecord?) {
        try StatesARN.expect(.stateMachine, in: arn)
        guard !change.isEmpty else {
            throw ServiceError(
                .missingRequiredParameter,
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
                    + "specified")
        }
        if let role = change.roleARN { try checkRole(role) }
        let kind = try await describeStateMachine(arn: arn).kind
        if let definition = change.definition { try checkDefinition(definition, kind: kind) }
        let (now, revisionID) = (clock(), makeUUID())
        return try await engine.transact { writer in
            guard var record = try writer.stateMachine(arn: arn) else { throw Self.noStateMachine(arn) }
            guard record.status == .active else { throw Self.isDeleting(arn) }
            let before = record
            var settings = StateMachineSettings(stored: record.settings)
            try settings.change(logging: change.logging, tracing: change.tracing, encryption: change.encryption)
            record.settings = settings.stored
            record.revision.settings = settings.storedInRevision
            record.revision.definition = change.definition ?? record.revision.definition
            record.revision.roleARN = change.roleARN ?? record.revision.roleARN
            if !record.revision.definition.utf8.elementsEqual(before.revision.definition.utf8)
                || record.revision.roleARN != before.revision.roleARN || record.settings != before.settings
            {
                record.revision.number = try writer.nextRevisionNumber()
                record.revision.id = revisionID
                record.revision.createdAt = now
            } else {
                record = before
            }
            let (published, version) =
                try change.publication.map { publication in
                    try Self.publish(&record, publication, with: writer, at: now)
                } ?? ([], nil)
            guard record != before else { return ([], (record.revision, version)) }
            return ([.updateStateMachine(record)] + published, (record.revision, version))
        }
    }

    /// Takes no new executions from now on; the machine is gone when its last execution ended. One that does not exist
    /// is deleted already.
    package func deleteStateMachine(arn: String) async throws(ServiceError) {
        try StatesARN.expect(.stateMachine, in: arn)
        try await engine.transact { writer in
            guard var record = try writer.stateMachine(arn: arn) else { return ([], ()) }
            guard try writer.hasRunningExecutions(stateMachineARN: arn) else {
                return ([.deleteStateMachine(arn: arn)], ())
            }
            guard record.status == .active else { return ([], ()) }
            record.status = .deleting
            return ([.updateStateMachine(record)], ())
        }
    }

    package func describeStateMachine(arn: String) async throws(ServiceError) -> StateMachineRecord {
        try StatesARN.expect(.stateMachine, in: arn)
        guard let record = try await read({ store throws(StoreError) in try await store.stateMachine(arn: arn) }),
            let present = try await withoutFinishedDeletion(record)
        else { throw Self.noStateMachine(arn) }
        return present
    }

    /// In the order of their names.
    package func listStateMachines(
        after cursor: PageCursor?, limit: Int
    ) async throws(ServiceError) -> Page<StateMachineRecord> {
        var page = try await read { store throws(StoreError) in
            try await store.stateMachines(after: cursor, limit: limit)
        }
        var present: [StateMachineRecord] = []
        for record in page.items {
            if let record = try await withoutFinishedDeletion(record) { present.append(record) }
        }
        page.items = present
        return page
    }

    /// Findings about a definition, errors first in the order of the text.
    package func validateStateMachineDefinition(_ definition: String, kind: StateMachineRecord.Kind) -> [Diagnostic] {
        StateMachineDefinition.validate(definition, type: Self.type(kind), support: support).diagnostics
    }

    /// A machine whose deletion waited for executions goes when somebody looks at it and they have ended: what can be
    /// seen is then always right, and no execution's end has to look for it.
    func withoutFinishedDeletion(_ record: StateMachineRecord) async throws(ServiceError) -> StateMachineRecord? {
        guard record.status == .deleting else { return record }
        let arn = record.arn
        return try await engine.transact { writer in
            guard let current = try writer.stateMachine(arn: arn) else { return ([], nil) }
            guard current.status == .deleting, try !writer.hasRunningExecutions(stateMachineARN: arn) else {
                return ([], current)
            }
            return ([.deleteStateMachine(arn: arn)], nil)
        }
    }

    /// The same for whoever looks at what belongs to the machine.
    func finishDeletion(of machineARN: String) async throws(ServiceError) {
        let record = try await read { store throws(StoreError) in try await store.stateMachine(arn: machineARN) }
        if let record { _ = try await withoutFinishedDeletion(record) }
    }

    private func checkRole(_ arn: String) throws(ServiceError) {
        guard arn.hasPrefix("arn:") else { throw StatesARN.invalid("Invalid ARN prefix: \(arn)") }
    }

    private func checkDefinition(_ definition: String, kind: StateMachineRecord.Kind) throws(ServiceError) {
        do throws(InvalidDefinition) {
            _ = try StateMachineDefinition.compile(definition, type: Self.type(kind), support: support)
        } catch {
            throw ServiceError(.invalidDefinition, error.awsMessage)
        }
    }

    private static func type(_ kind: StateMachineRecord.Kind) -> StateMachineType {
        switch kind {
        case .standard: .standard
        case .express: .express
        }
    }

    static func noStateMachine(_ arn: String) -> ServiceError {
        ServiceError(.stateMachineDoesNotExist, "State Machine Does Not Exist: '\(arn)'")
    }

    static func isDeleting(_ arn: String) -> ServiceError {
        ServiceError(.stateMachineDeleting, "State Machine Deleting: '\(arn)'")
    }
}
