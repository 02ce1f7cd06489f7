/// A state machine, decoded and checked: everything an interpreter needs, compiled once.
///
/// Follows the Amazon States Language specification, https://states-language.net/spec.html.
package final class StateMachineDefinition: Sendable {
    package let comment: String?
    package let queryLanguage: QueryLanguage
    /// The whole execution's limit, in seconds.
    package let timeoutSeconds: Int?
    package let states: StatesBlock
    /// The names of the variables that a state refers to, in order, by the state's name; states without any are left
    /// out. It is what DescribeStateMachine calls `variableReferences`.
    package let variableReferences: [String: [String]]
    /// Whether something in it may take long to evaluate: an expression, a path that searches, a function.
    package let hasCostlyFields: Bool

    package init(
        comment: String?, queryLanguage: QueryLanguage, timeoutSeconds: Int?, states: StatesBlock,
        variableReferences: [String: [String]] = [:], hasCostlyFields: Bool = true
    ) {
        self.comment = comment
        self.queryLanguage = queryLanguage
        self.timeoutSeconds = timeoutSeconds
        self.states = states
        self.variableReferences = variableReferences
        self.hasCostlyFields = hasCostlyFields
    }
}

package enum QueryLanguage: String, Sendable {
    case jsonPath = "JSONPath"
    case jsonata = "JSONata"
}

/// A `States` object with its `StartAt`: the machine's own, a Parallel branch or a Map's item processor.
/// It is one scope: transitions never leave it.
package final class StatesBlock: Sendable {
    package let startAt: String
    package let states: [String: State]
    /// As they are written.
    private let inOrder: [State]

    package init(startAt: String, states: [String: State]) {
        self.startAt = startAt
        self.states = states
        inOrder = states.values.sorted { $0.position < $1.position }
    }

    /// The state of this name. It is looked for first where most definitions have it: behind the one before.
    package func state(_ name: String, after previous: State?) -> State? {
        let position = previous.map { $0.position + 1 } ?? 0
        if position < inOrder.count, inOrder[position].name == name { return inOrder[position] }
        return states[name]
    }
}
