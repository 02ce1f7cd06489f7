import JSONValue
import Testing

@testable import baton

@Suite struct YAMLDocumentTests {
    @Test(arguments: [
        ("a: 1", #"{"a":1}"#), ("a: -1.5e3", #"{"a":-1500.0}"#), ("a: 1.0", #"{"a":1.0}"#), ("a: '1'", #"{"a":"1"}"#),
        (#"a: "true""#, #"{"a":"true"}"#), ("a: true", #"{"a":true}"#), ("a: yes", #"{"a":"yes"}"#),
        ("a: on", #"{"a":"on"}"#), ("a: null", #"{"a":null}"#), ("a: ~", #"{"a":null}"#), ("a:", #"{"a":null}"#),
        ("a: 007", #"{"a":"007"}"#), ("a: 0x1F", #"{"a":"0x1F"}"#), ("a: .5", #"{"a":".5"}"#),
        ("a: 2024-01-01", #"{"a":"2024-01-01"}"#), ("a: $.b", #"{"a":"$.b"}"#),
        ("a: [1, {b: c}]", #"{"a":[1,{"b":"c"}]}"#), ("- a\n- b", #"["a","b"]"#), (#"{"a": [1, 2]}"#, #"{"a":[1,2]}"#),
        ("a: |\n  one\n  two\n", #"{"a":"one\ntwo\n"}"#), ("x: &x {k: 1}\ny: *x", #"{"x":{"k":1},"y":{"k":1}}"#),
        ("b: 1\na: 2", #"{"b":1,"a":2}"#),
    ])
    func `values`(yaml: String, json: String) throws {
        #expect(try YAMLDocument(parsing: yaml).value.serialized() == json)
    }

    @Test func `every value has its place`() throws {
        let document = try YAMLDocument(parsing: "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: [B]\n")
        #expect(document.place(of: "/StartAt").map { [$0.line, $0.column] } == [1, 10])
        #expect(document.place(of: "/States/A/Next/0").map { [$0.line, $0.column] } == [5, 12])
        #expect(document.place(of: "/States/B") == nil)
    }

    @Test(arguments: ["a: [1", "a: b: c", "\ta: 1", "", "a: *nothing", "? [1]\n: 2"])
    func `what is not YAML fails with a place`(yaml: String) {
        let error = #expect(throws: YAMLDocument.Failure.self) { try YAMLDocument(parsing: yaml) }
        #expect((error?.line ?? 0) >= 1)
        #expect(error?.message.isEmpty == false)
    }

    @Test func `nesting without end is refused, not followed`() {
        let yaml = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        #expect(throws: YAMLDocument.Failure.self) { try YAMLDocument(parsing: yaml) }
    }
}
