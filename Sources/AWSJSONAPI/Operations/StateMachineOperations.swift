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
        try refuseWhatIsMissing(fields)
        let record = try await catalog.createStateMachine(
            NewStateMachine(
                name: fields.required("name"), definition: fields.required("definition"),
                roleARN: fields.required("roleArn"),
                kind: fields.string("type").flatMap(StateMachineRecord.Kind.init) ?? .standard,
                logging: fields["loggingConfiguration"], tracing: fields["tracingConfiguration"],
                tags: tags(in: fields)))
        return Reply(["stateMachineArn": .string(record.arn), "creationDate": JSON(epochSeconds: record.createdAt)])
    }

    @Sendable private func updateStateMachine(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try refuseWhatIsMissing(fields)
        let (updatedAt, revisionID) = try await catalog.updateStateMachine(
            arn: fields.required("stateMachineArn"),
            StateMachineChange(
                definition: fields.string("definition"), roleARN: fields.string("roleArn"),
                logging: fields["loggingConfiguration"], tracing: fields["tracingConfiguration"]))
        return Reply(
            JSON(members: [
                ("updateDate", JSON(epochSeconds: updatedAt)), ("revisionId", JSON(optional: revisionID)),
            ]))
    }

    @Sendable private func deleteStateMachine(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await catalog.deleteStateMachine(arn: fields.required("stateMachineArn"))
        return .empty
    }

    @Sendable private func describeStateMachine(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let record = try await catalog.describeStateMachine(arn: fields.required("stateMachineArn"))
        let settings = StateMachineSettings(stored: record.settings)
        return Reply(
            JSON(members: [
                ("stateMachineArn", .string(record.arn)),
                ("name", .string(record.name)),
                ("status", .string(record.status.rawValue)),
                ("definition", .string(record.revision.definition)),
                ("roleArn", .string(record.revision.roleARN)),
                ("type", .string(record.kind.rawValue)),
                ("creationDate", JSON(epochSeconds: record.createdAt)),
                ("loggingConfiguration", settings.logging),
                ("tracingConfiguration", settings.tracing),
                ("revisionId", JSON(optional: record.revision.shownID)),
                ("encryptionConfiguration", Self.ownedKey),
                ("variableReferences", JSON(variableReferencesIn: record.revision.definition)),
            ]))
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

    /// Everything is encrypted with the service's own key, in AWS's words: Baton encrypts nothing itself.
    static var ownedKey: JSON { ["type": "AWS_OWNED_KEY"] }

    /// Parts of requests that would change what happens, and cannot be honoured yet.
    private func refuseWhatIsMissing(_ fields: Fields) throws(ServiceError) {
        try refuseForeignKeys(fields)
        if fields.boolean("publish") == true {
            throw ServiceError(.validation, "Publishing versions of state machines is not supported")
        }
        if fields.string("versionDescription") != nil {
            throw ServiceError(
                .validation, "Version description can only be set when publish is true")
        }
    }

    func refuseForeignKeys(_ fields: Fields) throws(ServiceError) {
        guard let type = fields.fields("encryptionConfiguration")?.string("type"), type != "AWS_OWNED_KEY" else {
            return
        }
        throw ServiceError(
            .validation, "Encryption with customer managed keys is not supported; encrypt the database's disk instead")
    }
}
