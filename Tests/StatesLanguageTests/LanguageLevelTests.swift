import StatesLanguage
import Testing

@Suite struct LanguageLevelTests {
    @Test func `the release of JSONata decides which expressions there are`() {
        let definition = #"""
            {"QueryLanguage": "JSONata", "StartAt": "S", "States": {
                "S": {"Type": "Pass", "Output": "{% $states.input.a ?? 1 %}", "End": true}}}
            """#
        #expect(throws: InvalidDefinition.self) { try StateMachineDefinition.compile(definition) }
        #expect(throws: Never.self) { try StateMachineDefinition.compile(definition, support: .newest) }
    }
}
