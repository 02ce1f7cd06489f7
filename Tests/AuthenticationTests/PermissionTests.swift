import Testing

@testable import Authentication

@Suite struct PermissionTests {
    static let kinds: [OperationKind: [String]] = [
        .reading: [
            "DescribeActivity", "DescribeExecution", "DescribeMapRun", "DescribeStateMachine",
            "DescribeStateMachineAlias", "DescribeStateMachineForExecution", "GetExecutionHistory", "ListActivities",
            "ListExecutions", "ListMapRuns", "ListStateMachineAliases", "ListStateMachineVersions",
            "ListStateMachines", "ListTagsForResource", "ValidateStateMachineDefinition",
        ],
        .running: [
            "RedriveExecution", "StartExecution", "StartSyncExecution", "StopExecution", "TestState", "UpdateMapRun",
        ],
        .working: ["GetActivityTask", "SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess"],
        .managing: [
            "CreateActivity", "CreateStateMachine", "CreateStateMachineAlias", "DeleteActivity", "DeleteStateMachine",
            "DeleteStateMachineAlias", "DeleteStateMachineVersion", "PublishStateMachineVersion", "TagResource",
            "UntagResource", "UpdateStateMachine", "UpdateStateMachineAlias",
        ],
    ]

    static let all = kinds.values.joined().map { "AWSStepFunctions.\($0)" }

    @Test func `all 37 operations have their place`() {
        #expect(Set(Self.all).count == 37)
        for (kind, names) in Self.kinds {
            for name in names { #expect(OperationKind(target: "AWSStepFunctions.\(name)") == kind, "\(name)") }
        }
    }

    @Test func `what is not known is for admins`() {
        for target in ["Baton.Nonsense", "Nonsense", "", "."] { #expect(OperationKind(target: target) == .managing) }
        for target in ["Baton.ListTasks", "Baton.ListQueues", "Baton.ServerInfo"] {
            #expect(OperationKind(target: target) == .reading)
        }
    }

    static let allowed: [(Role, Set<OperationKind>)] = [
        (.admin, [.reading, .running, .working, .managing]), (.operator, [.reading, .running]),
        (.worker, [.working]), (.reader, [.reading]),
    ]

    @Test(arguments: allowed)
    func `a role may what it says`(_ role: Role, _ kinds: Set<OperationKind>) {
        let principal = Principal(name: "x", roles: [role])
        for target in Self.all {
            let isOwnActivity = role == .worker && target.hasSuffix("DescribeActivity")
            #expect(
                principal.may(target) == (kinds.contains(OperationKind(target: target)) || isOwnActivity), "\(target)")
        }
    }

    @Test func `roles add up`() {
        let principal = Principal(name: "x", roles: [.worker, .reader])
        #expect(principal.may("AWSStepFunctions.GetActivityTask") && principal.may("AWSStepFunctions.ListActivities"))
        #expect(!principal.may("AWSStepFunctions.StartExecution"))
    }

    static let activities: [(String, Bool)] = [
        ("charge", true), ("charge2", false), ("mail-", true), ("mail-welcome", true), ("mail", false), ("", false),
        ("xcharge", false),
    ]

    @Test(arguments: activities)
    func `a worker's key can be for some activities`(_ name: String, _ isOpen: Bool) {
        let principal = Principal(name: "x", roles: [.worker], activities: ["charge", "mail-*"])
        let arn = "arn:aws:states:us-east-1:000000000000:activity:\(name)"
        #expect(principal.may("AWSStepFunctions.GetActivityTask", activity: arn) == isOpen)
        #expect(principal.may("AWSStepFunctions.DescribeActivity", activity: arn) == isOpen)
        #expect(principal.may("AWSStepFunctions.SendTaskSuccess"))
        #expect(!principal.seesTaskTokens)
    }
}
