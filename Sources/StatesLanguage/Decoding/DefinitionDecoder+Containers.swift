/// Parallel and Map.
extension DefinitionDecoder {
    mutating func parallel(
        _ node: SourceNode, _ language: QueryLanguage, _ vertex: inout TransitionGraph.Vertex
    ) -> State.Kind? {
        require(["Branches"], of: node)
        var branches: [StatesBlock] = []
        for branch in array(node, "Branches") ?? [] {
            guard branch.isObject else {
                report("Expected value of type Object", at: branch)
                continue
            }
            checkFields(of: branch, allowed: FieldTable.branch)
            _ = string(branch, "Comment")
            if let block = block(branch) { branches.append(block) }
        }
        let retry = retriers(of: node)
        let catchers = catchers(of: node, language, &vertex)
        guard language == .jsonPath else { return nil }
        return .parallel(
            ParallelState(
                branches: branches, parameters: template(node, "Parameters"),
                resultSelector: template(node, "ResultSelector"), resultPath: resultPath(node), retry: retry,
                catchers: catchers))
    }

    mutating func map(
        _ node: SourceNode, _ language: QueryLanguage, _ vertex: inout TransitionGraph.Vertex
    ) -> State.Kind? {
        let processor = processor(of: node)
        if !support.distributedMap {
            for field in FieldTable.distributedMap {
                guard let found = node[field] else { continue }
                report(LanguageSupport.distributedMessage(field: field), at: found, code: Code.notSupported)
            }
        }
        let label = label(of: node)
        let retry = retriers(of: node)
        let catchers = catchers(of: node, language, &vertex)
        guard language == .jsonPath else { return nil }
        atMostOne(of: ["Parameters", "ItemSelector"], in: node)
        let parameters = template(node, "Parameters")
        let selector = template(node, "ItemSelector") ?? parameters
        let itemsPath = singlePath(node, "ItemsPath")
        let maxConcurrency = integerOrPath(node, "MaxConcurrency", in: 0...99_999_999)
        let count = integerOrPath(node, "ToleratedFailureCount", in: 0...99_999_999)
        let percentage = percentage(of: node)
        let resultSelector = template(node, "ResultSelector")
        let resultPath = resultPath(node)
        guard let processor else { return nil }
        return .map(
            MapState(
                processor: processor, itemsPath: itemsPath, itemSelector: selector, resultSelector: resultSelector,
                resultPath: resultPath, maxConcurrency: maxConcurrency, toleratedFailureCount: count,
                toleratedFailurePercentage: percentage, label: label, retry: retry, catchers: catchers))
    }

    private mutating func processor(of node: SourceNode) -> StatesBlock? {
        _ = exactlyOne(of: ["ItemProcessor", "Iterator"], in: node)
        var found: StatesBlock?
        for key in ["ItemProcessor", "Iterator"] {
            guard let processor = node[key] else { continue }
            guard processor.isObject else {
                report("Expected value of type Object", at: processor)
                continue
            }
            checkFields(of: processor, allowed: FieldTable.processor)
            _ = string(processor, "Comment")
            if let configuration = processor["ProcessorConfig"] { checkConfiguration(configuration) }
            if let block = block(processor) { found = found ?? block }
        }
        return found
    }

    private mutating func checkConfiguration(_ node: SourceNode) {
        guard node.isObject else {
            report("Expected value of type Object", at: node)
            return
        }
        checkFields(of: node, allowed: ["ExecutionType", "Mode"])
        let mode = string(node, "Mode")
        let executionType = string(node, "ExecutionType")
        if let executionType, !["STANDARD", "EXPRESS"].contains(executionType), let field = node["ExecutionType"] {
            report("Value should be one of the following: [STANDARD, EXPRESS]", at: field)
        }
        switch mode {
        case nil, "INLINE":
            if node.has("ExecutionType") {
                report("Field 'ExecutionType' is not supported", at: node, key: "ExecutionType")
            }
        case "DISTRIBUTED":
            require(["ExecutionType"], of: node)
            guard let field = node["Mode"] else { return }
            if type == .express {
                report(
                    "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
                    at: field)
            } else if !support.distributedMap {
                report(LanguageSupport.distributedMessage, at: field, code: Code.notSupported)
            }
        default:
            guard let field = node["Mode"] else { return }
            report("Value should be one of the following: [INLINE, DISTRIBUTED]", at: field)
        }
    }

    private mutating func label(of node: SourceNode) -> String? {
        guard let label = string(node, "Label"), let field = node["Label"] else { return nil }
        if label.isEmpty || label.unicodeScalars.count > 40 {
            report("Label must be between 1 and 40 characters long", at: field, code: Code.invalidLabelName)
        }
        if !labels.insert(label).inserted {
            report("Duplicate label: \(label)", at: field, code: Code.duplicateLabelName)
        }
        return label
    }

    private mutating func percentage(of node: SourceNode) -> NumberSource<Double>? {
        let key = "ToleratedFailurePercentage"
        atMostOne(of: [key, key + "Path"], in: node)
        if node.has(key) { return number(node, key, minimum: 0, maximum: 100).map { .constant($0) } }
        return singlePath(node, key + "Path").map { .path($0) }
    }
}
