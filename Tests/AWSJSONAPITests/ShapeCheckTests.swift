import JSONValue
import Orchestrator
import Testing

@testable import AWSJSONAPI

@Suite struct ShapeCheckTests {
    static let members: [Shape.Member] = [
        .required("name", .name),
        .optional("type", .stateMachineType),
        .optional("maxResults", .pageSize),
        .optional("input", .payload),
        .optional("secret", .string(2...4, sensitive: true)),
        .optional("flag", .boolean),
        .optional("traceHeader", .traceHeader),
        .optional("tags", .tags),
        .optional("loggingConfiguration", .loggingConfiguration),
    ]

    static let accepted: [String] = [
        #"{"name":"a"}"#,
        #"{"name":"a","unknown":[1,2]}"#,
        #"{"name":"a","type":null,"maxResults":null}"#,
        #"{"name":"a","maxResults":0}"#,
        #"{"name":"a","maxResults":1000,"flag":false,"input":""}"#,
        #"{"name":"a","tags":[{"key":"k","value":""}],"loggingConfiguration":{}}"#,
    ]

    @Test(arguments: accepted)
    func `what fits is accepted`(_ text: String) throws {
        try ShapeCheck.check(try JSON(parsing: text), against: Self.members)
    }

    /// The texts follow AWS's: where a value is sensitive it is left out.
    static let violations: [(String, String)] = [
        (
            #"{}"#,
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
        ),
        (
            #"{"name":""}"#,
            "1 validation error detected: Value '' at 'name' failed to satisfy constraint: "
                + "Member must have length greater than or equal to 1"
        ),
        (
            #"{"name":"a","maxResults":1001}"#,
            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
                + "Member must have value less than or equal to 1000"
        ),
        (
            #"{"name":"a","maxResults":-1}"#,
            "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint: "
                + "Member must have value greater than or equal to 0"
        ),
        (
            #"{"name":"a","type":"FAST"}"#,
            "1 validation error detected: Value 'FAST' at 'type' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [STANDARD, EXPRESS]"
        ),
        (
            #"{"name":"a","secret":"12345"}"#,
            "1 validation error detected: Value at 'secret' failed to satisfy constraint: "
                + "Member must have length less than or equal to 4"
        ),
        (
            #"{"name":"a","traceHeader":"ä"}"#,
            "1 validation error detected: Value 'ä' at 'traceHeader' failed to satisfy constraint: "
                + "Member must satisfy regular expression pattern: \\p{ASCII}*"
        ),
        (
            #"{"name":"a","tags":[{"key":"k"},{"key":""}],"loggingConfiguration":{"level":"LOUD"}}"#,
            "2 validation errors detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: "
                + "Member must have length greater than or equal to 1; "
                + "Value 'LOUD' at 'loggingConfiguration.level' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [ALL, ERROR, FATAL, OFF]"
        ),
    ]

    @Test(arguments: violations)
    func `broken constraints are told together`(_ text: String, _ message: String) throws {
        let request = try JSON(parsing: text)
        #expect(throws: ServiceError(.validation, message)) {
            try ShapeCheck.check(request, against: Self.members)
        }
    }

    static let mismatches: [(String, String)] = [
        (#"{"name":7}"#, "NUMBER_VALUE can not be converted to a String"),
        (#"{"name":true}"#, "TRUE_VALUE can not be converted to a String"),
        (#"{"name":{}}"#, "Start of structure or map found where not expected."),
        (#"{"name":"a","maxResults":"7"}"#, "STRING_VALUE can not be converted to an Integer"),
        (#"{"name":"a","maxResults":1.5}"#, "NUMBER_VALUE can not be converted to an Integer"),
        (#"{"name":"a","flag":"yes"}"#, "STRING_VALUE can not be converted to a Boolean"),
        (#"{"name":"a","tags":{}}"#, "Unexpected field type: 'tags' has to be a list"),
        (
            #"{"name":"a","loggingConfiguration":[]}"#,
            "Unexpected field type: 'loggingConfiguration' has to be an object"
        ),
        (#"[]"#, "Unexpected field type: The request has to be an object"),
    ]

    @Test(arguments: mismatches)
    func `wrong types are not deserialized`(_ text: String, _ message: String) throws {
        let request = try JSON(parsing: text)
        #expect(throws: ServiceError(.serialization, message)) {
            try ShapeCheck.check(request, against: Self.members)
        }
    }

    @Test func `names count characters and payloads count bytes`() throws {
        let name = String(repeating: "ä", count: 80)
        try ShapeCheck.check(["name": .string(name)], against: Self.members)
        let fits = String(repeating: "ä", count: 131_072)
        try ShapeCheck.check(["name": "a", "input": .string(fits)], against: Self.members)
        #expect(throws: ServiceError.self) {
            try ShapeCheck.check(["name": "a", "input": .string(fits + "b")], against: Self.members)
        }
    }
}
