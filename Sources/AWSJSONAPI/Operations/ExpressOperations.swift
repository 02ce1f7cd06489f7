import Interpreter
import JSONValue
import Orchestrator

/// StartSyncExecution: starts an Express execution, and answers when it has ended.
///
/// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html
extension OperationTable {
    var expressOperations: [String: Operation] {
        [
            "StartSyncExecution": Operation(
                members: [
                    .required("stateMachineArn", .arn), .optional("name", .name), .optional("input", .payload),
                    .optional("traceHeader", .traceHeader), .optional("includedData", .includedData),
                ], handle: startSyncExecution)
        ]
    }

    /// A client that hangs up leaves the execution running, as on AWS.
    @Sendable private func startSyncExecution(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let arn = fields.required("stateMachineArn")
        try StatesARN.expect(.stateMachine, in: arn)
        let name = fields.string("name")
        if let name { try ResourceName.check(name) }
        let ended = try await engine.startSync(
            StartRequest(
                stateMachineARN: arn, name: name, input: fields.string("input") ?? "{}",
                traceHeader: fields.string("traceHeader")))
        let withData = fields.string("includedData") != "METADATA_ONLY"
        let included: JSON = ["included": .bool(withData)]
        return Reply(
            JSON(members: [
                ("executionArn", .string(ended.arn)),
                ("stateMachineArn", .string(ended.stateMachineARN)),
                ("name", .string(ended.name)),
                ("startDate", JSON(epochSeconds: ended.startedAt)),
                ("stopDate", JSON(epochSeconds: ended.stoppedAt)),
                ("status", .string(ended.status.rawValue)),
                ("error", JSON(optional: ended.error)),
                ("cause", JSON(optional: ended.cause)),
                ("input", withData ? .string(ended.input) : nil),
                ("inputDetails", included),
                ("output", withData ? JSON(optional: ended.output) : nil),
                ("outputDetails", included),
                ("traceHeader", JSON(optional: ended.traceHeader)),
                ("billingDetails", Self.billing(ended)),
            ]))
    }

    /// As AWS counts: the duration in steps of 100 ms, the memory in steps of 64 MB, of which none needs more than one.
    private static func billing(_ ended: EndedExecution) -> JSON {
        let milliseconds = (ended.stoppedAt.microseconds - ended.startedAt.microseconds) / 1_000
        return [
            "billedMemoryUsedInMB": 64,
            "billedDurationInMilliseconds": .int(max(1, (milliseconds + 99) / 100) * 100),
        ]
    }
}
