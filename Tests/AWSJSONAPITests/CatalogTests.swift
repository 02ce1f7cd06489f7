import Interpreter
import JSONValue
import Orchestrator
import Testing

@testable import AWSJSONAPI

@Suite struct NamesTests {
    static let account = AccountIdentity()

    static let arns: [(StatesARN.Resource, String)] = [
        (.stateMachine(name: "a.b-c_d"), "stateMachine:a.b-c_d"),
        (.stateMachine(name: "a", qualifier: "7"), "stateMachine:a:7"),
        (.execution(stateMachine: "a", name: "b"), "execution:a:b"),
        (.activity(name: "ä"), "activity:ä"),
        (.express(stateMachine: "a", name: "b", id: "c"), "express:a:b:c"),
    ]

    @Test(arguments: arns)
    func `an ARN is built and read`(_ resource: StatesARN.Resource, _ tail: String) throws {
        let arn = Self.account.arn(resource)
        #expect(arn.text == "arn:aws:states:us-east-1:000000000000:\(tail)")
        #expect(try StatesARN(parsing: arn.text) == arn)
    }

    static let broken: [(String, String)] = [
        ("", "Invalid ARN prefix: "),
        ("nonsense", "Invalid ARN prefix: nonsense"),
        ("arn", "Invalid ARN: arn"),
        ("arn:aws:states:us-east-1:0:stateMachine", "Invalid ARN: arn:aws:states:us-east-1:0:stateMachine"),
        ("arn:aws:states:us-east-1:0:stateMachine:", "Invalid ARN: arn:aws:states:us-east-1:0:stateMachine:"),
        ("arn:aws:lambda:us-east-1:0:function:f", "Invalid service in ARN: lambda"),
        ("arn:aws:states:us-east-1:0:nonsense:f", "Invalid resource type: nonsense"),
        ("arn:aws:states:us-east-1:0:execution:f", "Invalid ARN: arn:aws:states:us-east-1:0:execution:f"),
        ("arn:aws:states:us-east-1:0:activity:f", "Resource type not valid in this context: activity"),
    ]

    @Test(arguments: broken)
    func `what is not a state machine's ARN is refused`(_ text: String, _ reason: String) {
        #expect(throws: ServiceError(.invalidArn, "Invalid Arn: '\(reason)'")) {
            try StatesARN.expect(.stateMachine, in: text)
        }
    }

    @Test func `what is a state machine's ARN is seen without taking it apart`() {
        let tails = [
            "stateMachine", "stateMachine:m", "stateMachine:m:1", "stateMachine:m:1:2", "stateMachine:é:",
            "stateMachine::a", "statemachine:m", "execution:m:n", "activity:a", "", ":", "stateMachine:m:\u{301}a",
        ]
        for prefix in ["arn", "arm", ""] {
            for service in ["aws:states", ":states", "aws:state", "aws:", "states"] {
                for place in ["us-east-1:0", ":", "us-east-1", "a:b:c"] {
                    for tail in tails {
                        let text = "\(prefix):\(service):\(place):\(tail)"
                        let isExpected = (try? StatesARN.expect(.stateMachine, in: text)) != nil
                        #expect(StatesARN.isStateMachine(text) == isExpected, "\(text)")
                    }
                }
            }
        }
    }

    @Test(arguments: ["a", "A-z_0.9", "日本語", "é"])
    func `these are names`(_ name: String) { #expect(ResourceName.isValid(name)) }

    @Test(arguments: Array(" \t\n<>{}[]?*\"#%\\^|~`$&,;:/\u{0}\u{1F}\u{7F}\u{85}\u{9F}\u{2003}\u{FFFE}".unicodeScalars))
    func `these characters are no part of a name`(_ scalar: Unicode.Scalar) {
        #expect(!ResourceName.isValid("a\(Character(scalar))b"))
    }

    @Test func `UUIDs have version and variant`() {
        #expect(UUIDText.version4(high: .max, low: .max) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(UUIDText.version4(high: 0, low: 0) == "00000000-0000-4000-8000-000000000000")
        #expect(RandomUUID.make() != RandomUUID.make())
    }

    @Test(
        arguments: [
            (1_735_689_600_123, "1735689600.123"), (1_735_689_600_000, "1735689600.000"), (7, "0.007"),
        ] as [(Int64, String)])
    func `times are seconds with milliseconds`(_ milliseconds: Int64, _ text: String) {
        #expect(JSON(epochSeconds: Timestamp(milliseconds: milliseconds)).serialized() == text)
    }
}

@Suite struct StateMachineSettingsTests {
    @Test func `a level needs exactly one destination`() throws {
        let one: JSON = ["cloudWatchLogsLogGroup": ["logGroupArn": "arn:aws:logs:us-east-1:0:log-group:x:*"]]
        var settings = StateMachineSettings()
        for (level, destinations, fits) in [
            ("OFF", [], true), ("ALL", [], false), ("ALL", [one], true), ("FATAL", [one, one], false),
            ("OFF", [one], true),
        ] as [(String, [JSON], Bool)] {
            let given: JSON = ["level": .string(level), "destinations": .array(destinations)]
            if fits {
                try settings.change(logging: given, tracing: nil)
                #expect(settings.logging["level"]?.stringValue == level)
            } else {
                #expect(throws: ServiceError.self) { try settings.change(logging: given, tracing: nil) }
            }
        }
    }

    @Test func `what is stored comes back`() throws {
        var settings = StateMachineSettings()
        try settings.change(logging: nil, tracing: ["enabled": true])
        try settings.add(
            [.init(key: "a", value: "1"), .init(key: "b", value: ""), .init(key: "a", value: "2")], to: "x")
        #expect(settings.tags == [.init(key: "a", value: "2"), .init(key: "b", value: "")])
        #expect(StateMachineSettings(stored: settings.stored) == settings)
        let many = (0..<49).map { StateMachineSettings.Tag(key: "k\($0)", value: "") }
        #expect(throws: ServiceError.self) { try settings.add(many, to: "x") }
    }
}
