import Foundation
import JSONValue

/// A case recorded from AWS. The format is described in the README next to the cases.
struct RecordedCase: Sendable, CustomStringConvertible {
    let id: String
    let value: JSON

    var description: String { id }

    /// The folder of the recordings; nil where there is none.
    static let folder: URL? = {
        let root =
            ProcessInfo.processInfo.environment["BATON_CONFORMANCE"].map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("../shared/conformance")
        let folder = root.appendingPathComponent("aws/cases/visible").standardized
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    static func load() throws -> [RecordedCase] {
        guard let folder, let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
            return []
        }
        var cases: [RecordedCase] = []
        for case let file as URL in files where file.pathExtension == "json" {
            let text = try String(contentsOf: file, encoding: .utf8)
            let value = try JSON(parsing: text)
            guard let id = value["id"]?.stringValue else { continue }
            cases.append(RecordedCase(id: id, value: value))
        }
        return cases.sorted { $0.id < $1.id }
    }

    /// Whether the interpreter alone can play it: no services but Lambda, nothing but executions.
    var isPlayable: Bool {
        let services = value["requires"]?.arrayValue?.compactMap(\.stringValue) ?? []
        guard services.allSatisfy({ $0 == "lambda" }) else { return false }
        let machines = definitions
        guard !machines.isEmpty, machines.allSatisfy(Self.isPlayable) else { return false }
        switch value["kind"]?.stringValue {
        case "execution": return value["machine"]?["type"]?.stringValue == "STANDARD"
        case "script":
            // Those that are about the API itself, or about definitions that it refuses.
            guard !id.hasPrefix("api/"), !checks.contains(where: { $0.isAboutError }) else {
                return false
            }
            return steps.allSatisfy { step in
                guard let call = step["call"]?.stringValue else { return step["await"]?.stringValue == "terminated" }
                guard step["until"] == nil else { return false }
                let type = step["params"]?["type"]?.stringValue ?? "STANDARD"
                return Self.calls.contains(call) && type == "STANDARD"
            }
        default: return false
        }
    }

    private static let calls: Set<String> = [
        "stepfunctions.CreateStateMachine", "stepfunctions.StartExecution", "stepfunctions.DescribeExecution",
        "stepfunctions.GetExecutionHistory",
    ]

    private var definitions: [String] {
        if let definition = value["machine"]?["definition"]?.stringValue { return [definition] }
        return steps.compactMap { $0["params"]?["definition"]?.stringValue }
    }

    private static func isPlayable(_ definition: String) -> Bool {
        // Distributed maps and other services.
        for word in ["DISTRIBUTED", "ItemReader", "ResultWriter"]
        where definition.contains(word) { return false }
        let parts = definition.components(separatedBy: "arn:aws:states:::").dropFirst()
        return parts.allSatisfy { $0.hasPrefix("lambda:invoke") }
    }

    var steps: [JSON] { value["steps"]?.arrayValue ?? [] }
    var checks: [JSON] { value["checks"]?.arrayValue ?? [] }

    var unifier: Unifier {
        var kinds: [String: String] = [:]
        var literals: [String: String] = [:]
        for (name, entry) in value["placeholders"]?.objectValue ?? JSONObject() {
            kinds[name] = entry["kind"]?.stringValue
            literals[name] = entry["literal"]?.stringValue
        }
        let tolerated = value["introduced_later"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return Unifier(kinds: kinds, literals: literals, tolerated: Set(tolerated))
    }
}

extension JSON {
    /// Whether a check is about the answer to a call that was refused.
    fileprivate var isAboutError: Bool {
        serialized().contains("$error") || self["expected"]?["Error"]?["Code"] != nil
    }
}
