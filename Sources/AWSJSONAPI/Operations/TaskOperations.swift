import Interpreter
import JSONValue
import Orchestrator

extension OperationTable {
    var taskOperations: [String: Operation] {
        [
            "GetActivityTask": Operation(
                members: [.required("activityArn", .arn), .optional("workerName", .name)], handle: getActivityTask),
            "SendTaskSuccess": Operation(
                members: [.required("taskToken", .taskToken), .required("output", .payload)], handle: sendTaskSuccess),
            "SendTaskFailure": Operation(
                members: [
                    .required("taskToken", .taskToken), .optional("error", .errorName), .optional("cause", .cause),
                ], handle: sendTaskFailure),
            "SendTaskHeartbeat": Operation(members: [.required("taskToken", .taskToken)], handle: sendTaskHeartbeat),
        ]
    }

    @Sendable private func getActivityTask(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("activityArn")
        try StatesARN.expect(.activity, in: arn)
        let task = try await polls.poll(hangUp: call.hangUp) { [engine] timeout throws(ServiceError) in
            try await engine.takeTask(activityARN: arn, worker: fields.string("workerName"), timeout: timeout)
        }
        guard let task else { return .empty }
        let giveBack: @Sendable () -> Void = { [engine] in engine.handBack(token: task.token) }
        guard !call.hangUp.hasFired else {
            giveBack()
            return .empty
        }
        return Reply(["taskToken": .string(task.token), "input": .string(task.input)], undelivered: giveBack)
    }

    @Sendable private func sendTaskSuccess(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let output: JSON
        do throws(JSONError) {
            output = try JSON(parsing: fields.required("output"))
        } catch {
            throw ServiceError(.invalidOutput, "Invalid Output: '\(error.description)'")
        }
        try await engine.answer(token: fields.required("taskToken"), .success(output))
        return .empty
    }

    @Sendable private func sendTaskFailure(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let failure = StateFailure(error: fields.string("error"), cause: fields.string("cause"))
        try await engine.answer(token: fields.required("taskToken"), .failure(failure))
        return .empty
    }

    @Sendable private func sendTaskHeartbeat(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await engine.answer(token: fields.required("taskToken"), .heartbeat)
        return .empty
    }
}
