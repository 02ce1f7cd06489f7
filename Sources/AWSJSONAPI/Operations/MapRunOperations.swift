import JSONValue
import Orchestrator

extension OperationTable {
    var mapRunOperations: [String: Operation] {
        [
            "DescribeMapRun": Operation(members: [.required("mapRunArn", .longARN)], handle: describeMapRun),
            "ListMapRuns": Operation(
                members: [
                    .required("executionArn", .arn), .optional("maxResults", .pageSize),
                    .optional("nextToken", .pageToken),
                ], handle: listMapRuns),
            "UpdateMapRun": Operation(
                members: [
                    .required("mapRunArn", .longARN), .optional("maxConcurrency", .integer(0...Int64.max)),
                    .optional("toleratedFailurePercentage", .number(0...100)),
                    .optional("toleratedFailureCount", .integer(0...Int64.max)),
                ], handle: updateMapRun),
        ]
    }

    @Sendable private func describeMapRun(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let run = try await catalog.describeMapRun(arn: fields.required("mapRunArn"))
        let progress = run.progress
        return Reply(
            JSON(members: [
                ("mapRunArn", .string(run.arn)),
                ("executionArn", .string(run.executionARN)),
                ("status", .string(run.status.rawValue)),
                ("startDate", JSON(epochSeconds: run.startedAt)),
                ("stopDate", run.stoppedAt.map(JSON.init(epochSeconds:))),
                ("maxConcurrency", .int(Int64(run.maxConcurrency))),
                ("toleratedFailurePercentage", .double(run.toleratedFailurePercentage ?? 0)),
                ("toleratedFailureCount", .int(Int64(run.toleratedFailureCount ?? 0))),
                ("itemCounts", Self.counts(progress.items, total: progress.total)),
                ("executionCounts", Self.counts(progress.executions, total: progress.executions.begun)),
                ("redriveCount", .int(Int64(run.redriveCount))),
                ("redriveDate", run.redrivenAt.map(JSON.init(epochSeconds:))),
            ]))
    }

    private static func counts(_ counts: MapRunProgress.Counts, total: Int) -> JSON {
        let members: [(String, Int)] = [
            ("pending", total - counts.begun), ("running", counts.running), ("succeeded", counts.succeeded),
            ("failed", counts.failed), ("timedOut", counts.timedOut), ("aborted", counts.aborted), ("total", total),
            ("resultsWritten", counts.resultsWritten), ("failuresNotRedrivable", 0),
            ("pendingRedrive", counts.pendingRedrive),
        ]
        return .object(JSONObject(members.map { ($0.0, .int(Int64($0.1))) }))
    }

    @Sendable private func listMapRuns(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("executionArn")
        return try await list(fields, member: "mapRuns", scope: ["ListMapRuns", arn]) {
            cursor, limit throws(ServiceError) in
            try await catalog.listMapRuns(executionARN: arn, after: cursor, limit: limit)
        } show: { run in
            JSON(members: [
                ("executionArn", .string(run.executionARN)),
                ("mapRunArn", .string(run.arn)),
                ("stateMachineArn", .string(run.stateMachineARN)),
                ("startDate", JSON(epochSeconds: run.startedAt)),
                ("stopDate", run.stoppedAt.map(JSON.init(epochSeconds:))),
            ])
        }
    }

    @Sendable private func updateMapRun(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("mapRunArn")
        try StatesARN.expect(.mapRun, in: arn)
        let change = MapRunChange(
            maxConcurrency: fields.integer("maxConcurrency"),
            toleratedFailureCount: fields.integer("toleratedFailureCount"),
            toleratedFailurePercentage: fields["toleratedFailurePercentage"]?.doubleValue)
        guard change != MapRunChange(maxConcurrency: nil, toleratedFailureCount: nil, toleratedFailurePercentage: nil)
        else {
            throw ServiceError(
                .validation,
                "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be given")
        }
        try await engine.update(mapRunARN: arn, change)
        return .empty
    }
}
