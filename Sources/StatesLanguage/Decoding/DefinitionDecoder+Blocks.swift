/// The `States` objects and what all states have in common.
extension DefinitionDecoder {
    /// The `StartAt` and `States` of a machine, a branch or an item processor, whose own fields have been checked.
    mutating func block(_ node: SourceNode) -> StatesBlock? {
        blockDepth += 1
        defer { blockDepth -= 1 }
        guard blockDepth <= Self.maximumDepth else {
            report("States are nested deeper than \(Self.maximumDepth) levels", at: node, code: Code.tooDeeplyNested)
            return nil
        }
        require(["StartAt", "States"], of: node)
        let startAt = string(node, "StartAt")
        guard let statesNode = node["States"] else { return nil }
        guard statesNode.isObject else {
            report("Expected value of type Object", at: statesNode)
            return nil
        }
        let members = statesNode.members
        guard !members.isEmpty else {
            report("Value cannot be empty", at: statesNode)
            return nil
        }
        let flow = assignmentFlow(of: members)
        variableScopes.append([])
        defer { variableScopes.removeLast() }
        var graph = TransitionGraph()
        var states: [String: State] = [:]
        for (position, (name, stateNode)) in members.enumerated() {
            checkName(name, of: stateNode)
            variableScopes[variableScopes.count - 1] = flow.namesBefore[name] ?? []
            var vertex = TransitionGraph.Vertex(name: name, node: stateNode)
            statePath.append(name)
            states[name] = state(stateNode, named: name, at: position, &vertex)
            statePath.removeLast()
            graph.add(vertex)
        }
        check(graph, of: node, startAt: startAt)
        guard let startAt, states.count == members.count else { return nil }
        return StatesBlock(startAt: startAt, states: states)
    }

    private mutating func checkName(_ name: String, of node: SourceNode) {
        if name.isEmpty || name.unicodeScalars.count > 80 {
            report(
                stateNamed: node, "State name must be between 1 and 80 characters long", code: Code.invalidStateName)
        }
        // Names are one scope, however deep the blocks are nested.
        if !stateNames.insert(name).inserted {
            report(stateNamed: node, "Duplicate State name: \(name)", code: Code.duplicateStateName)
        }
    }

    private mutating func state(
        _ node: SourceNode, named name: String, at position: Int, _ vertex: inout TransitionGraph.Vertex
    ) -> State? {
        guard node.isObject else {
            report("Expected value of type Object", at: node)
            vertex.isOpaque = true
            return nil
        }
        guard let type = stateType(of: node) else {
            vertex.isOpaque = true
            return nil
        }
        let allowed = FieldTable.state(type)
        checkFields(of: node, allowed: allowed)
        let comment = string(node, "Comment")
        let language = stateLanguage(of: node)
        checkLanguage(of: node, allowed: allowed, language)
        let fields: StatesFields = [.task, .parallel, .map].contains(type) ? .result : []
        let assign = assign(node, language, using: fields)
        let output = language == .jsonata ? expressions(node, "Output", using: fields) : nil
        let transition = transition(of: node, type, &vertex)
        let inputPath = dataPath(node, "InputPath", language)
        let outputPath = dataPath(node, "OutputPath", language)
        guard let kind = kind(of: node, type, language, &vertex) else { return nil }
        return State(
            name: name, position: position, pointer: node.pointer, comment: comment, queryLanguage: language,
            inputPath: inputPath, outputPath: outputPath, assign: assign, output: output, transition: transition,
            kind: kind)
    }

    private mutating func stateType(of node: SourceNode) -> FieldTable.StateType? {
        require(["Type"], of: node)
        guard let text = string(node, "Type"), let field = node["Type"] else { return nil }
        guard let type = FieldTable.StateType(rawValue: text) else {
            let all = FieldTable.StateType.allCases.map(\.rawValue).joined(separator: ", ")
            report("The field 'Type' should have one of these values: [\(all)]", at: field)
            return nil
        }
        return type
    }

    private mutating func stateLanguage(of node: SourceNode) -> QueryLanguage {
        guard let language = queryLanguage(of: node) else { return machineLanguage }
        if machineLanguage == .jsonata && language == .jsonPath {
            report(
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", at: node,
                key: "QueryLanguage")
            return machineLanguage
        }
        return language
    }

    private mutating func transition(
        of node: SourceNode, _ type: FieldTable.StateType, _ vertex: inout TransitionGraph.Vertex
    ) -> Transition? {
        switch type {
        case .succeed, .fail:
            vertex.isTerminal = true
            return nil
        case .choice:
            return nil
        case .task, .wait, .pass, .parallel, .map:
            break
        }
        let end = boolean(node, "End")
        let next = target(node, "Next", &vertex)
        if end == true { vertex.isTerminal = true }
        // "End": false says nothing; a wrong type has been reported and is no reason for a second finding.
        let hasEnd = node.has("End") && end != false
        switch (node.has("Next"), hasEnd) {
        case (true, true):
            report("There should only be one of the following fields: [Next, End]", at: node, key: "End")
        case (false, false):
            report("This object should have only one of the following fields: [Next, End]", at: node)
        default:
            break
        }
        if let next { return .next(next) }
        return end == true ? .end : nil
    }

    /// A field that names another state of the same block.
    mutating func target(
        _ object: SourceNode, _ key: String, _ vertex: inout TransitionGraph.Vertex
    ) -> String? {
        guard let name = string(object, key), let node = object[key] else { return nil }
        vertex.edges.append(.init(target: name, node: node))
        return name
    }

    private mutating func kind(
        of node: SourceNode, _ type: FieldTable.StateType, _ language: QueryLanguage,
        _ vertex: inout TransitionGraph.Vertex
    ) -> State.Kind? {
        switch type {
        case .succeed: .succeed
        case .pass: pass(node, language)
        case .fail: fail(node, language)
        case .wait: wait(node, language)
        case .task: task(node, language, &vertex)
        case .choice: choice(node, language, &vertex)
        case .parallel: parallel(node, language, &vertex)
        case .map: map(node, language, &vertex)
        }
    }
}
