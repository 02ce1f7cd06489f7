import Interpreter
import JSONValue
import Orchestrator

extension OperationTable {
    var executionOperations: [String: Operation] {
        [
            "StartExecution": Operation(
                members: [
                    .required("stateMachineArn", .arn), .optional("name", .name), .optional("input", .payload),
                    .optional("traceHeader", .traceHeader),
                ], handle: startExecution, begin: beginExecution),
            "StopExecution": Operation(
                members: [
                    .required("executionArn", .arn), .optional("error", .errorName), .optional("cause", .cause),
                ], handle: stopExecution),
            "RedriveExecution": Operation(
                members: [.required("executionArn", .arn), .optional("clientToken", .clientToken)],
                handle: redriveExecution),
            "DescribeExecution": Operation(
                members: [.required("executionArn", .arn), .optional("includedData", .includedData)],
                handle: describeExecution),
            "DescribeStateMachineForExecution": Operation(
                members: [.required("executionArn", .arn), .optional("includedData", .includedData)],
                handle: describeStateMachineForExecution),
            "ListExecutions": Operation(
                members: [
                    .optional("stateMachineArn", .arn), .optional("statusFilter", .executionStatus),
                    .optional("maxResults", .pageSize), .optional("nextToken", .executionsPageToken),
                    .optional("mapRunArn", .longARN),
                    .optional("redriveFilter", .values(["REDRIVEN", "NOT_REDRIVEN"])),
                ], handle: listExecutions),
            "GetExecutionHistory": Operation(
                members: [
                    .required("executionArn", .arn), .optional("maxResults", .pageSize),
                    .optional("reverseOrder", .boolean), .optional("nextToken", .pageToken),
                    .optional("includeExecutionData", .boolean),
                ], handle: executionHistory),
        ]
    }

    @Sendable private func startExecution(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        Self.reply(try await engine.start(try Self.startRequest(fields)))
    }

    @Sendable private func beginExecution(
        _ fields: Fields, _ call: Call, _ end: @escaping @Sendable (Operation.Outcome) -> Void
    ) {
        do throws(ServiceError) {
            engine.start(try Self.startRequest(fields)) { result in
                end(result.map { result in .ends { result.map(Self.reply) } } ?? .takesMore)
            }
        } catch {
            end(.ends { .failure(error) })
        }
    }

    private static func startRequest(_ fields: Fields) throws(ServiceError) -> StartRequest {
        let arn = fields.required("stateMachineArn")
        // Nearly all are; the others are to hear why not.
        if !StatesARN.isStateMachine(arn) { try StatesARN.expect(.stateMachine, in: arn) }
        let name = fields.string("name")
        if let name { try ResourceName.check(name) }
        return StartRequest(
            stateMachineARN: arn, name: name, input: fields.string("input") ?? "{}",
            traceHeader: fields.string("traceHeader"))
    }

    private static func reply(_ started: StartedExecution) -> Reply {
        Reply(["executionArn": .string(started.arn), "startDate": JSON(epochSeconds: started.startedAt)])
    }

    @Sendable private func stopExecution(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("executionArn")
        try StatesARN.expect(.execution, in: arn)
        let stoppedAt = try await engine.stop(
            executionARN: arn,
            failure: StateFailure(error: fields.string("error"), cause: fields.string("cause")))
        return Reply(["stopDate": JSON(epochSeconds: stoppedAt)])
    }

    @Sendable private func redriveExecution(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("executionArn")
        try StatesARN.expect(.execution, in: arn)
        let redrivenAt = try await engine.redrive(executionARN: arn, clientToken: fields.string("clientToken"))
        return Reply(["redriveDate": JSON(epochSeconds: redrivenAt)])
    }

    @Sendable private func describeExecution(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let record = try await catalog.describeExecution(arn: fields.required("executionArn"))
        let withData = fields.string("includedData") != "METADATA_ONLY"
        let included: JSON = ["included": .bool(withData)]
        let redrivability = try await catalog.redrivability(of: record)
        return Reply(
            JSON(members: [
                ("executionArn", .string(record.identity.arn)),
                ("stateMachineArn", .string(record.identity.stateMachineARN)),
                ("stateMachineVersionArn", JSON(optional: record.versionARN)),
                ("stateMachineAliasArn", JSON(optional: record.aliasARN)),
                ("name", .string(record.identity.name)),
                ("status", .string(record.status.rawValue)),
                ("startDate", JSON(epochSeconds: record.identity.startedAt)),
                ("stopDate", record.stoppedAt.map(JSON.init(epochSeconds:))),
                ("input", withData ? .string(record.input) : nil),
                ("inputDetails", included),
                ("output", withData ? JSON(optional: record.output) : nil),
                ("outputDetails", record.output == nil ? nil : included),
                ("error", JSON(optional: record.error)),
                ("cause", JSON(optional: record.cause)),
                ("traceHeader", JSON(optional: record.traceHeader)),
                ("redriveCount", .int(Int64(record.identity.redriveCount))),
                ("mapRunArn", JSON(optional: record.child?.mapRunARN)),
                ("redriveDate", record.redrivenAt.map(JSON.init(epochSeconds:))),
                ("redriveStatus", .string(redrivability.status)),
                ("redriveStatusReason", JSON(optional: redrivability.obstacle)),
            ]))
    }

    @Sendable private func describeStateMachineForExecution(
        _ fields: Fields, _ call: Call
    ) async throws(ServiceError) -> Reply {
        let machine = try await catalog.describeStateMachineForExecution(arn: fields.required("executionArn"))
        let withData = fields.string("includedData") != "METADATA_ONLY"
        return Reply(
            JSON(
                members: [
                    ("stateMachineArn", .string(machine.arn)),
                    ("name", .string(machine.name)),
                    ("updateDate", JSON(epochSeconds: machine.revision.createdAt)),
                ] + Self.show(machine.revision, machine.settings, withData: withData)))
    }

    @Sendable private func listExecutions(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let mapRun = fields.string("mapRunArn")
        guard let arn = fields.string("stateMachineArn") ?? mapRun, mapRun == nil || !fields.has("stateMachineArn")
        else {
            throw ServiceError(.validation, "Either a state machine ARN or a Map Run ARN must be specified")
        }
        let status = fields.string("statusFilter")
        let redrive = fields.string("redriveFilter")
        let scope = ["ListExecutions", arn, status ?? "", redrive ?? ""]
        return try await list(fields, member: "executions", scope: scope) { cursor, limit throws(ServiceError) in
            let known = status.flatMap(ExecutionStatus.init)
            // No execution has a status that is unknown here.
            let isEmpty = status != nil && known == nil
            let redriven = redrive.map { $0 == "REDRIVEN" }
            let shown = isEmpty ? 1 : limit
            let page =
                if mapRun == nil {
                    try await catalog.listExecutions(
                        stateMachineARN: arn, status: known, redriven: redriven, after: cursor, limit: shown)
                } else {
                    try await catalog.listExecutions(
                        mapRunARN: arn, status: known, redriven: redriven, after: cursor, limit: shown)
                }
            return isEmpty ? Page(items: [], next: nil) : page
        } show: { record in
            let itemCount: JSON? = record.child.map { .int(Int64($0.itemCount)) }
            return JSON(members: [
                ("executionArn", .string(record.identity.arn)),
                ("stateMachineArn", .string(record.identity.stateMachineARN)),
                ("stateMachineVersionArn", JSON(optional: record.versionARN)),
                ("stateMachineAliasArn", JSON(optional: record.aliasARN)),
                ("name", .string(record.identity.name)),
                ("status", .string(record.status.rawValue)),
                ("startDate", JSON(epochSeconds: record.identity.startedAt)),
                ("stopDate", record.stoppedAt.map(JSON.init(epochSeconds:))),
                ("mapRunArn", JSON(optional: record.child?.mapRunARN)),
                ("itemCount", itemCount),
                ("redriveCount", .int(Int64(record.identity.redriveCount))),
                ("redriveDate", record.redrivenAt.map(JSON.init(epochSeconds:))),
            ])
        }
    }

    @Sendable private func executionHistory(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("executionArn")
        let reversed = fields.boolean("reverseOrder") ?? false
        let includesData = fields.boolean("includeExecutionData") ?? true
        let scope = ["GetExecutionHistory", arn, reversed ? "reversed" : ""]
        let (cursor, limit) = try position(fields, scope: scope)
        let page = try await catalog.executionHistory(
            arn: arn, after: cursor.flatMap { Int($0.key) }, reversed: reversed, includeExecutionData: includesData,
            limit: limit)
        let next = page.next.map { tokens.make(for: PageCursor(key: String($0)), in: scope) }
        return Reply(JSON(members: [("events", .array(page.events)), ("nextToken", JSON(optional: next))]))
    }
}
