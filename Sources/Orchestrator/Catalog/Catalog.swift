package import Interpreter
package import JSONValue
package import StatesLanguage

/// Everything about the service but running executions: state machines, activities, and what can be read.
///
/// Writes go through the engine, which is the only writer, and are on disk when a call returns. Reads see a snapshot of
/// their own. Refusals carry AWS's error names and, where they are known from recordings, AWS's words.
package struct Catalog<Store: ExecutionStore>: Sendable {
    package let identity: AccountIdentity
    let engine: any ExecutionEngine
    let store: Store
    let queues: ActivityQueues
    let clock: @Sendable () -> Timestamp
    let makeUUID: @Sendable () -> String
    package let support: LanguageSupport
    private let recentCounts = RecentCounts()

    /// - Parameters:
    ///   - queues: keeps the broker's queues in step with the activities.
    ///   - clock: the time of what is created.
    ///   - makeUUID: gives revisions their ids.
    ///   - support: what definitions may contain.
    package init(
        engine: any ExecutionEngine, store: Store, identity: AccountIdentity = AccountIdentity(),
        queues: ActivityQueues, clock: @escaping @Sendable () -> Timestamp,
        makeUUID: @escaping @Sendable () -> String = RandomUUID.make, support: LanguageSupport = .current
    ) {
        self.engine = engine
        self.store = store
        self.identity = identity
        self.queues = queues
        self.clock = clock
        self.makeUUID = makeUUID
        self.support = support
    }

    /// Reads from the store; its failures become the service's.
    func read<Value: Sendable>(
        _ body: (Store) async throws(StoreError) -> Value
    ) async throws(ServiceError) -> Value {
        do throws(StoreError) {
            return try await body(store)
        } catch {
            throw ServiceError(.serviceUnavailable, "The database cannot be read: \(error.message)")
        }
    }

    /// May be old by some twenty times of what counting takes.
    package func counts() async throws(ServiceError) -> StoreCounts {
        try await read { store throws(StoreError) in try await recentCounts.value(of: store) }
    }

    /// Open tasks, oldest first.
    package func openTasks(after cursor: PageCursor?, limit: Int) async throws(ServiceError) -> Page<TaskRow> {
        try await read { store throws(StoreError) in try await store.openTasks(after: cursor, limit: limit) }
    }
}

/// What the catalog tells the broker. Both return at once.
package struct ActivityQueues: Sendable {
    package var declare: @Sendable ([ScheduledTask.Target]) -> Void
    package var remove: @Sendable (ScheduledTask.Target) -> Void

    package init(
        declare: @escaping @Sendable ([ScheduledTask.Target]) -> Void,
        remove: @escaping @Sendable (ScheduledTask.Target) -> Void
    ) {
        self.declare = declare
        self.remove = remove
    }
}
