package import JSONValue
package import StatesLanguage

/// What was seen of a state on its way: its data at each stage, and what it decided.
package struct InspectionRecord: Sendable {
    /// The points at which data flow changes something, in their order. States in JSONata pass the same points; most
    /// change nothing there.
    package enum Stage: String, Sendable, Hashable, CaseIterable {
        case afterInputPath, afterParameters
        /// The items of a Map; those that its ItemSelector made; those that its ItemBatcher made of them.
        case afterItemsPath, afterItemSelector, afterItemBatcher
        case result, afterResultSelector, afterResultPath
    }

    package internal(set) var stages: [Stage: JSON] = [:]
    /// What a Task would call.
    package internal(set) var call: Call?
    /// The figures of a Map that got as far as that.
    package internal(set) var plan: JournalEvent.MapPlan?
    /// What the state, or an attempt of it, failed with.
    package internal(set) var failure: StateFailure?
    /// The entries of `Retry` and `Catch` that the failure is for.
    package internal(set) var retrier: Int?
    package internal(set) var catcher: Int?
    /// Seconds until the next attempt; nil where there is none.
    package internal(set) var retryDelaySeconds: Double?

    /// One call of a Task, as it would be made.
    package struct Call: Sendable {
        package var resource: TaskResource
        package var parameters: JSON
        package var timeoutSeconds: Int?
        package var heartbeatSeconds: Int?
    }
}
