import JSONValue
import Orchestrator

extension OperationTable {
    var aliasOperations: [String: Operation] {
        [
            "CreateStateMachineAlias": Operation(
                members: [
                    .optional("description", .versionDescription), .required("name", .aliasName),
                    .required("routingConfiguration", .routingConfiguration),
                ], handle: createAlias),
            "UpdateStateMachineAlias": Operation(
                members: [
                    .required("stateMachineAliasArn", .arn), .optional("description", .versionDescription),
                    .optional("routingConfiguration", .routingConfiguration),
                ], handle: updateAlias),
            "DescribeStateMachineAlias": Operation(
                members: [.required("stateMachineAliasArn", .arn)], handle: describeAlias),
            "DeleteStateMachineAlias": Operation(
                members: [.required("stateMachineAliasArn", .arn)], handle: deleteAlias),
            "ListStateMachineAliases": Operation(
                members: [
                    .required("stateMachineArn", .arn), .optional("nextToken", .pageToken),
                    .optional("maxResults", .pageSize),
                ], handle: listAliases),
        ]
    }

    private func routes(in fields: Fields) -> [AliasRoute]? {
        fields.list("routingConfiguration")?.map { route in
            let route = Fields(route)
            return AliasRoute(
                versionARN: route.required("stateMachineVersionArn"), weight: route.integer("weight") ?? 0)
        }
    }

    @Sendable private func createAlias(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let alias = try await catalog.createAlias(
            name: fields.required("name"), description: fields.string("description"), routes: routes(in: fields) ?? [])
        return Reply([
            "stateMachineAliasArn": .string(alias.arn), "creationDate": JSON(epochSeconds: alias.createdAt),
        ])
    }

    @Sendable private func updateAlias(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let alias = try await catalog.updateAlias(
            arn: fields.required("stateMachineAliasArn"), description: fields.string("description"),
            routes: routes(in: fields))
        return Reply(["updateDate": JSON(epochSeconds: alias.updatedAt)])
    }

    @Sendable private func describeAlias(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let alias = try await catalog.describeAlias(arn: fields.required("stateMachineAliasArn"))
        return Reply(
            JSON(members: [
                ("stateMachineAliasArn", .string(alias.arn)),
                ("name", .string(alias.name)),
                ("description", JSON(optional: alias.description)),
                (
                    "routingConfiguration",
                    .array(
                        alias.routes.map { route in
                            [
                                "stateMachineVersionArn": .string("\(alias.stateMachineARN):\(route.version)"),
                                "weight": .int(Int64(route.weight)),
                            ]
                        })
                ),
                ("creationDate", JSON(epochSeconds: alias.createdAt)),
                ("updateDate", JSON(epochSeconds: alias.updatedAt)),
            ]))
    }

    @Sendable private func deleteAlias(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await catalog.deleteAlias(arn: fields.required("stateMachineAliasArn"))
        return .empty
    }

    @Sendable private func listAliases(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("stateMachineArn")
        return try await list(fields, member: "stateMachineAliases", scope: ["ListStateMachineAliases", arn]) {
            cursor, limit throws(ServiceError) in
            try await catalog.listAliases(stateMachineARN: arn, after: cursor, limit: limit)
        } show: { alias in
            ["stateMachineAliasArn": .string(alias.arn), "creationDate": JSON(epochSeconds: alias.createdAt)]
        }
    }
}
