import JSONValue
import Orchestrator

extension OperationTable {
    var versionOperations: [String: Operation] {
        [
            "PublishStateMachineVersion": Operation(
                members: [
                    .required("stateMachineArn", .arn), .optional("revisionId", .revisionID),
                    .optional("description", .versionDescription),
                ], handle: publishVersion),
            "ListStateMachineVersions": Operation(
                members: [
                    .required("stateMachineArn", .arn), .optional("nextToken", .pageToken),
                    .optional("maxResults", .pageSize),
                ], handle: listVersions),
            "DeleteStateMachineVersion": Operation(
                members: [.required("stateMachineVersionArn", .longARN)], handle: deleteVersion),
        ]
    }

    /// What `publish` and `versionDescription` ask for.
    func publication(in fields: Fields) throws(ServiceError) -> Publication? {
        let description = fields.string("versionDescription")
        guard fields.boolean("publish") == true else {
            guard description == nil else {
                throw ServiceError(.validation, "Version description can only be set when publish is true")
            }
            return nil
        }
        return Publication(description: description)
    }

    @Sendable private func publishVersion(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let version = try await catalog.publishVersion(
            stateMachineARN: fields.required("stateMachineArn"), revisionID: fields.string("revisionId"),
            Publication(description: fields.string("description")))
        return Reply([
            "creationDate": JSON(epochSeconds: version.createdAt), "stateMachineVersionArn": .string(version.arn),
        ])
    }

    @Sendable private func listVersions(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("stateMachineArn")
        return try await list(fields, member: "stateMachineVersions", scope: ["ListStateMachineVersions", arn]) {
            cursor, limit throws(ServiceError) in
            try await catalog.listVersions(stateMachineARN: arn, after: cursor, limit: limit)
        } show: { version in
            [
                "stateMachineVersionArn": .string(version.arn),
                "creationDate": JSON(epochSeconds: version.createdAt),
            ]
        }
    }

    @Sendable private func deleteVersion(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await catalog.deleteVersion(arn: fields.required("stateMachineVersionArn"))
        return .empty
    }
}
