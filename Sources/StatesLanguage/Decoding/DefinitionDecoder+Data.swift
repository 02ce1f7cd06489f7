import Intrinsics
import JSONPath
import JSONValue

/// Paths and templates of states with JSONPath.
extension DefinitionDecoder {
    static let invalidPath = "Value must be a valid JSONPath."
    static let pathWithoutDollar = "Value is not a Reference Path: Reference path didn't start with '$'"

    /// A path that is one value of the input, the context object or a variable.
    mutating func path(_ object: SourceNode, _ key: String, orReport message: String = invalidPath) -> Path? {
        guard let text = string(object, key), let node = object[key] else { return nil }
        guard let path = parsePath(text) else {
            report(message, at: node)
            return nil
        }
        checkVariables([path], at: node)
        return path
    }

    /// A path that names one place: no wildcards, slices, filters or functions.
    mutating func singlePath(_ object: SourceNode, _ key: String) -> Path? {
        guard let path = path(object, key), let node = object[key] else { return nil }
        guard path.isReferencePath else {
            report("Value is not a Reference Path: it can stand for several values", at: node)
            return nil
        }
        return path
    }

    /// A path of a Choice rule.
    mutating func choicePath(_ object: SourceNode, _ key: String) -> Path? {
        let startsWithDollar = object[key]?.value.stringValue?.utf8.first == UInt8(ascii: "$")
        return path(object, key, orReport: startsWithDollar ? Self.invalidPath : Self.pathWithoutDollar)
    }

    mutating func dataPath(_ object: SourceNode, _ key: String, _ language: QueryLanguage) -> DataPath {
        guard language == .jsonPath, let node = object[key] else { return .whole }
        if node.value.isNull { return .discard }
        guard node.value.stringValue != "$", let path = path(object, key) else { return .whole }
        return .path(path)
    }

    mutating func resultPath(_ object: SourceNode, _ language: QueryLanguage) -> ResultPath {
        let key = "ResultPath"
        guard language == .jsonPath, let node = object[key] else { return .replace }
        if node.value.isNull { return .discard }
        guard let text = string(object, key), text != "$" else { return .replace }
        guard text.utf8.first == UInt8(ascii: "$") else {
            report(Self.invalidPath, at: node)
            return .replace
        }
        guard let path = parseReferencePath(text) else {
            report("Value is not a Reference Path", at: node)
            return .replace
        }
        return .path(path)
    }

    /// A field with a number or an expression, or the field of the same name with `Path`; at most one of them.
    mutating func integerOrPath(
        _ object: SourceNode, _ key: String, in range: ClosedRange<Int>, _ language: QueryLanguage,
        at place: String = ""
    ) -> NumberSource<Int>? {
        atMostOne(of: [key, key + "Path"], in: object)
        let dynamic = expression(object, key, at: place, language)
        if dynamic.isExpression { return dynamic.expression.map { .expression($0) } }
        if object.has(key) { return integer(object, key, in: range).map { .constant($0) } }
        guard language == .jsonPath else { return nil }
        return singlePath(object, key + "Path").map { .path($0) }
    }

    /// A field with a text or an expression, or the field of the same name with `Path`, which also takes an intrinsic
    /// function.
    mutating func textOrPath(_ object: SourceNode, _ key: String, _ language: QueryLanguage) -> TextSource? {
        let pathKey = key + "Path"
        atMostOne(of: [key, pathKey], in: object)
        let dynamic = expression(object, key, language)
        if dynamic.isExpression { return dynamic.expression.map { .expression($0) } }
        if object.has(key) { return string(object, key).map { .constant($0) } }
        guard language == .jsonPath, let text = string(object, pathKey), let node = object[pathKey] else { return nil }
        if text.utf8.first != UInt8(ascii: "$"), let call = parseIntrinsic(text) {
            hasCostlyFields = true
            checkVariables(call.paths, at: node)
            return .intrinsic(call)
        }
        guard let path = parsePath(text) else {
            report(Self.invalidPath, at: node)
            return nil
        }
        checkVariables([path], at: node)
        return .path(path)
    }

    /// A payload template: `Parameters`, `ResultSelector`, `ItemSelector`, `Credentials`.
    mutating func template(_ object: SourceNode, _ key: String) -> PayloadTemplate? {
        guard let node = object[key] else { return nil }
        let count = diagnostics.count
        checkTemplate(node)
        guard !diagnostics[count...].contains(where: { $0.severity == .error }) else { return nil }
        guard let template = parseTemplate(node.value) else {
            report("Value must be a valid payload template", at: node)
            return nil
        }
        return template
    }

    /// A template in the state's language.
    mutating func template(
        _ object: SourceNode, _ key: String, _ language: QueryLanguage, at place: String = "",
        using fields: StatesFields = []
    ) -> Template? {
        switch language {
        case .jsonPath: template(object, key).map { .paths($0) }
        case .jsonata: expressions(object, key, at: place, using: fields).map { .expressions($0) }
        }
    }

    /// Looks for everything that is wrong with a template, where compiling it would stop at the first.
    private mutating func checkTemplate(_ node: SourceNode) {
        for element in node.elements { checkTemplate(element) }
        var names: Set<String> = []
        for (key, member) in node.members {
            let isDynamic = key.hasSuffix(".$")
            if !names.insert(isDynamic ? String(key.dropLast(2)) : key).inserted {
                report("The field '\(key)' is given twice, with and without '.$'", at: node, key: key)
            }
            if isDynamic {
                checkDynamicValue(of: key, member, in: node)
            } else {
                checkTemplate(member)
                warnAboutMissingDollar(key, member, in: node)
            }
        }
    }

    private mutating func checkDynamicValue(of key: String, _ member: SourceNode, in node: SourceNode) {
        if let text = member.value.stringValue {
            if text.utf8.first == UInt8(ascii: "$") {
                if let path = parsePath(text) { return checkVariables([path], at: member) }
            } else if let call = parseIntrinsic(text) {
                hasCostlyFields = true
                return checkVariables(call.paths, at: member)
            }
        }
        report(
            "The value for the field '\(key)' must be a valid JSONPath or a valid intrinsic function call", at: node,
            key: key)
    }

    private mutating func warnAboutMissingDollar(_ key: String, _ member: SourceNode, in node: SourceNode) {
        guard let text = member.value.stringValue else { return }
        let looksDynamic =
            text.hasPrefix("$.") || text.hasPrefix("$$.") || text.hasPrefix("$[")
            || (text.hasPrefix("States.") && text.hasSuffix(")"))
        guard looksDynamic else { return }
        report(
            "'\(text)' is taken as it is; to have it evaluated name the field '\(key).$'", at: member,
            code: Code.noDollar, severity: .warning)
    }

    private mutating func checkVariables(_ paths: [Path], at node: SourceNode) {
        if paths.contains(where: { !$0.isReferencePath }) { hasCostlyFields = true }
        for path in paths {
            if case .variable(let name) = path.root { checkVariable(name, at: node) }
        }
    }
}

// What the compilers of paths and calls say in detail is left out: AWS's texts name the field instead.
extension DefinitionDecoder {
    fileprivate func parsePath(_ text: String) -> Path? { try? Path(text) }
    fileprivate func parseReferencePath(_ text: String) -> ReferencePath? { try? ReferencePath(text) }
    fileprivate func parseIntrinsic(_ text: String) -> IntrinsicCall? { try? IntrinsicCall(parsing: text) }
    fileprivate func parseTemplate(_ value: JSON) -> PayloadTemplate? { try? PayloadTemplate(compiling: value) }
}
