import JSONValue
import StatesLanguage

/// A state machine's definition as it lies on disk: Amazon States Language in JSON, or the same in YAML.
struct DefinitionFile {
    let path: String
    /// As it was written.
    let source: String
    /// The definition as JSON; for a JSON file the same text as `source`. Empty where the YAML cannot be read.
    let json: String
    private let yaml: YAMLDocument?
    private let unreadable: Diagnostic?

    init(path: String) throws(CommandError) {
        self.init(path: path, source: try InputFile.text(path))
    }

    init(path: String, source: String) {
        self.path = path
        self.source = source
        guard Self.isYAML(path: path, source: source) else {
            (json, yaml, unreadable) = (source, nil, nil)
            return
        }
        do throws(YAMLDocument.Failure) {
            let document = try YAMLDocument(parsing: source)
            (json, yaml, unreadable) = (document.value.prettyPrinted(), document, nil)
        } catch {
            let finding = Diagnostic(
                code: "INVALID_YAML", message: error.message, location: "", line: error.line, column: error.column)
            (json, yaml, unreadable) = ("", nil, finding)
        }
    }

    /// Every finding, placed in the file as it was written.
    func diagnostics(
        type: StateMachineType = .standard, support: LanguageSupport = .current
    ) -> [Diagnostic] {
        if let unreadable { return [unreadable] }
        let found = StateMachineDefinition.validate(json, type: type, support: support).diagnostics
        guard let yaml else { return found }
        return found.map { finding in
            var finding = finding
            let place = Self.nearest(finding.pointer) { yaml.place(of: $0) }
            finding.line = place?.line
            finding.column = place?.column
            return finding
        }
    }

    /// A machine's name for a file that carries none: `order.asl.json` → `order`.
    var suggestedName: String {
        var name = path.split(separator: "/").last.map(String.init) ?? path
        for ending in [".json", ".yaml", ".yml", ".asl"] where name.hasSuffix(ending) && name.count > ending.count {
            name.removeLast(ending.count)
        }
        return name
    }

    private static func isYAML(path: String, source: String) -> Bool {
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") { return true }
        if path.hasSuffix(".json") { return false }
        return source.utf8.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } != UInt8(ascii: "{")
    }

    /// The place of a value, or of the nearest one around it: a finding may concern a member that is absent.
    private static func nearest(
        _ pointer: String, _ place: (String) -> (line: Int, column: Int)?
    ) -> (line: Int, column: Int)? {
        var pointer = pointer
        while true {
            if let found = place(pointer) { return found }
            guard let slash = pointer.lastIndex(of: "/") else { return nil }
            pointer = String(pointer[..<slash])
        }
    }
}

extension DefinitionFile {
    /// The activities that the definition's tasks name, with their ARNs, in the order of the text.
    func activities() -> [(name: String, arn: String)] {
        guard let definition = try? JSON(parsing: json) else { return [] }
        var found: [(name: String, arn: String)] = []
        Self.collectActivities(definition, into: &found)
        return found
    }

    private static func collectActivities(_ value: JSON, into found: inout [(name: String, arn: String)]) {
        switch value {
        case .object(let members):
            if let resource = members["Resource"]?.stringValue, members["Type"]?.stringValue == "Task",
                case .activity(let name) = TaskResource(parsing: resource)?.target,
                !found.contains(where: { $0.arn == resource })
            {
                found.append((name, resource))
            }
            for member in members { collectActivities(member.value, into: &found) }
        case .array(let elements):
            for element in elements { collectActivities(element, into: &found) }
        default: break
        }
    }
}
