import Interpreter
import JSONValue
import Testing

@Suite struct DataFlowTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var fields: String
        var input: String
        /// The output, or the cause without the sentence that names the state.
        var expected: String
        var testDescription: String { "\(fields) \(input)" }
    }

    @Test(arguments: [
        Example(fields: "", input: #"{"a":1}"#, expected: #"{"a":1}"#),
        Example(fields: #""Result":{"b":2},"#, input: #"{"a":1}"#, expected: #"{"b":2}"#),
        Example(fields: #""Result":2,"ResultPath":"$.b","#, input: #"{"a":1}"#, expected: #"{"a":1,"b":2}"#),
        Example(fields: #""Result":2,"ResultPath":null,"#, input: #"{"a":1}"#, expected: #"{"a":1}"#),
        Example(fields: #""Result":2,"ResultPath":"$.x.y","#, input: #"{"a":1}"#, expected: #"{"a":1,"x":{"y":2}}"#),
        Example(fields: #""InputPath":"$.a","#, input: #"{"a":{"b":1}}"#, expected: #"{"b":1}"#),
        Example(fields: #""InputPath":null,"#, input: #"{"a":1}"#, expected: "{}"),
        Example(fields: #""OutputPath":"$.a","#, input: #"{"a":[1,2]}"#, expected: "[1,2]"),
        Example(fields: #""OutputPath":null,"#, input: #"{"a":1}"#, expected: "{}"),
        // ResultPath goes into the raw input, not into what InputPath made of it.
        Example(
            fields: #""InputPath":"$.a","ResultPath":"$.r","#, input: #"{"a":{"b":1}}"#,
            expected: #"{"a":{"b":1},"r":{"b":1}}"#),
        Example(
            fields: #""Parameters":{"x.$":"$.a","y":["$.a"],"n.$":"$$.State.Name"},"#, input: #"{"a":1}"#,
            expected: #"{"x":1,"y":["$.a"],"n":"S"}"#),
        Example(
            fields: #""Parameters":{"x.$":"States.Array($.a,'b')"},"#, input: #"{"a":1}"#,
            expected: #"{"x":[1,"b"]}"#),
        Example(
            fields: #""Parameters":{"x.$":"$.no"},"#, input: #"{"a":1}"#,
            expected: #"The JSONPath '$.no' specified for the field 'x.$' could not be found in the input '{"a":1}'"#),
        Example(
            fields: #""InputPath":"$.no","#, input: #"{"a":1}"#,
            expected: "Invalid path '$.no' : No results for path: $['no']"),
        Example(
            fields: #""OutputPath":"$.no","#, input: #"{"a":1}"#,
            expected: "Invalid path '$.no' : No results for path: $['no']"),
    ])
    func `a Pass state moves data`(_ example: Example) throws {
        let world = try play(
            machine(#""Type":"Pass",\#(example.fields)"End":true"#), try JSON(parsing: example.input))
        if let output = world.output {
            #expect(output.serialized() == example.expected)
        } else {
            #expect(world.error == "States.Runtime")
            #expect(
                world.cause == "An error occurred while executing the state 'S' (entered at the event id #2). "
                    + example.expected)
        }
    }

    @Test func `a Task's result goes through ResultSelector, ResultPath and OutputPath`() throws {
        let world = try play(
            machine(
                #"\#(function),"InputPath":"$.in","Parameters":{"p.$":"$.x"},"ResultSelector":{"s.$":"$.p"},"#
                    + #""ResultPath":"$.out","OutputPath":"$.out","End":true"#),
            ["in": ["x": 5]]
        ) { _, input, _ in .success(input) }
        #expect(world.output == ["s": 5])
        #expect(world.scheduled.first?.input == ["p": 5])
    }

    @Test func `the context object has what AWS's has`() throws {
        let world = try play(machine(#""Type":"Pass","Parameters":{"c.$":"$$"},"End":true"#), ["a": 1])
        let expected = try JSON(
            parsing: """
                {"Execution": {"Id": "arn:aws:states:us-east-1:123456789012:execution:machine:run", "Input": {"a": 1},
                "StartTime": "2023-11-14T22:13:20.123Z", "Name": "run",
                "RoleArn": "arn:aws:iam::123456789012:role/test", "RedriveCount": 0}, "StateMachine":
                {"Id": "arn:aws:states:us-east-1:123456789012:stateMachine:machine", "Name": "machine"},
                "State": {"Name": "S", "EnteredTime": "2023-11-14T22:13:20.123Z"}}
                """)
        #expect(world.output?["c"] == expected)
    }

    @Test func `too large an output fails the state`() throws {
        var limits = InterpreterLimits()
        limits.payloadBytes = 20
        let world = try play(machine(#""Type":"Pass","Result":"0123456789012345678","End":true"#), limits: limits)
        #expect(world.error == "States.DataLimitExceeded")
        #expect(
            world.cause
                == "The state/task 'S' returned a result with a size exceeding the maximum number of bytes service limit."
        )
        let text = String(repeating: "0", count: 18)
        let fits = try play(machine(#""Type":"Pass","Result":"\#(text)","End":true"#), limits: limits)
        #expect(fits.output != nil)
    }
}
