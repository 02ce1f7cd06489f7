package import Interpreter

/// Map runs, as DescribeMapRun and ListMapRuns show them.
extension Catalog {
    package func describeMapRun(arn: String) async throws(ServiceError) -> MapRunRecord {
        try StatesARN.expect(.mapRun, in: arn)
        guard let record = try await read({ store throws(StoreError) in try await store.mapRun(arn: arn) }) else {
            throw ServiceError(.resourceNotFound, "Map Run does not exist: '\(arn)'")
        }
        return record
    }

    /// Newest first.
    package func listMapRuns(
        executionARN: String, after cursor: PageCursor?, limit: Int
    ) async throws(ServiceError) -> Page<MapRunRecord> {
        let key = try await describeExecution(arn: executionARN).identity.key
        return try await read { store throws(StoreError) in
            try await store.mapRuns(execution: key, after: cursor, limit: limit)
        }
    }

    /// The children of a map run, newest first.
    package func listExecutions(
        mapRunARN: String, status: ExecutionStatus?, redriven: Bool?, after cursor: PageCursor?, limit: Int
    ) async throws(ServiceError) -> Page<ExecutionRecord> {
        let run = try await describeMapRun(arn: mapRunARN)
        let filter = ExecutionFilter(status: status, redriven: redriven, mapRun: run.number)
        return try await read { store throws(StoreError) in
            try await store.executions(filter, after: cursor, limit: limit)
        }
    }
}
