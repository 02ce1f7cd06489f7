import JSONValue
import StatesLanguage

extension JSON {
    /// `variableReferences` of the answers that show a definition; nil where no state refers to a variable.
    init?(variableReferencesIn definition: String) {
        let references =
            StateMachineDefinition.validate(definition, support: .newest).definition?.variableReferences ?? [:]
        guard !references.isEmpty else { return nil }
        let members = references.sorted { $0.key < $1.key }.map { state, names in
            (state, JSON.array(names.map(JSON.string)))
        }
        self = .object(JSONObject(members))
    }
}
