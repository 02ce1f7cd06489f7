import JSONValue
import Orchestrator

/// The API as a table from `X-Amz-Target` to what it does.
struct OperationTable<Store: ExecutionStore>: Sendable {
    let catalog: Catalog<Store>
    let engine: any ExecutionEngine
    let surroundings: Surroundings
    let tokens: PageTokens
    let polls: LongPolls

    func all() -> [String: Operation] {
        var table: [String: Operation] = [:]
        for group in [
            stateMachineOperations, versionOperations, aliasOperations, executionOperations, mapRunOperations,
            expressOperations,
            activityOperations, taskOperations, tagOperations, testStateOperations,
        ] {
            for (name, operation) in group { table["AWSStepFunctions.\(name)"] = operation }
        }
        for (name, operation) in batonOperations.merging(logOperations, uniquingKeysWith: { $1 }) {
            table["Baton.\(name)"] = operation
        }
        return table
    }

    /// One page of a listing as AWS shapes it: the items under `member`, and `nextToken` where there is more.
    func list<Item: Sendable>(
        _ fields: Fields, member: String, scope: [String],
        _ page: (PageCursor?, Int) async throws(ServiceError) -> Page<Item>,
        show: (Item) -> JSON
    ) async throws(ServiceError) -> Reply {
        let (cursor, limit) = try position(fields, scope: scope)
        let page = try await page(cursor, limit)
        return Reply(
            JSON(members: [
                (member, .array(page.items.map(show))),
                ("nextToken", JSON(optional: page.next.map { tokens.make(for: $0, in: scope) })),
            ]))
    }

    /// Where a listing goes on, and how many items it may hold: 100 unless the request says so, and 0 says nothing.
    func position(_ fields: Fields, scope: [String]) throws(ServiceError) -> (cursor: PageCursor?, limit: Int) {
        let wanted = fields.integer("maxResults") ?? 0
        var cursor: PageCursor?
        if let token = fields.string("nextToken") { cursor = try tokens.read(token, in: scope) }
        return (cursor, wanted == 0 ? 100 : wanted)
    }
}
