import Foundation
import JSONValue
import JSONata
import Testing

/// JSONata as the Amazon States Language has it, against what was recorded and reported from AWS.
@Suite("In the States Language", .enabled(if: Conformance.folder != nil, "No conformance data next to the checkout"))
struct StatesLanguageTests {
    /// What depends on limits of AWS's own, or shows the hash of a library that this module is only given.
    private static let beyondThisModule: Set<String> = [
        "floci-count-range-over", "floci-chain-200", "floci-hash-sha1",
    ]

    @Test func everyCase() throws {
        guard let folder = Conformance.folder else { return }
        let cases = try Conformance.json(folder.appending(path: "asl.json"))["cases"]?.arrayValue ?? []
        #expect(!cases.isEmpty)
        var passed = 0
        for item in cases {
            let id = item["id"]?.stringValue ?? ""
            if Self.beyondThisModule.contains(id) { continue }
            let problem = failure(of: item)
            if problem == nil { passed += 1 }
            #expect(problem == nil, "\(id): \(item["expr"] ?? nil)")
        }
        print("JSONata in the States Language: \(passed) of \(cases.count) cases pass")
    }

    private func failure(of item: JSON) -> String? {
        let source = item["expr"]?.stringValue ?? ""
        let expression: JSONata.Expression
        do throws(JSONataError) {
            expression = try JSONata.Expression(source, level: .v206, dialect: .statesLanguage)
        } catch {
            guard let refusal = item["invalidDefinition"] else { return "does not parse: \(error)" }
            guard refusal["code"] == "INVALID_JSONATA_EXPRESSION" else { return "parse error \(error)" }
            return refusal["message"]?.stringValue == error.message ? nil : error.message
        }
        if let refusal = item["invalidDefinition"] {
            guard let name = expression.topLevelReference else { return "is accepted" }
            let message = "Reference to '\(name)' at the top level is not supported."
            return refusal["message"]?.stringValue == message ? nil : message
        }
        let bindings: [String: JSON] = ["states": ["input": item["input"] ?? [:]]]
        let environment = EvaluationEnvironment(now: Timestamp(microseconds: 0), seed: 1, nonFiniteNumbers: .text)
        let field = item["field"]?.stringValue ?? ""
        let prefix = "The JSONata expression '\(source)' specified for the field '\(field)' "
        do throws(JSONataError) {
            let result = try expression.evaluate(nil, bindings: bindings, environment: environment)
            if let wanted = item["result"] {
                guard let result else { return "nothing" }
                return result.isEquivalent(to: wanted) ? nil : "\(result)"
            }
            guard let message = item["message"]?.stringValue else { return "has no expectation" }
            guard let result else { return message == prefix + "returned nothing (undefined)." ? nil : "nothing" }
            // The type that a field wants is not known here; the value shows in the message.
            return message.hasSuffix(" for value: \(result)") ? nil : "\(result)"
        } catch {
            let separator = error.exceededLimit == nil ? ". \(error.code): " : ": "
            let message = prefix + "threw an error during evaluation" + separator + error.message
            return item["message"]?.stringValue == message ? nil : message
        }
    }
}
