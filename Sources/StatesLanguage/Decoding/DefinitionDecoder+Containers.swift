import JSONValue

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
        return .parallel(
            ParallelState(
                branches: branches,
                parameters: template(node, language == .jsonPath ? "Parameters" : "Arguments", language),
                resultSelector: language == .jsonPath ? template(node, "ResultSelector") : nil,
                resultPath: resultPath(node, language), retry: retry, catchers: catchers))
    }

    mutating func map(
        _ node: SourceNode, _ language: QueryLanguage, _ vertex: inout TransitionGraph.Vertex
    ) -> State.Kind? {
        let (processor, executionType) = processor(of: node)
        let distributed = distributedMap(node, executionType, language)
        let label = label(of: node)
        let retry = retriers(of: node)
        let catchers = catchers(of: node, language, &vertex)
        atMostOne(of: ["Parameters", "ItemSelector"], in: node)
        let parameters = language == .jsonPath ? template(node, "Parameters", language) : nil
        let selector = template(node, "ItemSelector", language) ?? parameters
        let itemsPath = language == .jsonPath ? singlePath(node, "ItemsPath") : nil
        let items = language == .jsonata ? items(of: node) : nil
        let maxConcurrency = integerOrPath(node, "MaxConcurrency", in: 0...99_999_999, language)
        let count = integerOrPath(node, "ToleratedFailureCount", in: 0...99_999_999, language)
        let percentage = percentage(of: node, language)
        let resultSelector = language == .jsonPath ? template(node, "ResultSelector") : nil
        let resultPath = resultPath(node, language)
        guard let processor else { return nil }
        return .map(
            MapState(
                processor: processor, itemsPath: itemsPath, items: items, itemSelector: selector,
                resultSelector: resultSelector,
                resultPath: resultPath, maxConcurrency: maxConcurrency, toleratedFailureCount: count,
                toleratedFailurePercentage: percentage, label: label, distributed: distributed, retry: retry,
                catchers: catchers))
    }

    private mutating func processor(
        of node: SourceNode
    ) -> (states: StatesBlock?, executionType: DistributedMap.ExecutionType?) {
        _ = exactlyOne(of: ["ItemProcessor", "Iterator"], in: node)
        var found: (states: StatesBlock?, executionType: DistributedMap.ExecutionType?)
        for key in ["ItemProcessor", "Iterator"] {
            guard let processor = node[key] else { continue }
            guard processor.isObject else {
                report("Expected value of type Object", at: processor)
                continue
            }
            checkFields(of: processor, allowed: FieldTable.processor)
            _ = string(processor, "Comment")
            let executionType = processor["ProcessorConfig"].flatMap { processorConfiguration($0) }
            found.executionType = found.executionType ?? executionType
            // A child execution begins without variables.
            let outer = variableScopes
            if executionType != nil { variableScopes = [] }
            if let block = block(processor) { found.states = found.states ?? block }
            variableScopes = outer
        }
        return found
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

    /// An array, or an expression that makes one.
    private mutating func items(of node: SourceNode) -> ExpressionTemplate? {
        guard let field = node["Items"] else { return nil }
        let template = expressions(node, "Items")
        if case .constant(let value)? = template, value.arrayValue == nil {
            report("Expected value of type Array", at: field)
            return nil
        }
        if case .object? = template {
            report("Expected value of type Array", at: field)
            return nil
        }
        return template
    }

    private mutating func percentage(of node: SourceNode, _ language: QueryLanguage) -> NumberSource<Double>? {
        let key = "ToleratedFailurePercentage"
        atMostOne(of: [key, key + "Path"], in: node)
        let dynamic = expression(node, key, language)
        if dynamic.isExpression { return dynamic.expression.map { .expression($0) } }
        if node.has(key) { return number(node, key, minimum: 0, maximum: 100).map { .constant($0) } }
        guard language == .jsonPath else { return nil }
        return singlePath(node, key + "Path").map { .path($0) }
    }
}
