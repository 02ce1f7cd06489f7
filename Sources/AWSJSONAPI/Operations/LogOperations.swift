import JSONValue
import Orchestrator

/// What executions logged, for `baton logs`.
extension OperationTable {
    var logOperations: [String: Operation] {
        [
            "ListLogGroups": Operation(members: [], handle: listLogGroups),
            "GetLogEvents": Operation(
                members: [
                    .required("logGroup", .longARN), .optional("position", .longARN), .optional("newest", .boolean),
                    .optional("maxResults", .pageSize),
                ], handle: getLogEvents),
        ]
    }

    @Sendable private func listLogGroups(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        Reply(["logGroups": .array(try logs().logGroups().map { .string($0) })])
    }

    @Sendable private func getLogEvents(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let wanted = fields.integer("maxResults") ?? 0
        let page = try logs().events(
            logGroup: fields.required("logGroup"), from: fields.string("position"),
            newest: fields.boolean("newest") ?? false, limit: wanted == 0 ? 100 : wanted)
        return Reply(["events": .array(page.events), "position": .string(page.position)])
    }

    private func logs() throws(ServiceError) -> any ExecutionLogReader {
        guard let logs = surroundings.logs else {
            throw ServiceError(.resourceNotFound, "This server keeps no logs of executions: see its setting 'logs'")
        }
        return logs
    }
}
