package import JSONValue

/// What the paths of a state may refer to.
package struct PathScope: Sendable {
    /// `$`: input or result, whatever the field is about.
    package var document: JSON
    /// `$$`: the context object.
    package var context: JSON
    /// `$name`: the variables that are visible to the state.
    package var variables: JSONObject
    /// What the evaluation takes its steps from; nil where it is held to the limits of one path alone.
    // Proof: whoever sets it evaluates on its own thread, and keeps scope and meter to that.
    nonisolated(unsafe) package var meter: WorkMeter?

    package init(
        document: JSON, context: JSON = .null, variables: JSONObject = JSONObject(), meter: WorkMeter? = nil
    ) {
        self.document = document
        self.context = context
        self.variables = variables
        self.meter = meter
    }

    package init(document: JSON, context: JSON, variables: [String: JSON]) {
        self.init(document: document, context: context, variables: JSONObject(variables.map { ($0.key, $0.value) }))
    }
}
