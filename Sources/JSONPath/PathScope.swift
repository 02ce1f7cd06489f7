package import JSONValue

/// What the paths of a state may refer to.
package struct PathScope: Sendable {
    /// `$`: input or result, whatever the field is about.
    package var document: JSON
    /// `$$`: the context object.
    package var context: JSON
    /// `$name`: the variables that are visible to the state.
    package var variables: JSONObject

    package init(document: JSON, context: JSON = .null, variables: JSONObject = JSONObject()) {
        self.document = document
        self.context = context
        self.variables = variables
    }

    package init(document: JSON, context: JSON, variables: [String: JSON]) {
        self.init(document: document, context: context, variables: JSONObject(variables.map { ($0.key, $0.value) }))
    }
}
