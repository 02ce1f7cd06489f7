import JSONValue
import Orchestrator
import StatesLanguage

extension OperationTable {
    var stateMachineOperations: [String: Operation] {
        [
            "CreateStateMachine": Operation(
                members: [
                    .required("name", .name), .required("definition", .definition), .required("roleArn", .arn),
                    .optional("type", .stateMachineType), .optional("loggingConfiguration", .loggingConfiguration),
                    .optional("tags", .tags), .optional("tracingConfiguration", .tracingConfiguration),
                    .optional("publish", .boolean), .optional("versionDescription", .versionDescription),
                    .optional("encryptionConfiguration", .encryptionConfiguration),
                ], handle: createStateMachine),
            "UpdateStateMachine": Operation(
                members: [
                    .required("stateMachineArn", .arn), .optional("definition", .definition),
                    .optional("roleArn", .arn), .optional("loggingConfiguration", .loggingConfiguration),
                    .optional("tracingConfiguration", .tracingConfiguration), .optional("publish", .boolean),
                    .optional("versionDescription", .versionDescription),
                    .optional("encryptionConfiguration", .encryptionConfiguration),
                ], handle: updateStateMachine),
            "DeleteStateMachine": Operation(
                members: [.required("stateMachineArn", .arn)], handle: deleteStateMachine),
            "DescribeStateMachine": Operation(
                members: [.required("stateMachineArn", .arn), .optional("includedData", .includedData)],
                handle: describeStateMachine),
            "ListStateMachines": Operation(
                members: [.optional("maxResults", .pageSize), .optional("nextToken", .pageToken)],
                handle: listStateMachines),
            "ValidateStateMachineDefinition": Operation(
                members: [
                    .required("definition", .definition), .optional("type", .stateMachineType),
                    .optional("severity", .values(["ERROR", "WARNING"])), .optional("maxResults", .integer(0...100)),
                ], handle: validateStateMachineDefinition),
        ]
    }

    @Sendable private func createStateMachine(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let (record, version) = try await catalog.createStateMachine(
            NewStateMachine(
                name: fields.required("name"), definition: fields.required("definition"),
                roleARN: fields.required("roleArn"),
                kind: fields.string("type").flatMap(StateMachineRecord.Kind.init) ?? .standard,
                logging: fields["loggingConfiguration"], tracing: fields["tracingConfiguration"],
                encryption: fields["encryptionConfiguration"], tags: try tags(in: fields),
                publication: try publication(in: fields)))
        return Reply(
            JSON(members: [
                ("stateMachineArn", .string(record.arn)), ("creationDate", JSON(epochSeconds: record.createdAt)),
                ("stateMachineVersionArn", JSON(optional: version?.arn)),
            ]))
    }

    @Sendable private func updateStateMachine(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let (revision, version) = try await catalog.updateStateMachine(
            arn: fields.required("stateMachineArn"),
            StateMachineChange(
                definition: fields.string("definition"), roleARN: fields.string("roleArn"),
                logging: fields["loggingConfiguration"], tracing: fields["tracingConfiguration"],
                encryption: fields["encryptionConfiguration"], publication: try publication(in: fields)))
        return Reply(
            JSON(members: [
                ("updateDate", JSON(epochSeconds: revision.createdAt)),
                ("revisionId", JSON(optional: revision.shownID)),
                ("stateMachineVersionArn", JSON(optional: version?.arn)),
            ]))
    }

    @Sendable private func deleteStateMachine(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await catalog.deleteStateMachine(arn: fields.required("stateMachineArn"))
        return .empty
    }

    @Sendable private func describeStateMachine(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("stateMachineArn")
        let withData = fields.string("includedData") != "METADATA_ONLY"
        let (machineARN, qualifier) = try StatesARN.stateMachine(arn)
        switch qualifier {
        case nil:
            let record = try await catalog.describeStateMachine(arn: machineARN)
            return Reply(
                JSON(
                    members: Self.show(record)
                        + Self.show(record.revision, StateMachineSettings(stored: record.settings), withData: withData))
            )
        case .version(let number):
            let (record, version) = try await catalog.describeVersion(stateMachineARN: machineARN, number: number)
            let settings = StateMachineSettings(stored: version.revision.settings)
            return Reply(
                JSON(
                    members: Self.show(record, version)
                        + Self.show(version.revision, settings, withData: withData)))
        case .alias:
            throw ServiceError(.stateMachineDoesNotExist, "State Machine Does Not Exist: '\(arn)'")
        }
    }

    private static func show(
        _ record: StateMachineRecord, _ version: StateMachineVersionRecord? = nil
    ) -> [(String, JSON?)] {
        [
            ("stateMachineArn", .string(version?.arn ?? record.arn)),
            ("name", .string(record.name)),
            ("status", .string(record.status.rawValue)),
            ("type", .string(record.kind.rawValue)),
            ("creationDate", JSON(epochSeconds: version?.createdAt ?? record.createdAt)),
            ("description", JSON(optional: version?.description)),
        ]
    }

    /// What the answers that show a definition have in common. Without data, AWS shows `{}` as the definition.
    static func show(
        _ revision: StateMachineRevision, _ settings: StateMachineSettings, withData: Bool
    ) -> [(String, JSON?)] {
        [
            ("definition", .string(withData ? revision.definition : "{}")),
            ("roleArn", .string(revision.roleARN)),
            ("loggingConfiguration", settings.logging),
            ("tracingConfiguration", settings.tracing),
            ("revisionId", JSON(optional: revision.shownID)),
            ("encryptionConfiguration", settings.encryption),
            ("variableReferences", withData ? JSON(variableReferencesIn: revision.definition) : nil),
        ]
    }

    @Sendable private func listStateMachines(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await list(fields, member: "stateMachines", scope: ["ListStateMachines"]) {
            cursor, limit throws(ServiceError) in
            try await catalog.listStateMachines(after: cursor, limit: limit)
        } show: { record in
            [
                "stateMachineArn": .string(record.arn), "name": .string(record.name),
                "type": .string(record.kind.rawValue), "creationDate": JSON(epochSeconds: record.createdAt),
            ]
        }
    }

    @Sendable private func validateStateMachineDefinition(
        _ fields: Fields, _ call: Call
    ) async throws(ServiceError) -> Reply {
        let kind = fields.string("type").flatMap(StateMachineRecord.Kind.init) ?? .standard
        let withWarnings = fields.string("severity") == "WARNING"
        let wanted = fields.integer("maxResults") ?? 0
        let limit = wanted == 0 ? 100 : wanted
        let all = catalog.validateStateMachineDefinition(fields.required("definition"), kind: kind)
        let found = all.filter { withWarnings || $0.severity == .error }
        let isValid = !all.contains { $0.severity == .error }
        return Reply([
            "result": .string(isValid ? "OK" : "FAIL"),
            "diagnostics": .array(found.prefix(limit).map(Self.show)),
            "truncated": .bool(found.count > limit),
        ])
    }

    private static func show(_ finding: Diagnostic) -> JSON {
        JSON(members: [
            ("severity", .string(finding.severity.rawValue)),
            ("code", .string(finding.code)),
            ("message", .string(finding.message)),
            ("location", finding.location.isEmpty ? nil : .string(finding.location)),
        ])
    }
}
