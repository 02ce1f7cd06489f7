import JSONValue

/// Turns the JSON of a definition into the model, and collects everything that is wrong with it.
///
/// Texts and codes are those of AWS where they are known; they were recorded by CreateStateMachine and
/// ValidateStateMachineDefinition. Every function that finds something wrong reports it and goes on with what it has,
/// so that one run finds everything; what could not be decoded is nil, and then an error has been reported.
struct DefinitionDecoder {
    typealias Code = Diagnostic.Code

    let source: PositionedJSON
    let type: StateMachineType
    let support: LanguageSupport
    private(set) var diagnostics: [Diagnostic] = []
    /// The language of states that do not choose one. A Map or Parallel state does not pass its own on.
    var machineLanguage = QueryLanguage.jsonPath
    var stateNames: Set<String> = []
    /// The variables that may be set when the state is entered that is read, those of its own block last.
    var variableScopes: [Set<String>] = []
    /// The states that are read, from the outermost in.
    var statePath: [String] = []
    var variableReferences: [String: Set<String>] = [:]
    var labels: Set<String> = []
    /// An expression, a path that searches, or a function was read.
    var hasCostlyFields = false
    var blockDepth = 0
    var conditionDepth = 0
    /// Whether the machine is made of a single state, so that what it leads to is not there.
    var isFragment = false

    /// Blocks within blocks, and conditions within conditions.
    static let maximumDepth = 50

    init(source: PositionedJSON, type: StateMachineType, support: LanguageSupport = .current) {
        self.source = source
        self.type = type
        self.support = support
    }

    // MARK: Reporting

    /// - Parameters:
    ///   - node: What the finding is about; its location is reported.
    ///   - key: A member of `node`: its line and column are reported instead of the object's.
    mutating func report(
        _ message: String, at node: SourceNode, key: String? = nil, code: String = Code.schema,
        severity: Diagnostic.Severity = .error
    ) {
        let position =
            if let key {
                source.keyPosition(of: JSONPointer.appending(key, to: node.pointer))
            } else {
                source.position(of: node.pointer)
            }
        diagnostics.append(
            Diagnostic(
                severity: severity, code: code, message: message, location: node.location.isEmpty ? "/" : node.location,
                pointer: node.pointer, line: position?.line, column: position?.column))
    }

    /// A finding about a definition as a whole, or about one of its blocks as a whole.
    mutating func report(wholeOf block: SourceNode, _ message: String, code: String) {
        let position = source.position(of: block.pointer)
        diagnostics.append(
            Diagnostic(
                code: code, message: message, location: block.location, pointer: block.pointer, line: position?.line,
                column: position?.column))
    }

    /// A finding about a state's name: the key of a `States` object.
    mutating func report(stateNamed node: SourceNode, _ message: String, code: String) {
        let position = source.keyPosition(of: node.pointer)
        diagnostics.append(
            Diagnostic(
                code: code, message: message, location: node.location, pointer: node.pointer, line: position?.line,
                column: position?.column))
    }

    // MARK: The machine

    mutating func machine() -> StateMachineDefinition? {
        let root = SourceNode(root: source.value)
        guard root.isObject else {
            report("Expected value of type Object", at: root)
            return nil
        }
        reportDuplicateKeys()
        checkFields(of: root, allowed: FieldTable.machine)
        let comment = string(root, "Comment")
        if let version = string(root, "Version"), version != "1.0", let node = root["Version"] {
            report("Value should be one of the following: [1.0]", at: node)
        }
        // AWS takes 0 here; a limit of no time makes no sense, so it stands for no limit.
        let timeout = integer(root, "TimeoutSeconds", in: 0...99_999_999).flatMap { $0 == 0 ? nil : $0 }
        if let language = queryLanguage(of: root) { machineLanguage = language }
        let states = block(root)
        guard let states else { return nil }
        return StateMachineDefinition(
            comment: comment, queryLanguage: machineLanguage, timeoutSeconds: timeout, states: states,
            variableReferences: variableReferences.mapValues { $0.sorted() }, hasCostlyFields: hasCostlyFields)
    }

    /// The language that an object chooses; reports one that cannot be run.
    mutating func queryLanguage(of node: SourceNode) -> QueryLanguage? {
        guard let text = string(node, "QueryLanguage"), let field = node["QueryLanguage"] else { return nil }
        guard let language = QueryLanguage(rawValue: text) else {
            report("Value should be one of the following: [JSONPath, JSONata]", at: field)
            return nil
        }
        return language
    }

    private mutating func reportDuplicateKeys() {
        for pointer in source.duplicateKeys {
            let tokens = pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            let key = JSONPointer.unescape(tokens.last ?? "")
            let isState = tokens.count >= 2 && tokens[tokens.endIndex - 2] == "States"
            let position = source.keyPosition(of: pointer)
            diagnostics.append(
                Diagnostic(
                    code: isState ? Code.duplicateStateName : Code.invalidJSON,
                    message: isState ? "Duplicate State name: \(key)" : "Duplicate field '\(key)'",
                    location: awsLocation(of: tokens), pointer: pointer, line: position?.line,
                    column: position?.column))
        }
    }

    private func awsLocation(of tokens: ArraySlice<Substring>) -> String {
        var location = ""
        var value = source.value
        for token in tokens {
            if case .array(let elements) = value, let index = Int(token), elements.indices.contains(index) {
                location += "[\(index)]"
                value = elements[index]
            } else {
                let key = JSONPointer.unescape(token)
                location += "/" + key
                value = value[key] ?? .null
            }
        }
        return location
    }
}
