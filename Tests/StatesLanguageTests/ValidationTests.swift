import StatesLanguage
import Testing

@Suite struct ValidationTests {
    @Test(
        arguments: [everyState, templates, waitAndFail, tasks, errorHandling, choices, containers].flatMap { $0 })
    func `a broken state is reported with its place`(_ rule: Rule) {
        #expect(errors(in: machine(rule.fields)) == rule.expected)
    }

    @Test(arguments: choiceRules)
    func `a broken Choice rule is reported with its place`(_ rule: Rule) {
        let text = machine(
            #""Type": "Choice", "Choices": [\#(rule.fields)], "Default": "B""#, others: #", "B": {"Type": "Succeed"}"#)
        #expect(errors(in: text) == rule.expected)
    }

    @Test(arguments: machines)
    func `a broken machine is reported with its place`(_ rule: Rule) {
        #expect(errors(in: rule.fields) == rule.expected)
    }

    @Test func `text that is not JSON is reported with line and column`() throws {
        let (definition, findings) = StateMachineDefinition.validate("{\n  \"StartAt\": \"A\",\n  oops\n}")
        #expect(definition == nil)
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.code == "INVALID_JSON_DESCRIPTION")
        #expect((finding.line, finding.column) == (3, 3))
    }

    @Test func `every problem of a definition is found in one run`() {
        let text = """
            {
              "StartAt": "Nowhere",
              "States": {
                "A": {"Type": "Wait", "Next": "B"},
                "B": {"Type": "Choice", "Choices": [{"Variable": "x", "IsNull": true, "Next": "C"}]},
                "D": {"Type": "Map", "End": true, "Iterator": {"StartAt": "E", "States": {"E": {"Type": "Nap"}}}}
              }
            }
            """
        #expect(errors(in: text).count == 7)
    }

    @Test func `a pointer is kept beside AWS's location`() throws {
        let text = machine(#""Type": "Parallel", "End": true, "Branches": [{"StartAt": "b/~", "States": {"b/~": 1}}]"#)
        let finding = try #require(StateMachineDefinition.validate(text).diagnostics.first)
        #expect(finding.location == "/States/A/Branches[0]/States/b/~")
        #expect(finding.pointer == "/States/A/Branches/0/States/b~1~0")
        #expect(finding.line == 2)
    }

    @Test func `an Express machine has no activities and does not wait for jobs or tokens`() {
        func express(_ resource: String) -> [String] {
            errors(in: machine(#""Type": "Task", "End": true, "Resource": "\#(resource)""#), type: .express)
        }
        #expect(
            express("arn:aws:states:us-east-1:000000000000:activity:a") == [
                "\(schema): Express state machine does not support Activity ARN @ /States/A/Resource 2:42"
            ])
        #expect(
            express("arn:aws:states:::states:startExecution.sync") == [
                "\(schema): Express state machine does not support '.sync' service integration "
                    + "@ /States/A/Resource 2:42"
            ])
        #expect(
            express("arn:aws:states:::sns:publish.waitForTaskToken") == [
                "\(schema): Express state machine does not support '.waitForTaskToken' service integration  "
                    + "@ /States/A/Resource 2:42"
            ])
    }

    @Test func `warnings do not refuse a definition`() throws {
        let text = machine(
            #"\#(activity), "End": true, "Parameters": {"a": "$.b"}, "Retry": [{"ErrorEquals": ["States.Timout"]}]"#)
        let (definition, findings) = StateMachineDefinition.validate(text)
        #expect(definition != nil)
        #expect(findings.map(\.code) == ["UNKNOWN_ERROR_NAME", "NO_DOLLAR"])
        #expect(findings.allSatisfy { $0.severity == .warning })
        _ = try StateMachineDefinition.compile(text)
    }

    @Test func `the error's text is AWS's`() {
        let text = #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Z"}}}"#
        let error = #expect(throws: InvalidDefinition.self) { try StateMachineDefinition.compile(text) }
        #expect(
            error?.awsMessage == """
                Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at \
                /States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null'
                """)
    }

    @Test func `blocks nested too deeply are refused, not followed`() {
        var text = #"{"StartAt": "s0", "States": {"s0": {"Type": "Succeed"}}}"#
        for level in 1...60 {
            let state = #"{"Type": "Parallel", "End": true, "Branches": [\#(text)]}"#
            text = #"{"StartAt": "s\#(level)", "States": {"s\#(level)": \#(state)}}"#
        }
        let codes = StateMachineDefinition.validate(text).diagnostics.map(\.code)
        #expect(codes == ["TOO_DEEPLY_NESTED"])
    }

    @Test func `values nested as deeply as JSON may be are followed`() {
        let depth = 500
        let nested = String(repeating: #"{"a": ["#, count: depth / 2) + "1" + String(repeating: "]}", count: depth / 2)
        let text = machine(#""Type": "Pass", "End": true, "Parameters": \#(nested), "Result": \#(nested)"#)
        #expect(errors(in: text) == [])
    }
}
