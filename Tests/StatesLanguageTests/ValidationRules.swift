import StatesLanguage
import Testing

/// One rule of the validator: a machine whose state `A` breaks it, and what is reported.
struct Rule: Sendable, CustomTestStringConvertible {
    let fields: String
    let expected: [String]

    init(_ fields: String, _ expected: String...) {
        self.fields = fields
        self.expected = expected
    }

    var testDescription: String { fields }
}

let schema = "SCHEMA_VALIDATION_FAILED"
let activity = #""Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work""#
private let lambdaInvoke = #""Type": "Task", "Resource": "arn:aws:states:::lambda:invoke""#
private let inner = #"{"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}"#

private func map(_ fields: String) -> String { #""Type": "Map", "ItemProcessor": \#(inner), "End": true, \#(fields)"# }

extension ValidationTests {
    static let everyState: [Rule] = [
        Rule(#""End": true"#, "\(schema): These fields are required: [Type] @ /States/A 1:34"),
        Rule(
            #""Type": "Sleep", "End": true"#,
            "\(schema): The field 'Type' should have one of these values: "
                + "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] @ /States/A/Type 2:9"),
        Rule(#""Type": 3"#, "\(schema): Expected value of type String @ /States/A/Type 2:9"),
        Rule(
            #""Type": "Pass", "End": true, "Colour": 1"#, "\(schema): Field 'Colour' is not supported @ /States/A 2:30"),
        Rule(
            #""Type": "Pass", "End": true, "TimeoutSeconds": 1"#,
            "\(schema): Field 'TimeoutSeconds' is not supported @ /States/A 2:30"),
        Rule(
            #""Type": "Succeed", "End": true"#, "\(schema): Field 'End' is not supported @ /States/A 2:20"),
        Rule(
            #""Type": "Pass", "End": true, "Comment": 1"#,
            "\(schema): Expected value of type String @ /States/A/Comment 2:41"),
        Rule(
            #""Type": "Pass", "End": true, "Next": "A""#,
            "\(schema): There should only be one of the following fields: [Next, End] @ /States/A 2:17"),
        Rule(
            #""Type": "Pass", "End": true, "InputPath": "a""#,
            "\(schema): Value must be a valid JSONPath. @ /States/A/InputPath 2:43"),
        Rule(
            #""Type": "Pass", "End": true, "OutputPath": "$.a[""#,
            "\(schema): Value must be a valid JSONPath. @ /States/A/OutputPath 2:44"),
        Rule(
            #""Type": "Pass", "End": true, "ResultPath": "a""#,
            "\(schema): Value must be a valid JSONPath. @ /States/A/ResultPath 2:44"),
        Rule(
            #""Type": "Pass", "End": true, "ResultPath": "$.a[*]""#,
            "\(schema): Value is not a Reference Path @ /States/A/ResultPath 2:44"),
        Rule(
            #""Type": "Pass", "End": true, "ResultPath": "$$.a""#,
            "\(schema): Value is not a Reference Path @ /States/A/ResultPath 2:44"),
        Rule(
            #""Type": "Pass", "End": 1"#,
            "\(schema): Expected value of type Boolean @ /States/A/End 2:24",
            "MISSING_END_STATE: Workflow has no terminal state @ - 1:1"),
    ]

    static let templates: [Rule] = [
        Rule(
            #""Type": "Pass", "End": true, "Parameters": {"a.$": "b"}"#,
            "\(schema): The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call "
                + "@ /States/A/Parameters 2:45"),
        Rule(
            #""Type": "Pass", "End": true, "Parameters": {"x": [{"a.$": 1}]}"#,
            "\(schema): The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call "
                + "@ /States/A/Parameters/x[0] 2:52"),
        Rule(
            #""Type": "Pass", "End": true, "Parameters": {"a.$": "$.b", "a": 1}"#,
            "\(schema): The field 'a' is given twice, with and without '.$' @ /States/A/Parameters 2:59"),
        Rule(
            #""Type": "Pass", "End": true, "Parameters": {"a.$": "States.Nothing($.b)"}"#,
            "\(schema): The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call "
                + "@ /States/A/Parameters 2:45"),
        Rule(
            #""Type": "Pass", "End": true, "Output": {}"#,
            "\(schema): The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the "
                + "'JSONata' QueryLanguage @ /States/A 2:30"),
    ]

    static let waitAndFail: [Rule] = [
        Rule(
            #""Type": "Wait", "End": true"#,
            "\(schema): This object should have only one of the following fields: "
                + "[SecondsPath, Seconds, TimestampPath, Timestamp] @ /States/A 1:34"),
        Rule(
            #""Type": "Wait", "End": true, "Seconds": 1, "Timestamp": "2024-01-01T00:00:00Z""#,
            "\(schema): There should only be one of the following fields: "
                + "[SecondsPath, Seconds, TimestampPath, Timestamp] @ /States/A 2:44"),
        Rule(
            #""Type": "Wait", "End": true, "Seconds": -1"#,
            "\(schema): Minimum value is 0 @ /States/A/Seconds 2:41"),
        Rule(
            #""Type": "Wait", "End": true, "Seconds": 100000000"#,
            "\(schema): Maximum value is 99999999 @ /States/A/Seconds 2:41"),
        Rule(
            #""Type": "Wait", "End": true, "Seconds": 123456789012345678901234567890"#,
            "\(schema): Maximum value is 99999999 @ /States/A/Seconds 2:41"),
        Rule(
            #""Type": "Wait", "End": true, "Seconds": "1""#,
            "\(schema): Expected value of type Integer @ /States/A/Seconds 2:41"),
        Rule(
            #""Type": "Wait", "End": true, "Seconds": 1.5"#,
            "\(schema): Expected value of type Integer @ /States/A/Seconds 2:41"),
        Rule(
            #""Type": "Wait", "End": true, "SecondsPath": "$..a""#,
            "\(schema): Value is not a Reference Path: it can stand for several values @ /States/A/SecondsPath 2:45"),
        Rule(
            #""Type": "Wait", "End": true, "Timestamp": "2024-02-30T00:00:00Z""#,
            "\(schema): String does not match RFC3339 timestamp @ /States/A/Timestamp 2:43"),
        Rule(
            #""Type": "Fail", "Error": "a", "ErrorPath": "$.a""#,
            "\(schema): There should only be one of the following fields: [Error, ErrorPath] @ /States/A 2:31"),
        Rule(
            #""Type": "Fail", "CausePath": "States.Nothing()""#,
            "\(schema): Value must be a valid JSONPath. @ /States/A/CausePath 2:30"),
        Rule(#""Type": "Fail", "Cause": 1"#, "\(schema): Expected value of type String @ /States/A/Cause 2:26"),
        Rule(
            #""Type": "Fail", "InputPath": "$""#, "\(schema): Field 'InputPath' is not supported @ /States/A 2:17"),
    ]

    static let tasks: [Rule] = [
        Rule(#""Type": "Task", "End": true"#, "\(schema): These fields are required: [Resource] @ /States/A 1:34"),
        Rule(
            #""Type": "Task", "End": true, "Resource": "work""#,
            "\(schema): Value is not a valid resource ARN @ /States/A/Resource 2:42"),
        Rule(
            #""Type": "Task", "End": true, "Resource": "arn:aws:s3:::bucket""#,
            "\(schema): The resource provided arn:aws:s3:::bucket is not recognized. The value is not a valid resource "
                + "ARN, or the resource is not available in this region. @ /States/A/Resource 2:42"),
        Rule(
            #"\#(activity), "End": true, "TimeoutSeconds": 0"#,
            "\(schema): Minimum value is 1 @ /States/A/TimeoutSeconds 2:115"),
        Rule(
            #"\#(activity), "End": true, "TimeoutSeconds": 5, "HeartbeatSeconds": 5"#,
            "\(schema): 'HeartbeatSeconds' must be smaller than 'TimeoutSeconds' "
                + "@ /States/A/HeartbeatSeconds 2:138"),
        Rule(
            #"\#(activity), "End": true, "TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t""#,
            "\(schema): There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath] "
                + "@ /States/A 2:118"),
        Rule(
            #"\#(activity), "End": true, "Credentials": {"RoleArn": "x"}"#,
            "\(schema): The field 'Credentials' is not supported for activities @ /States/A/Credentials 2:112"),
        Rule(
            #"\#(lambdaInvoke), "End": true, "Parameters": {"FunctionName": "f"}, "Credentials": {}"#,
            "\(schema): The field 'RoleArn' is required but was missing @ /States/A/Credentials 2:128"),
        Rule(
            #"\#(lambdaInvoke), "End": true, "Parameters": {}"#,
            "\(schema): The field 'FunctionName' is required but was missing @ /States/A/Parameters 2:90"),
        Rule(
            #""Type": "Task", "End": true, "Resource": "arn:aws:states:::sqs:sendMessage""#),
        Rule(#""Type": "Task", "End": true, "Resource": "arn:aws:states:::aws-sdk:kms:encrypt.waitForTaskToken""#),
        Rule(
            #""Type": "Task", "End": true, "Resource": "arn:aws:states:::lambda:invoke.sync", "Parameters": {}"#,
            "\(schema): The resource provided arn:aws:states:::lambda:invoke.sync is not recognized. The value is not a "
                + "valid resource ARN, or the resource is not available in this region. @ /States/A/Resource 2:42"),
        Rule(
            #""Type": "Task", "End": true, "Resource": "arn:aws:states:::states:startExecution.sync:2""#,
            "\(schema): The field 'StateMachineArn' is required but was missing @ /States/A 1:34"),
    ]

    static let errorHandling: [Rule] = [
        Rule(
            #"\#(activity), "End": true, "Retry": [{}]"#,
            "\(schema): These fields are required: [ErrorEquals] @ /States/A/Retry[0] 2:107"),
        Rule(
            #"\#(activity), "End": true, "Retry": [{"ErrorEquals": []}]"#,
            "\(schema): Value cannot be empty @ /States/A/Retry[0]/ErrorEquals 2:123"),
        Rule(
            #"\#(activity), "End": true, "Retry": [{"ErrorEquals": ["States.ALL", "x"]}]"#,
            "\(schema): States.ALL must appear alone and at end of list @ /States/A/Retry[0]/ErrorEquals 2:123"),
        Rule(
            #"\#(activity), "End": true, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["x"]}]"#,
            "\(schema): States.ALL must appear alone and at end of list @ /States/A/Retry[0]/ErrorEquals 2:123"),
        Rule(
            #"\#(activity), "End": true, "Retry": [{"ErrorEquals": ["x"], "BackoffRate": 0.5}]"#,
            "\(schema): Minimum value is 1 @ /States/A/Retry[0]/BackoffRate 2:145"),
        Rule(
            #"\#(activity), "End": true, "Retry": [{"ErrorEquals": ["x"], "MaxAttempts": -1}]"#,
            "\(schema): Minimum value is 0 @ /States/A/Retry[0]/MaxAttempts 2:145"),
        Rule(
            #"\#(activity), "End": true, "Retry": [{"ErrorEquals": ["x"], "MaxDelaySeconds": 31622401}]"#,
            "\(schema): Maximum value is 31622400 @ /States/A/Retry[0]/MaxDelaySeconds 2:149"),
        Rule(
            #"\#(activity), "End": true, "Retry": [{"ErrorEquals": ["x"], "JitterStrategy": "SOME"}]"#,
            "\(schema): Value should be one of the following: [NONE, FULL] @ /States/A/Retry[0]/JitterStrategy 2:148"),
        Rule(
            #"\#(activity), "End": true, "Retry": [{"ErrorEquals": ["x"], "Next": "A"}]"#,
            "\(schema): Field 'Next' is not supported @ /States/A/Retry[0] 2:130"),
        Rule(
            #"\#(activity), "End": true, "Catch": [{"ErrorEquals": ["x"]}]"#,
            "\(schema): These fields are required: [Next] @ /States/A/Catch[0] 2:107"),
        Rule(
            #"\#(activity), "End": true, "Catch": [{"ErrorEquals": ["x"], "Next": "Z"}]"#,
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z @ /States/A/Catch[0]/Next 2:138"),
        Rule(
            #"\#(activity), "End": true, "Catch": [{"ErrorEquals": "x", "Next": "A"}]"#,
            "\(schema): Expected value of type Array @ /States/A/Catch[0]/ErrorEquals 2:123"),
        Rule(
            #""Type": "Pass", "End": true, "Catch": []"#, "\(schema): Field 'Catch' is not supported @ /States/A 2:30"),
    ]

    static let choices: [Rule] = [
        Rule(
            #""Type": "Choice""#, "\(schema): These fields are required: [Choices] @ /States/A 1:34",
            "MISSING_END_STATE: Workflow has no terminal state @ - 1:1"),
        Rule(
            #""Type": "Choice", "Choices": []"#, "\(schema): Value cannot be empty @ /States/A/Choices 2:30",
            "MISSING_END_STATE: Workflow has no terminal state @ - 1:1"),
    ]

    /// Choice rules, within a machine in which the rule's targets exist.
    static let choiceRules: [Rule] = [
        Rule(
            #"{"Variable": "$.a", "StringEquals": "x"}"#,
            "\(schema): These fields are required: [Next] @ /States/A/Choices[0] 2:31"),
        Rule(
            #"{"Variable": "a", "StringEquals": "x", "Next": "B"}"#,
            "\(schema): Value is not a Reference Path: Reference path didn't start with '$' "
                + "@ /States/A/Choices[0]/Variable 2:44"),
        Rule(
            #"{"Variable": "$.a", "StringEqualsPath": "x", "Next": "B"}"#,
            "\(schema): Value is not a Reference Path: Reference path didn't start with '$' "
                + "@ /States/A/Choices[0]/StringEqualsPath 2:71"),
        Rule(
            #"{"Variable": "$.a", "NumericEquals": "1", "Next": "B"}"#,
            "\(schema): Expected value of type Number @ /States/A/Choices[0]/NumericEquals 2:68"),
        Rule(
            #"{"Variable": "$.a", "IsNull": 1, "Next": "B"}"#,
            "\(schema): Expected value of type Boolean @ /States/A/Choices[0]/IsNull 2:61"),
        Rule(
            #"{"Variable": "$.a", "TimestampEquals": "now", "Next": "B"}"#,
            "\(schema): String does not match RFC3339 timestamp @ /States/A/Choices[0]/TimestampEquals 2:70"),
        Rule(
            #"{"Next": "B"}"#,
            "\(schema): The object must have only one of the following fields, [And, Or, Not, Variable, Condition] "
                + "@ /States/A/Choices[0] 2:31"),
        Rule(
            #"{"And": [], "Next": "B"}"#, "\(schema): Value cannot be empty @ /States/A/Choices[0]/And 2:39"),
        Rule(
            #"{"Not": {"Variable": "$.a", "IsNull": true, "Next": "B"}, "Next": "B"}"#,
            "\(schema): Field 'Next' is not supported @ /States/A/Choices[0]/Not 2:75"),
        Rule(
            #"{"Or": [{"And": [{"Variable": "$.a", "IsNul": true}]}], "Next": "B"}"#,
            "\(schema): Field 'IsNul' is not supported @ /States/A/Choices[0]/Or[0]/And[0] 2:68",
            "\(schema): This object should have only one of the following fields: "
                + "[\(operators)] @ /States/A/Choices[0]/Or[0]/And[0] 2:48"),
        Rule(
            #"{"Condition": "{% true %}", "Next": "B"}"#,
            "\(schema): The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the "
                + "'JSONata' QueryLanguage @ /States/A/Choices[0] 2:32"),
        Rule(
            #"{"Variable": "$.a", "StringEquals": "x", "StringMatches": "x", "Next": "B"}"#,
            "\(schema): There should only be one of the following fields: [\(operators)] @ /States/A/Choices[0] 2:72"),
    ]

    private static let operators = """
        StringEquals, StringEqualsPath, StringLessThan, StringLessThanPath, StringGreaterThan, StringGreaterThanPath, \
        StringLessThanEquals, StringLessThanEqualsPath, StringGreaterThanEquals, StringGreaterThanEqualsPath, \
        StringMatches, NumericEquals, NumericEqualsPath, NumericLessThan, NumericLessThanPath, NumericGreaterThan, \
        NumericGreaterThanPath, NumericLessThanEquals, NumericLessThanEqualsPath, NumericGreaterThanEquals, \
        NumericGreaterThanEqualsPath, BooleanEquals, BooleanEqualsPath, TimestampEquals, TimestampEqualsPath, \
        TimestampLessThan, TimestampLessThanPath, TimestampGreaterThan, TimestampGreaterThanPath, \
        TimestampLessThanEquals, TimestampLessThanEqualsPath, TimestampGreaterThanEquals, \
        TimestampGreaterThanEqualsPath, IsNull, IsPresent, IsNumeric, IsString, IsBoolean, IsTimestamp
        """

    static let containers: [Rule] = [
        Rule(
            #""Type": "Parallel", "End": true"#, "\(schema): These fields are required: [Branches] @ /States/A 1:34"),
        Rule(
            #""Type": "Parallel", "End": true, "Branches": []"#,
            "\(schema): Value cannot be empty @ /States/A/Branches 2:46"),
        Rule(
            #""Type": "Parallel", "End": true, "Branches": [{"StartAt": "B"}]"#,
            "\(schema): These fields are required: [States] @ /States/A/Branches[0] 2:47"),
        Rule(
            #""Type": "Parallel", "End": true, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "A"}}}]"#,
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: A @ /States/A/Branches[0]/States/B/Next 2:105",
            "MISSING_END_STATE: Workflow has no terminal state @ /States/A/Branches[0] 2:47"),
        Rule(
            #""Type": "Parallel", "End": true, "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]"#,
            "DUPLICATE_STATE_NAME: Duplicate State name: A @ /States/A/Branches[0]/States/A 2:75"),
        Rule(
            #""Type": "Parallel", "End": true, "Branches": [{"QueryLanguage": "JSONPath", "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]"#,
            "\(schema): Field 'QueryLanguage' is not supported @ /States/A/Branches[0] 2:48"),
        Rule(
            #""Type": "Map", "End": true"#,
            "\(schema): This object should have only one of the following fields: [ItemProcessor, Iterator] "
                + "@ /States/A 1:34"),
        Rule(
            map(#""Iterator": 1"#),
            "\(schema): There should only be one of the following fields: [ItemProcessor, Iterator] @ /States/A 2:112",
            "\(schema): Expected value of type Object @ /States/A/Iterator 2:124"),
        Rule(
            map(#""ItemsPath": "$.a[*]""#),
            "\(schema): Value is not a Reference Path: it can stand for several values @ /States/A/ItemsPath 2:125"),
        Rule(
            map(#""MaxConcurrency": -1"#), "\(schema): Minimum value is 0 @ /States/A/MaxConcurrency 2:130"),
        Rule(
            map(#""ToleratedFailurePercentage": 101"#),
            "\(schema): Maximum value is 100 @ /States/A/ToleratedFailurePercentage 2:142"),
        Rule(
            map(#""Label": "\#(String(repeating: "x", count: 41))""#),
            "INVALID_LABEL_NAME: Label must be between 1 and 40 characters long @ /States/A/Label 2:121"),
    ]

    static let machines: [Rule] = [
        Rule("[]", "\(schema): Expected value of type Object @ / 1:1"),
        Rule("{}", "\(schema): These fields are required: [StartAt, States] @ / 1:1"),
        Rule(
            #"{"States": {"A": {"Type": "Pass", "End": true}}}"#,
            "\(schema): These fields are required: [StartAt] @ / 1:1"),
        Rule(#"{"StartAt": "A", "States": {}}"#, "\(schema): Value cannot be empty @ /States 1:28"),
        Rule(#"{"StartAt": "A", "States": []}"#, "\(schema): Expected value of type Object @ /States 1:28"),
        Rule(#"{"StartAt": "A", "States": {"A": 1}}"#, "\(schema): Expected value of type Object @ /States/A 1:34"),
        Rule(
            #"{"StartAt": "A", "Version": "2.0", "States": {"A": {"Type": "Succeed"}}}"#,
            "\(schema): Value should be one of the following: [1.0] @ /Version 1:29"),
        Rule(
            #"{"StartAt": "A", "TimeoutSeconds": -1, "Name": 1, "States": {"A": {"Type": "Succeed"}}}"#,
            "\(schema): Field 'Name' is not supported @ / 1:40",
            "\(schema): Minimum value is 0 @ /TimeoutSeconds 1:36"),
        Rule(
            #"{"StartAt": "Z", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}"#,
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z @ /StartAt 1:13",
            "MISSING_TRANSITION_TARGET: State \"A\" is not reachable. @ /States/A 1:29"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Z"}, "B": {"Type": "Pass", "End": true}}}"#,
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z @ /States/A/Next 1:59",
            "MISSING_TRANSITION_TARGET: State \"B\" is not reachable. @ /States/B 1:65"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}"#,
            "MISSING_END_STATE: Workflow has no terminal state @ - 1:1"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}, "C": {"Type": "Pass", "End": true}}}"#,
            "MISSING_TRANSITION_TARGET: State \"C\" is not reachable. @ /States/C 1:65"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "B"}}}"#,
            "MISSING_TRANSITION_TARGET: State \"B\" is not reachable. @ /States/B 1:55"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Succeed"}}}"#,
            "DUPLICATE_STATE_NAME: Duplicate State name: A @ /States/A 1:55"),
        Rule(
            #"{"StartAt": "A", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#,
            "INVALID_JSON_DESCRIPTION: Duplicate field 'StartAt' @ /StartAt 1:18"),
        Rule(
            #"{"StartAt": "\#(longName)", "States": {"\#(longName)": {"Type": "Succeed"}}}"#,
            "INVALID_STATE_NAME: State name must be between 1 and 80 characters long @ /States/\(longName) 1:109"),
        Rule(
            #"{"StartAt": "A", "QueryLanguage": "XPath", "States": {"A": {"Type": "Succeed"}}}"#,
            "\(schema): Value should be one of the following: [JSONPath, JSONata] @ /QueryLanguage 1:35"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"QueryLanguage": "JSONata", "Type": "Pass", "InputPath": "$", "Next": "B"}}}"#,
            "\(schema): The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the "
                + "'JSONPath' QueryLanguage @ /States/A 1:79",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B @ /States/A/Next 1:105",
            "MISSING_END_STATE: Workflow has no terminal state @ - 1:1"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x-y": 1}, "End": true}}}"#,
            "SCHEMA_VALIDATION_FAILED: 'x-y' is not a valid variable name: it must begin with a letter and hold "
                + "nothing but letters, digits and underscores, at most 80 of them @ /States/A/Assign/x-y 1:69"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"states.$": "$"}, "End": true}}}"#,
            "SCHEMA_VALIDATION_FAILED: The variable name 'states' is reserved @ /States/A/Assign/states.$ 1:74"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": [], "End": true}}}"#,
            "SCHEMA_VALIDATION_FAILED: Expected value of type Object @ /States/A/Assign 1:61"),
        Rule(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"}, "B": {"#
                + #""Type": "Map", "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Pass", "#
                + #""Assign": {"x.$": "$"}, "End": true}}}, "End": true}}}"#,
            "DUPLICATE_VARIABLE_NAME: The variable name 'x' was already defined in a parent scope. @ "
                + "/States/B/ItemProcessor/States/C/Assign/x.$ 1:191"),
        Rule(
            #"{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "#
                + #"{"v": ["{% phone %}", "{% 1 + %}", "{% $$ %}", "{% $x", " {% $ %} "]}, "End": true}}}"#,
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. "
                + "@ /States/A/Output/v[0] 1:96",
            "INVALID_JSONATA_EXPRESSION: Unexpected end of expression @ /States/A/Output/v[1] 1:111",
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported. @ /States/A/Output/v[2] 1:124",
            "INVALID_JSONATA_EXPRESSION: A JSONata expression must begin with '{%' and end with '%}' "
                + "@ /States/A/Output/v[3] 1:136"),
        Rule(
            #"{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "#
                + #""Resource": "arn:aws:states:us-east-1:000000000000:activity:w", "#
                + #""Arguments": "{% $states.result %}", "Output": "{% $states.errorOutput %}", "#
                + #""Assign": {"r": "{% $states.result %}"}, "TimeoutSeconds": "{% $states.input.t %}", "#
                + #""Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "#
                + #""Assign": {"e": "{% $states.result %}"}, "Next": "A"}], "End": true}}}"#,
            "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist. @ /States/A/Output 1:190",
            "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist. "
                + "@ /States/A/Catch[0]/Assign/e 1:400",
            "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist. @ /States/A/Arguments 1:156"),
        Rule(
            #"{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Map", "Items": {"a": 1}, "#
                + #""ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}, "End": true}}}"#,
            "SCHEMA_VALIDATION_FAILED: Expected value of type Array @ /States/A/Items 1:87"),
        Rule(
            #"{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": ["#
                + #"{"And": [{"Condition": true}], "Next": "B"}]}, "B": {"Type": "Succeed"}}}"#,
            "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field 'And' is only supported for "
                + "the 'JSONPath' QueryLanguage @ /States/A/Choices[0] 1:94"),
        Rule(" \n", "MISSING_DESCRIPTION: The definition is empty @ - 1:1"),
    ]

    private static let longName = String(repeating: "n", count: 81)
}
