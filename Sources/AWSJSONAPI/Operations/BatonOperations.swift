import Authentication
import Interpreter
import JSONValue
import Orchestrator

/// What AWS has no operation for: the view behind the scenes that `baton` shows. Same protocol, target prefix `Baton`.
extension OperationTable {
    var batonOperations: [String: Operation] {
        [
            "ListTasks": Operation(
                members: [.optional("maxResults", .pageSize), .optional("nextToken", .pageToken)], handle: listTasks),
            "ListQueues": Operation(members: [], handle: listQueues),
            "ServerInfo": Operation(members: [], handle: serverInfo),
        ]
    }

    @Sendable private func listTasks(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let tellsTokens = call.principal?.seesTaskTokens ?? true
        return try await list(fields, member: "tasks", scope: ["Baton.ListTasks"]) {
            cursor, limit throws(ServiceError) in
            try await catalog.openTasks(after: cursor, limit: limit)
        } show: { task in
            let (kind, name) = Self.describe(task.target)
            return JSON(members: [
                ("taskToken", tellsTokens ? .string(task.token) : nil),
                ("kind", .string(kind)),
                ("name", .string(name)),
                ("state", .string(task.state)),
                ("attempt", .int(Int64(task.attempt))),
                ("phase", .string("\(task.phase)")),
                ("worker", JSON(optional: task.worker)),
                ("scheduledDate", JSON(epochSeconds: task.scheduledAt)),
                ("timeoutSeconds", task.timeoutSeconds.map { .int(Int64($0)) }),
                ("heartbeatSeconds", task.heartbeatSeconds.map { .int(Int64($0)) }),
                ("executionArn", .string(task.executionARN)),
                ("stateMachineArn", .string(task.stateMachineARN)),
            ])
        }
    }

    @Sendable private func listQueues(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        guard let queues = await surroundings.queues() else {
            throw ServiceError(.serviceUnavailable, "The broker is not connected: its queues cannot be counted")
        }
        let oldest = try await oldestWaiting()
        return Reply([
            "queues": .array(
                queues.map { queue in
                    let target = Self.target(ofQueue: queue.name)
                    return JSON(members: [
                        ("name", .string(queue.name)),
                        ("messages", .int(Int64(queue.messages))),
                        ("consumers", .int(Int64(queue.consumers))),
                        ("oldestWaitingDate", oldest[target].map(JSON.init(epochSeconds:))),
                        ("unserved", queue.workload == nil ? nil : .bool(queue.isUnserved)),
                        ("arrivalsPerSecond", queue.workload.map { .double($0.arrivalsPerSecond) }),
                        ("serviceSeconds", queue.workload?.serviceSeconds.map { .double($0) }),
                        ("concurrencyNeeded", queue.concurrencyNeeded.map { .double($0) }),
                    ])
                })
        ])
    }

    /// `activity.NAME` or `function.NAME`; empty for other queues.
    static func target(ofQueue name: String) -> String {
        let parts = name.split(separator: ".")
        return parts.count < 3 ? "" : parts.dropFirst().joined(separator: ".")
    }

    /// When the longest waiting task of each target was scheduled; targets as `activity.NAME` and `function.NAME`. Looks
    /// at the tasks of the oldest executions, a thousand to a page.
    func oldestWaiting(pages: Int = 10) async throws(ServiceError) -> [String: Timestamp] {
        var oldest: [String: Timestamp] = [:]
        var cursor: PageCursor?
        for _ in 0..<pages {
            let page = try await catalog.openTasks(after: cursor, limit: 1000)
            for task in page.items where task.phase != .taken && task.worker == nil {
                let (kind, name) = Self.describe(task.target)
                let target = "\(kind).\(name)"
                oldest[target] = min(oldest[target] ?? task.scheduledAt, task.scheduledAt)
            }
            cursor = page.next
            if cursor == nil { break }
        }
        return oldest
    }

    @Sendable private func serverInfo(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let counts = try await catalog.counts()
        return Reply([
            "version": .string(surroundings.version),
            "region": .string(catalog.identity.region),
            "account": .string(catalog.identity.account),
            "broker": Health.show(surroundings.brokerStatus()),
            "limits": [
                "payloadBytes": .int(Int64(surroundings.limits.payloadBytes)),
                "definitionBytes": .int(Int64(surroundings.limits.definitionBytes)),
                "requestBytes": .int(Int64(surroundings.maximumRequestBytes)),
                "historyEvents": .int(Int64(surroundings.historyEvents)), "pageSize": 1000,
            ],
            "counts": [
                "runningExecutions": .int(Int64(counts.runningExecutions)),
                "openTasks": .int(Int64(counts.openTasks)),
                "pendingTasks": .int(Int64(counts.pendingTasks)),
                "armedTimers": .int(Int64(counts.armedTimers)),
            ],
        ])
    }

    private static func describe(_ target: ScheduledTask.Target) -> (kind: String, name: String) {
        switch target {
        case .activity(_, let name): ("activity", name)
        case .function(let name): ("function", name)
        case .service(let name, let action): ("service", "\(name):\(action)")
        }
    }
}
