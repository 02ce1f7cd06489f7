import JSONValue
import Testing

@Suite struct ChoiceTests {
    @Test(arguments: [
        (#""Variable":"$.a","NumericEquals":1"#, #"{"a":1.0}"#, true),
        (#""Variable":"$.a","NumericEquals":1"#, #"{"a":"1"}"#, false),
        (#""Variable":"$.a","NumericLessThan":2"#, #"{"a":1.5}"#, true),
        (#""Variable":"$.a","NumericGreaterThanEqualsPath":"$.b""#, #"{"a":2,"b":2}"#, true),
        (#""Variable":"$.a","StringLessThan":"b""#, #"{"a":"a"}"#, true),
        (#""Variable":"$.a","StringGreaterThan":"B""#, #"{"a":"b"}"#, true),
        (#""Variable":"$.a","StringEqualsPath":"$.b""#, #"{"a":"x","b":"x"}"#, true),
        (#""Variable":"$.a","StringEqualsPath":"$.b""#, #"{"a":"x","b":1}"#, false),
        (#""Variable":"$.a","StringMatches":"log-*.txt""#, #"{"a":"log-2020.txt"}"#, true),
        (#""Variable":"$.a","StringMatches":"a\\*""#, #"{"a":"ab"}"#, false),
        (#""Variable":"$.a","BooleanEquals":true"#, #"{"a":true}"#, true),
        (#""Variable":"$.a","BooleanEquals":true"#, #"{"a":"true"}"#, false),
        (#""Variable":"$.a","TimestampLessThan":"2024-01-01T00:00:00Z""#, #"{"a":"2023-12-31T23:59:59Z"}"#, true),
        (#""Variable":"$.a","TimestampEquals":"2024-01-01T00:00:00Z""#, #"{"a":"2024-01-01T01:00:00+01:00"}"#, true),
        (#""Variable":"$.a","IsNull":true"#, #"{"a":null}"#, true),
        (#""Variable":"$.a","IsPresent":false"#, #"{"b":null}"#, true),
        (#""Variable":"$.a","IsPresent":true"#, #"{"a":null}"#, true),
        (#""Variable":"$.a","IsNumeric":true"#, #"{"a":1}"#, true),
        (#""Variable":"$.a","IsString":false"#, #"{"a":1}"#, true),
        (#""Variable":"$.a","IsBoolean":true"#, #"{"a":false}"#, true),
        (#""Variable":"$.a","IsTimestamp":true"#, #"{"a":"2024-01-01T00:00:00Z"}"#, true),
        (#""Not":{"Variable":"$.a","IsNull":true}"#, #"{"a":1}"#, true),
        (#""And":[{"Variable":"$.a","IsNumeric":true},{"Variable":"$.a","NumericGreaterThan":0}]"#, #"{"a":1}"#, true),
        (#""Or":[{"Variable":"$.a","IsNull":true},{"Variable":"$.a","NumericEquals":2}]"#, #"{"a":1}"#, false),
        // What comes after the decision is not looked at.
        (#""Or":[{"Variable":"$.a","IsNumeric":true},{"Variable":"$.no","NumericEquals":2}]"#, #"{"a":1}"#, true),
        (#""Variable":"$$.Execution.Name","StringEquals":"run""#, "{}", true),
    ])
    func `conditions hold`(_ condition: String, _ input: String, _ holds: Bool) throws {
        let world = try play(
            machine(
                #""Type":"Choice","Choices":[{\#(condition),"Next":"Yes"}],"Default":"No""#,
                more: #""Yes":{"Type":"Pass","Result":true,"End":true},"No":{"Type":"Pass","Result":false,"End":true}"#),
            try JSON(parsing: input))
        #expect(world.output == .bool(holds))
    }

    @Test func `a missing variable is an error`() throws {
        let world = try play(
            machine(
                #""Type":"Choice","Choices":[{"Variable":"$.x","NumericEquals":1,"Next":"Yes"}],"Default":"Yes""#,
                more: #""Yes":{"Type":"Succeed"}"#))
        #expect(world.error == "States.Runtime")
        #expect(
            world.cause == "An error occurred while executing the state 'S' (entered at the event id #2). Invalid path "
                + "'$.x': The choice state's condition path references an invalid value.")
        #expect(world.types == ["ExecutionStarted", "ChoiceStateEntered", "ExecutionFailed"])
        #expect(world.previousIDs == [0, 0, 2])
    }

    @Test func `without a rule that holds and a Default, there is nowhere to go`() throws {
        let world = try play(
            machine(
                #""Type":"Choice","Choices":[{"Variable":"$","IsNull":true,"Next":"Yes"}]"#,
                more: #""Yes":{"Type":"Succeed"}"#))
        #expect(
            world.cause == "An error occurred while executing the state 'S' (entered at the event id #2). Failed to "
                + "transition out of the state. The state does not point to a next state.")
    }
}
