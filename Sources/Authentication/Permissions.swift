/// What an operation does to the world, as far as roles tell it apart.
package enum OperationKind: Sendable, Hashable {
    /// Changes nothing.
    case reading
    /// Begins, ends or steers executions.
    case running
    /// Takes tasks and answers them.
    case working
    /// Changes definitions, activities and tags, and whatever is not known here.
    case managing

    /// - Parameter target: as in `X-Amz-Target`: `AWSStepFunctions.StartExecution`.
    package init(target: String) {
        let name = target.split(separator: ".", maxSplits: 1).last.map(String.init) ?? target
        switch name {
        case "GetActivityTask", "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat": self = .working
        case "StartExecution", "StartSyncExecution", "StopExecution", "RedriveExecution", "UpdateMapRun", "TestState":
            self = .running
        case "GetExecutionHistory", "GetLogEvents", "ValidateStateMachineDefinition", "ServerInfo": self = .reading
        default: self = name.hasPrefix("List") || name.hasPrefix("Describe") ? .reading : .managing
        }
    }
}

/// Who calls, once that is sure.
package struct Principal: Sendable, Hashable {
    package var name: String
    package var roles: Set<Role>
    package var activities: [String]?

    package init(name: String, roles: Set<Role>, activities: [String]? = nil) {
        self.name = name
        self.roles = roles
        self.activities = activities
    }

    /// - Parameter activity: the ARN of the activity that the call is about, if it is about one.
    package func may(_ target: String, activity: String? = nil) -> Bool {
        if roles.contains(.admin) { return true }
        switch OperationKind(target: target) {
        case .managing: return false
        case .running: return roles.contains(.operator)
        case .working: return roles.contains(.worker) && isOpen(activity)
        case .reading:
            if roles.contains(.reader) || roles.contains(.operator) { return true }
            return roles.contains(.worker) && target == "AWSStepFunctions.DescribeActivity" && isOpen(activity)
        }
    }

    /// Whether the answers of listings may tell task tokens: who holds one can answer the task.
    package var seesTaskTokens: Bool {
        roles.contains(.admin) || (roles.contains(.worker) && activities == nil)
    }

    /// Calls that name a task by its token are open: whoever was given a token may answer.
    private func isOpen(_ arn: String?) -> Bool {
        guard let activities, let arn else { return true }
        let name = Array((arn.split(separator: ":", omittingEmptySubsequences: false).last ?? "").utf8)
        return activities.contains { pattern in
            if pattern.utf8.last == UInt8(ascii: "*") { return name.starts(with: pattern.utf8.dropLast()) }
            return name.elementsEqual(pattern.utf8)
        }
    }
}
