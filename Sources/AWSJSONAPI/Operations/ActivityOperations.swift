import JSONValue
import Orchestrator

extension OperationTable {
    var activityOperations: [String: Operation] {
        [
            "CreateActivity": Operation(
                members: [
                    .required("name", .name), .optional("tags", .tags),
                    .optional("encryptionConfiguration", .encryptionConfiguration),
                ], handle: createActivity),
            "DeleteActivity": Operation(members: [.required("activityArn", .arn)], handle: deleteActivity),
            "DescribeActivity": Operation(members: [.required("activityArn", .arn)], handle: describeActivity),
            "ListActivities": Operation(
                members: [.optional("maxResults", .pageSize), .optional("nextToken", .pageToken)],
                handle: listActivities),
        ]
    }

    @Sendable private func createActivity(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let record = try await catalog.createActivity(
            name: fields.required("name"), encryption: fields["encryptionConfiguration"], tags: try tags(in: fields))
        return Reply(["activityArn": .string(record.arn), "creationDate": JSON(epochSeconds: record.createdAt)])
    }

    @Sendable private func deleteActivity(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await catalog.deleteActivity(arn: fields.required("activityArn"))
        return .empty
    }

    @Sendable private func describeActivity(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let record = try await catalog.describeActivity(arn: fields.required("activityArn"))
        return Reply([
            "activityArn": .string(record.arn), "name": .string(record.name),
            "creationDate": JSON(epochSeconds: record.createdAt),
            "encryptionConfiguration": ActivitySettings(stored: record.settings).encryption,
        ])
    }

    @Sendable private func listActivities(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await list(fields, member: "activities", scope: ["ListActivities"]) { cursor, limit throws(ServiceError) in
            try await catalog.listActivities(after: cursor, limit: limit)
        } show: { record in
            [
                "activityArn": .string(record.arn), "name": .string(record.name),
                "creationDate": JSON(epochSeconds: record.createdAt),
            ]
        }
    }
}
