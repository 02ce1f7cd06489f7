import Intrinsics
import JSONPath
import JSONValue
import TestSupport
import Testing

@Suite struct IntrinsicConformanceTests {
    @Test(.enabled(if: Conformance.isAvailable("jsonpath/aws-intrinsics.json"), "no recorded answers"))
    func `functions answer what AWS answered`() throws {
        var random = SeededGenerator(fixed: 1)
        let file = try Conformance.load("jsonpath/aws-intrinsics.json")
        for item in file["cases"]?.arrayValue ?? [] {
            let name = "\(item["id"] ?? nil) \(item["expr"] ?? nil)"
            let expression = try #require(item["expr"]?.stringValue)
            let input = item["input"] ?? [:]
            let scope = PathScope(document: input, context: ["Execution": ["Input": input]])
            do throws(TemplateError) {
                let template = try PayloadTemplate(compiling: ["parsed.$": .string(expression)])
                #expect(item["invalidDefinition"] == nil, "\(name) compiles")
                let value = try template.evaluate(in: scope, using: &random)
                #expect(value["parsed"] == item["result"], "\(name): \(value)")
            } catch {
                guard case .invalid(let problems) = error else {
                    Issue.record("\(name): \(error)")
                    continue
                }
                #expect(problems.map(\.message) == [item["invalidDefinition"]?.stringValue], "\(name)")
            }
        }
    }
}
