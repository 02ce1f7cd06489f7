import Interpreter
import JSONValue
import Testing

/// States with JSONata: what their expressions see, and what comes of them when they fail.
@Suite struct ExpressionTests {
    /// One state with JSONata; `fields` without the braces.
    private func jsonata(_ fields: String, more: String = "") -> String {
        "{\"QueryLanguage\":\"JSONata\"," + machine(fields, more: more).dropFirst()
    }

    @Test(arguments: [
        (#""Output":"{% $states.input.a + 1 %}","#, "2"),
        (
            #""Output":{"k.$":["{% $states.context.State.Name %}"," {% no %} ",null]},"#,
            #"{"k.$":["S"," {% no %} ",null]}"#
        ),
        ("", #"{"a":1}"#),
        (#""Output":"{% $hash('x', 'MD5') %}","#, #""9dd4e461268c8034f5c8564e155c67a6""#),
        (#""Output":"{% $random(42) %}","#, "0.7275636800328681"),
        (#""Output":"{% 1/0 %}","#, #""Infinity""#),
        (#""Output":"{% ($x := 1; $x + 1) %}","#, "2"),
        (#""Output":"{% [1..3] %}","#, "[1,2,3]"),
        (#""Output":"{% null %}","#, "null"),
    ])
    func `expressions make the output`(fields: String, output: String) throws {
        let world = try play(jsonata("\"Type\":\"Pass\",\(fields)\"End\":true"), ["a": 1])
        #expect(world.cause == nil)
        #expect(world.output == (try JSON(parsing: output)))
    }

    @Test(arguments: [
        (
            #""Type":"Pass","Output":{"a":[1,"{% $x %}"]},"End":true"#, "Output/a[1]",
            "The JSONata expression '$x' specified for the field 'Output/a[1]' returned nothing (undefined)."
        ),
        (
            #""Type":"Pass","Assign":{"f":"{% function($a){$a} %}"},"End":true"#, "Assign/f",
            "The JSONata expression 'function($a){$a}' specified for the field 'Assign/f' returned an unsupported "
                + "result type."
        ),
        (
            #""Type":"Choice","Choices":[{"Condition":false,"Next":"T"},{"Condition":"{% 1 %}","Next":"T"}]"#,
            "Choices[1]/Condition",
            "The JSONata expression '1' specified for the field 'Choices[1]/Condition' returned an unexpected result "
                + "type. Expected 'boolean', but was 'number' for value: 1"
        ),
        (
            #""Type":"Choice","Choices":[{"Condition":"{% true %}","Output":"{% $x %}","Next":"T"}]"#,
            "Choices[0]/Output",
            "The JSONata expression '$x' specified for the field 'Choices[0]/Output' returned nothing (undefined)."
        ),
        (
            #""Type":"Fail","Error":"{% 1 %}""#, "Error",
            "The JSONata expression '1' specified for the field 'Error' returned an unexpected result type. Expected "
                + "'string', but was 'number' for value: 1"
        ),
        (
            #""Type":"Wait","Seconds":"{% 1.5 %}","End":true"#, "Seconds",
            "The field 'Seconds' must be a whole number from 0 to 99999999 but was: 1.5"
        ),
        (
            #""Type":"Pass","Output":"{% $eval('1') %}","End":true"#, "Output",
            "The JSONata expression '$eval('1')' specified for the field 'Output' threw an error during evaluation. "
                + "T1006: Attempted to invoke a non-function"
        ),
        (
            #""Type":"Pass","Output":"{% ($f := function(){$f()}; $f()) %}","End":true"#, "Output",
            "The JSONata expression '($f := function(){$f()}; $f())' specified for the field 'Output' threw an error "
                + "during evaluation: Expression evaluation timeout: Check for infinite loop"
        ),
    ])
    func `a failed evaluation tells why and where`(fields: String, field: String, cause: String) throws {
        var limits = InterpreterLimits()
        limits.expressionSteps = 100_000
        let world = try play(
            jsonata(fields, more: fields.contains("\"T\"") ? "\"T\":{\"Type\":\"Succeed\"}" : ""), ["a": 1],
            limits: limits)
        let sentence = "An error occurred while executing the state 'S' (entered at the event id #2). "
        #expect(world.error == "States.QueryEvaluationError")
        #expect(world.cause == sentence + cause)
        #expect(
            world.details("EvaluationFailed") == [
                "error": "States.QueryEvaluationError", "cause": .string(sentence + cause), "state": "S",
                "location": .string(field),
            ])
    }

    @Test func `a task's failed evaluations are retried and caught`() throws {
        let fields =
            function
            + #","Arguments":"{% $states.input %}","Output":"{% $states.result.none %}","Assign":{"v":1},"#
            + #""Retry":[{"ErrorEquals":["States.QueryEvaluationError"],"MaxAttempts":1}],"#
            + #""Catch":[{"ErrorEquals":["States.QueryEvaluationError"],"Assign":{"e":"{% $states.errorOutput.Error %}"},"#
            + #""Output":{"in":"{% $states.input %}"},"Next":"T"}],"End":true"#
        let world = try play(
            jsonata(
                fields,
                more: #""T":{"Type":"Pass","Output":["{% $states.input %}","{% $e %}","{% $exists($v) %}"],"End":true}"#
            ),
            ["a": 1], functions: { _, input, _ in .success(input) })
        #expect(world.output == [["in": ["a": 1]], "States.QueryEvaluationError", false])
        #expect(world.types.count { $0 == "EvaluationFailed" } == 2)
        #expect(world.types.count { $0 == "LambdaFunctionSucceeded" } == 2)
    }

    @Test func `what a Catcher fails with is for the states around`() throws {
        let inner =
            function + #","Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $none %}","Next":"U"}],"Next":"U""#
        let fields =
            #""Type":"Parallel","Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $states.errorOutput.Error %}","Next":"T"}],"#
            + #""Branches":[{"StartAt":"B","States":{"B":{\#(inner)},"U":{"Type":"Succeed"}}}],"Next":"T""#
        let world = try play(jsonata(fields, more: #""T":{"Type":"Succeed"}"#))
        #expect(world.output == "States.QueryEvaluationError")
        #expect(world.details("EvaluationFailed")?["location"] == "Catch[0]/Output")
    }

    @Test func `a Map fails with its items' selector, and ends what has begun`() throws {
        let processor = #"{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":10,"End":true}}}"#
        let fields =
            #""Type":"Map","Items":"{% $states.input.items %}","ItemSelector":"{% $states.context.Map.Item.Value > 1 ? $none : 1 %}","#
            + #""ItemProcessor":\#(processor),"Catch":[{"ErrorEquals":["States.ALL"],"Next":"T"}],"End":true"#
        let world = try play(jsonata(fields, more: #""T":{"Type":"Pass","Output":1,"End":true}"#), ["items": [1, 2]])
        #expect(world.output == 1)
        #expect(world.types.contains("MapStateFailed"))
    }

    @Test func `time and chance are the step's`() throws {
        let definition = jsonata(
            #""Type":"Pass","Output":["{% $now() %}","{% $millis() %}","{% $random() %}","{% $uuid() %}"],"End":true"#)
        let one = try play(definition, seed: 7)
        let two = try play(definition, seed: 7)
        let other = try play(definition, seed: 8)
        #expect(one.output == two.output)
        #expect(one.output != other.output)
        #expect(one.output?.arrayValue?.first == .string(one.execution.identity.startedAt.rfc3339))
    }

    @Test func `a token is seen in the arguments`() throws {
        let fields =
            #""Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","TimeoutSeconds":"{% 5 %}","#
            + #""HeartbeatSeconds":"{% 3 %}","Arguments":{"FunctionName":"f","Payload":"{% $states.context.Task.Token %}"},"#
            + #""End":true"#
        let world = try play(jsonata(fields), functions: { _, input, _ in .success(input) })
        #expect(world.scheduled.first.map { .string($0.token.text) } == world.scheduled.first?.input)
        #expect(world.scheduled.first?.timeoutSeconds == 5 && world.scheduled.first?.heartbeatSeconds == 3)
    }
}
