import Foundation
import JSONValue
import StatesLanguage
import Testing

/// Cases recorded from AWS, where they are at hand: in the folder named by `BATON_CONFORMANCE`, or beside the package.
enum Conformance {
    static let cases: [URL] = {
        let fromEnvironment = ProcessInfo.processInfo.environment["BATON_CONFORMANCE"].map { URL(filePath: $0) }
        let beside = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/conformance")
        let root = (fromEnvironment ?? beside).appending(path: "aws/cases")
        guard let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else { return [] }
        return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
    }()

    static var isAvailable: Bool { !cases.isEmpty }

    struct Definition: Sendable, CustomTestStringConvertible {
        let id: String
        let text: String
        let type: StateMachineType
        /// What AWS made of it: nil if it took it.
        let refusal: Refusal?

        var testDescription: String { id }
    }

    enum Refusal: Sendable {
        /// The message of `InvalidDefinition`.
        case message(String)
        /// What ValidateStateMachineDefinition answered: `CODE: message @ location`.
        case diagnostics([String])
    }

    /// Every definition that a case creates, updates or validates, once its references are filled in.
    static func definitions() throws -> [Definition] {
        var all: [Definition] = []
        for file in cases {
            let recorded = try JSON(parsing: String(contentsOf: file, encoding: .utf8))
            guard let id = recorded["id"]?.stringValue else { continue }
            if let machine = recorded["machine"], let text = machine["definition"]?.stringValue {
                let type = machine["type"]?.stringValue.flatMap(StateMachineType.init(rawValue:)) ?? .standard
                all.append(Definition(id: id, text: filledIn(text), type: type, refusal: nil))
            }
            for step in recorded["steps"]?.arrayValue ?? [] {
                guard let name = step["id"]?.stringValue, let call = step["call"]?.stringValue,
                    [
                        "stepfunctions.CreateStateMachine", "stepfunctions.UpdateStateMachine",
                        "stepfunctions.ValidateStateMachineDefinition",
                    ].contains(call), let text = step["params"]?["definition"]?.stringValue
                else { continue }
                let type = step["params"]?["type"]?.stringValue.flatMap(StateMachineType.init(rawValue:)) ?? .standard
                let refusal = refusal(of: name, in: recorded["checks"]?.arrayValue ?? [])
                all.append(Definition(id: "\(id)#\(name)", text: filledIn(text), type: type, refusal: refusal))
            }
        }
        return all
    }

    private static func refusal(of step: String, in checks: [JSON]) -> Refusal? {
        for check in checks {
            let expected = check["expected"]
            if check["actual"]?["$ref"]?.stringValue == step {
                if let message = expected?["message"]?.stringValue, message.hasPrefix("Invalid State Machine Def") {
                    return .message(message)
                }
                if let found = expected?["diagnostics"]?.arrayValue, !found.isEmpty {
                    return .diagnostics(
                        found.map { finding in
                            let part = { (key: String) in finding[key]?.stringValue ?? "?" }
                            return "\(part("code")): \(part("message")) @ \(part("location"))"
                        })
                }
            }
            let exception =
                expected?["exception_value"]?.stringValue
                ?? (check["actual"]?["$error"] != nil ? expected?.stringValue : nil)
            if let exception, exception.contains("(InvalidDefinition)"),
                let start = exception.range(of: "Invalid State Machine Definition: ")
            {
                return .message(String(exception[start.lowerBound...]))
            }
        }
        return nil
    }

    /// The references of a case stand for what an endpoint answered; ARNs keep their form.
    private static func filledIn(_ text: String) -> String {
        var text = text.replacing("${account}", with: "000000000000").replacing("${region}", with: "us-east-1")
        while let start = text.range(of: "${"), let end = text.range(of: "}", range: start.upperBound..<text.endIndex) {
            let name = text[start.upperBound..<end.lowerBound]
            let value =
                name.hasSuffix("activityArn") || name.hasSuffix("activity_arn")
                ? "arn:aws:states:us-east-1:000000000000:activity:work"
                : name.hasSuffix("FunctionArn") || name.hasSuffix("functionArn")
                    ? "arn:aws:lambda:us-east-1:000000000000:function:work" : "value"
            text.replaceSubrange(start.lowerBound..<end.upperBound, with: value)
        }
        return text
    }
}

@Suite(.enabled(if: Conformance.isAvailable, "the recorded cases are not here; see BATON_CONFORMANCE"))
struct ConformanceTests {
    @Test func `what AWS took is taken, as far as it is supported`() throws {
        var taken = 0
        for definition in try Conformance.definitions() where definition.refusal == nil {
            let (compiled, findings) = StateMachineDefinition.validate(definition.text, type: definition.type)
            let errors = findings.filter { $0.severity == .error && $0.code != Diagnostic.Code.notSupported }
            #expect(errors.map(summary) == [], "\(definition.id)")
            if compiled != nil { taken += 1 }
        }
        print("\(taken) recorded definitions compiled")
        #expect(taken > 0)
    }

    @Test func `what AWS refused is refused in its words`() throws {
        var compared = 0
        for definition in try Conformance.definitions() {
            guard let refusal = definition.refusal else { continue }
            compared += 1
            let (_, findings) = StateMachineDefinition.validate(definition.text, type: definition.type)
            let errors = findings.filter { $0.severity == .error && $0.code != Diagnostic.Code.notSupported }
            switch refusal {
            case .message(let message):
                #expect(InvalidDefinition(diagnostics: errors).awsMessage == message, "\(definition.id)")
            case .diagnostics(let expected):
                #expect(
                    errors.map { "\($0.code): \($0.message) @ \($0.location)" } == expected, "\(definition.id)")
            }
        }
        #expect(compared > 0)
    }
}
