import Intrinsics
import JSONPath
import JSONValue
import TestSupport
import Testing

@Suite struct PayloadTemplateTests {
    private let scope = PathScope(
        document: ["a": 1, "list": [["n": 1], ["n": 2]]], context: ["Execution": ["Id": "x-1"]],
        variables: ["v": ["k": 7]])

    private func evaluate(_ template: JSON) throws -> JSON {
        var random = SeededGenerator(fixed: 1)
        return try PayloadTemplate(compiling: template).evaluate(in: scope, using: &random)
    }

    @Test(
        arguments: [
            (["x.$": "$.a"], ["x": 1]), (["x": "$.a"], ["x": "$.a"]),
            (["b": 1, "a.$": "$$.Execution.Id", "c.$": "$v.k"], ["b": 1, "a": "x-1", "c": 7]),
            (["l": ["$.a", ["x.$": "$.list[*].n"], [["y.$": "$.a"]]]], ["l": ["$.a", ["x": [1, 2]], [["y": 1]]]]),
            (["x.$": "States.Format('{}', $.a)"], ["x": "1"]), (["x.$": "$.none[*]"], ["x": []]), ("$.a", "$.a"),
            (nil, nil),
            (["x.$.$": "$.a"], ["x.$": 1]), ([:], [:]), (["x.$y": "$.a"], ["x.$y": "$.a"]),
        ] as [(JSON, JSON)])
    func `values`(template: JSON, expected: JSON) throws {
        let value = try evaluate(template)
        #expect(value == expected)
        #expect(value.serialized() == expected.serialized())
    }

    @Test func `all mistakes are reported with their places`() {
        let template: JSON = [
            "parsed.$": "States.Nope()", "ok.$": "$.a", "deep": [1, ["k/l.$": "not a path"]], "n.$": 1, "twice": 1,
            "twice.$": "$.a",
        ]
        #expect {
            _ = try PayloadTemplate(compiling: template)
        } throws: { error in
            guard case .invalid(let problems) = error as? TemplateError else { return false }
            #expect(problems.map(\.pointer) == ["/parsed.$", "/deep/1/k~1l.$", "/n.$", "/twice.$"])
            #expect(problems.map(\.key) == ["parsed.$", "k/l.$", "n.$", "twice.$"])
            #expect(
                problems[0].message
                    == "The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic function call")
            return true
        }
    }

    @Test(arguments: ["$.b", "States.Format('{}', $.b)"])
    func `a path to nothing is reported as AWS does`(text: String) {
        let template = JSON.object(["outer": .object(["value.$": .string(text)])])
        #expect {
            _ = try evaluate(template)
        } throws: { error in
            guard let error = error as? TemplateError, case .path(_, "value.$", "$.b", _) = error else { return false }
            return error.description
                == "The JSONPath '$.b' specified for the field 'value.$' could not be found in the input "
                + #"'{"a":1,"list":[{"n":1},{"n":2}]}'"#
        }
    }

    @Test func `a function that fails is reported with its key`() {
        #expect {
            _ = try evaluate(["x.$": "States.MathAdd('a', 1)"])
        } throws: { error in
            guard case .intrinsic(_, key: "x.$") = error as? TemplateError else { return false }
            return true
        }
    }

    @Test func `what does not depend on the scope is constant`() throws {
        #expect(try PayloadTemplate(compiling: ["a": [1, ["b": "$.c"]]]).isConstant)
        #expect(try !PayloadTemplate(compiling: ["a": [1, ["b.$": "$.c"]]]).isConstant)
        #expect(try !PayloadTemplate(compiling: ["b.$": "States.UUID()"]).isConstant)
    }

    @Test func `single expressions name their field`() throws {
        var random = SeededGenerator(fixed: 1)
        let cause = try PayloadTemplate(compilingExpression: "States.Format('e{}', $.a)", field: "CausePath")
        #expect(try cause.evaluate(in: scope, using: &random) == "e1")
        #expect(throws: TemplateError.self) { try PayloadTemplate(compilingExpression: "x", field: "CausePath") }
        #expect(
            try PayloadTemplate(compiling: ["x.$": "$.a", "y": [["z.$": "States.Array($v)"]]]).paths.map(\.text) == [
                "$.a", "$v",
            ])
    }
}
