import Intrinsics
import JSONPath
import JSONValue
import Testing

@Suite struct IntrinsicConformanceTests {
    @Test(.enabled(if: Conformance.isAvailable("jsonpath/aws-intrinsics.json"), "no recorded answers"))
    func `functions answer what AWS answered`() throws {
        var random = SeededGenerator(seed: 1)
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

/// SplitMix64: a generator whose numbers follow from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
