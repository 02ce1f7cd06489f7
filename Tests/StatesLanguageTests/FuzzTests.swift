import JSONValue
import StatesLanguage
import TestSupport
import Testing

/// Definitions that were valid once: whatever is done to them, the validator answers and never traps.
@Suite struct FuzzTests {
    static let valid = """
        {
          "Comment": "one of everything", "StartAt": "Pass", "TimeoutSeconds": 100, "Version": "1.0",
          "States": {
            "Pass": {"Type": "Pass", "Result": {"a": [1, 2.5, null]}, "ResultPath": "$.r", "Next": "Task"},
            "Task": {
              "Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:a", "InputPath": "$.in",
              "Parameters": {"x.$": "$.y[0]", "n": {"u.$": "States.Format('{} \\\\'q\\\\'', $$.State.Name)"}},
              "TimeoutSeconds": 9, "HeartbeatSecondsPath": "$.h", "ResultSelector": {"s.$": "$.t"},
              "Retry": [{"ErrorEquals": ["E", "States.Timeout"], "IntervalSeconds": 2, "BackoffRate": 1.5,
                         "MaxAttempts": 4, "MaxDelaySeconds": 60, "JitterStrategy": "FULL"}],
              "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "Fail"}], "Next": "Choice"
            },
            "Choice": {
              "Type": "Choice", "Default": "Wait",
              "Choices": [
                {"And": [{"Variable": "$.a", "IsPresent": true}, {"Not": {"Variable": "$.a", "NumericEquals": 1}}],
                 "Next": "Map"},
                {"Variable": "$.b", "StringMatches": "a*\\\\*b", "Next": "Wait"},
                {"Or": [{"Variable": "$$.x", "TimestampLessThan": "2024-01-01T00:00:00Z"}], "Next": "Parallel"}
              ]
            },
            "Wait": {"Type": "Wait", "SecondsPath": "$.s", "Next": "Done"},
            "Parallel": {
              "Type": "Parallel", "Next": "Done",
              "Branches": [{"StartAt": "P1", "States": {"P1": {"Type": "Succeed"}}}]
            },
            "Map": {
              "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 3, "ItemSelector": {"v.$": "$$.Map.Item.Value"},
              "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I1", "States": {
                "I1": {"Type": "Pass", "End": true}}},
              "End": true
            },
            "Done": {"Type": "Succeed", "OutputPath": null},
            "Fail": {"Type": "Fail", "ErrorPath": "$.e.Error", "Cause": "c"}
          }
        }
        """

    @Test func `the seed of all mutations is valid`() throws {
        #expect(StateMachineDefinition.validate(Self.valid).diagnostics == [])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `mutated text never traps`(seed: UInt64) {
        var random = SeededGenerator(fixed: seed)
        let alphabet = Array(#"{}[]",:\$.*?@() 0123456789-+eaEtrufalsn'~/"#.utf8) + [0x00, 0x7F, 0xC3, 0xA9, 0xFF]
        for _ in 0..<60 {
            var bytes = Array(Self.valid.utf8)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
                case 2: bytes[place] = alphabet.randomElement(using: &random) ?? 0
                default: bytes.swapAt(place, Int.random(in: bytes.indices, using: &random))
                }
            }
            check(String(decoding: bytes, as: UTF8.self), seed: seed)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `mutated values never trap and are always placed`(seed: UInt64) throws {
        var random = SeededGenerator(fixed: seed)
        let original = try JSON(parsing: Self.valid)
        for _ in 0..<60 {
            var mutated = original
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutated = mutate(mutated, using: &random) }
            check(mutated.serialized(), seed: seed)
        }
    }

    private func check(_ text: String, seed: UInt64) {
        let (definition, findings) = StateMachineDefinition.validate(text)
        let errors = findings.filter { $0.severity == .error }
        #expect((definition == nil) == !errors.isEmpty, "seed \(seed): \(text)")
        #expect(findings.allSatisfy { $0.line != nil && $0.column != nil }, "seed \(seed): \(text)")
        #expect(findings.allSatisfy { !$0.message.isEmpty && !$0.code.isEmpty }, "seed \(seed): \(text)")
    }

    private static let replacements: [JSON] = [
        nil, true, false, 0, -1, 1, 1.5, 1e300, .number("123456789012345678901234567890"), "", "$", "$.a", "$$", "$x",
        "Pass", "JSONata", "{% 1 %}", "{% $states.result %}",
        "{% a", "{% name %}", "{% $x + %}", "States.UUID()", "States.ALL", "*", [], [[]], [1], ["States.ALL"], [:],
        ["a": 1], ["a.$": "$.b["], ["StartAt": "x", "States": ["x": ["Type": "Succeed"]]], "Task", "Map", "DISTRIBUTED",
        "arn:aws:states:::sqs:sendMessage.sync:2",
    ]

    private static let keys = [
        "Type", "Next", "End", "Assign", "QueryLanguage", "Output", "Arguments", "Items", "Condition", "InputPath",
        "ResultPath", "Parameters", "Retry", "Catch", "States", "StartAt", "Branches", "Iterator", "ItemReader",
        "TimeoutSeconds", "TimeoutSecondsPath", "Seconds", "Timestamp", "Label", "Credentials", "Default", "Choices",
        "ItemSelector", "MaxConcurrency", "Error", "HeartbeatSeconds", "And", "Not", "Variable", "IsNull", "a/b~c", "",
        "é",
    ]

    /// Changes one value somewhere: replaces it, removes it or adds a member.
    private func mutate(_ value: JSON, using random: inout SeededGenerator) -> JSON {
        let goesDeeper = Int.random(in: 0..<5, using: &random) > 0
        switch value {
        case .object(var object) where goesDeeper && !object.isEmpty:
            guard let key = object.keys.randomElement(using: &random), let member = object[key] else { return value }
            object[key] = mutate(member, using: &random)
            return .object(object)
        case .array(var elements) where goesDeeper && !elements.isEmpty:
            let index = Int.random(in: elements.indices, using: &random)
            elements[index] = mutate(elements[index], using: &random)
            return .array(elements)
        case .object(var object) where Bool.random(using: &random):
            let key = Self.keys.randomElement(using: &random) ?? ""
            object[key] = Bool.random(using: &random) ? nil : Self.replacements.randomElement(using: &random)
            return .object(object)
        default:
            return Self.replacements.randomElement(using: &random) ?? .null
        }
    }
}
