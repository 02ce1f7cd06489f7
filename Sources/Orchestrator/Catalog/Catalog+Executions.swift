package import Interpreter
package import JSONValue

/// What DescribeStateMachineForExecution shows: the machine as the execution runs it.
package struct ExecutionStateMachine: Sendable {
    package var arn: String
    package var name: String
    package var revision: StateMachineRevision
    package var settings: StateMachineSettings
}

/// A stretch of an execution's history.
package struct HistoryPage: Sendable {
    /// AWS's HistoryEvents.
    package var events: [JSON]
    /// The id of the last event shown; nil on the last page.
    package var next: Int?
}

extension Catalog {
    package func describeExecution(arn: String) async throws(ServiceError) -> ExecutionRecord {
        try StatesARN.expect(.execution, .express, in: arn)
        guard let record = try await read({ store throws(StoreError) in try await store.execution(arn: arn) }) else {
            // Express executions are kept nowhere, and AWS refuses their ARNs rather than not to find them.
            try StatesARN.expect(.execution, in: arn)
            throw ServiceError(.executionDoesNotExist, "Execution Does Not Exist: '\(arn)'")
        }
        return record
    }

    /// Also for a machine that was changed or deleted since.
    package func describeStateMachineForExecution(
        arn: String
    ) async throws(ServiceError) -> ExecutionStateMachine {
        let execution = try await describeExecution(arn: arn)
        let machineARN = execution.identity.stateMachineARN
        let revision = try await read { store throws(StoreError) in
            try await store.revision(number: execution.revision)
        }
        guard let revision else { throw Self.noStateMachine(machineARN) }
        return ExecutionStateMachine(
            arn: machineARN, name: execution.identity.stateMachineName, revision: revision,
            settings: StateMachineSettings(stored: revision.settings))
    }

    /// Newest first. The ARN of a version or of an alias lists what was started from it.
    package func listExecutions(
        stateMachineARN: String, status: ExecutionStatus?, redriven: Bool? = nil, after cursor: PageCursor?, limit: Int
    ) async throws(ServiceError) -> Page<ExecutionRecord> {
        let (machineARN, qualifier) = try StatesARN.stateMachine(stateMachineARN)
        var filter = ExecutionFilter(stateMachineARN: machineARN, status: status, redriven: redriven)
        let kind: StateMachineRecord.Kind
        switch qualifier {
        case nil: kind = try await describeStateMachine(arn: machineARN).kind
        case .version(let number):
            filter.version = number
            kind = try await describeVersion(stateMachineARN: machineARN, number: number).machine.kind
        case .alias(let name):
            filter.alias = name
            let alias = try await read { store throws(StoreError) in
                try await store.alias(stateMachineARN: machineARN, name: name)
            }
            guard alias != nil else { throw Self.noStateMachine(stateMachineARN) }
            kind = try await describeStateMachine(arn: machineARN).kind
        }
        guard kind == .standard else {
            throw ServiceError.typeNotSupported
        }
        return try await read { store throws(StoreError) in
            try await store.executions(filter, after: cursor, limit: limit)
        }
    }

    /// At most `limit` events beyond the one with the id `after`; backwards when `reversed`.
    package func executionHistory(
        arn: String, after: Int?, reversed: Bool, includeExecutionData: Bool, limit: Int
    ) async throws(ServiceError) -> HistoryPage {
        let execution = try await describeExecution(arn: arn)
        let key = execution.identity.key
        let started = execution.startedThrough
        // One more than asked for tells whether there is another page.
        let rows = try await read { store throws(StoreError) in
            try await store.journal(execution: key, after: after, reversed: reversed, limit: limit + 1)
        }
        var events: [JSON] = []
        for row in reversed ? rows.sorted(by: { $0.sequence > $1.sequence }) : rows {
            let shown = try Self.history(in: row, includeExecutionData: includeExecutionData).map(started.added(to:))
            for event in reversed ? shown.reversed() : shown {
                guard let after else {
                    events.append(event)
                    continue
                }
                let id = Self.id(of: event)
                if reversed ? id < after : id > after { events.append(event) }
            }
            if events.count > limit { break }
        }
        guard events.count > limit else { return HistoryPage(events: events, next: nil) }
        let page = Array(events.prefix(limit))
        return HistoryPage(events: page, next: page.last.map(Self.id))
    }

    private static func history(in row: JournalRow, includeExecutionData: Bool) throws(ServiceError) -> [JSON] {
        do throws(JournalError) {
            return try Journal.decode(row.events).compactMap {
                History.event($0, includeExecutionData: includeExecutionData)
            }
        } catch {
            throw ServiceError(
                .internalFailure,
                "Step \(row.sequence) of execution \(row.execution) cannot be read from the journal: \(error.message)")
        }
    }

    private static func id(of event: JSON) -> Int { event["id"]?.intValue.map(Int.init) ?? 0 }
}
