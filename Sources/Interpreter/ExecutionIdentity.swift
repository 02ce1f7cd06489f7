package import JSONValue

/// What is fixed about an execution from its start: its keys, names and ARNs.
package struct ExecutionIdentity: Sendable, Hashable {
    /// The orchestrator's number for it, unique in its partition and never used again.
    package var key: Int64
    package var partition: Int
    package var arn: String
    package var name: String
    package var stateMachineARN: String
    package var stateMachineName: String
    package var roleARN: String
    package var startedAt: Timestamp
    /// 0 for the first run; each redrive adds one.
    package var redriveCount: Int

    package init(
        key: Int64, partition: Int, arn: String, name: String, stateMachineARN: String, stateMachineName: String,
        roleARN: String, startedAt: Timestamp, redriveCount: Int = 0
    ) {
        self.key = key
        self.partition = partition
        self.arn = arn
        self.name = name
        self.stateMachineARN = stateMachineARN
        self.stateMachineName = stateMachineName
        self.roleARN = roleARN
        self.startedAt = startedAt
        self.redriveCount = redriveCount
    }
}
