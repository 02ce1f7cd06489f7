import JSONValue

/// Task, with its resource.
extension DefinitionDecoder {
    mutating func task(
        _ node: SourceNode, _ language: QueryLanguage, _ vertex: inout TransitionGraph.Vertex
    ) -> State.Kind? {
        require(["Resource"], of: node)
        let resource = resource(of: node)
        checkCredentials(of: node, resource)
        let retry = retriers(of: node)
        let catchers = catchers(of: node, language, &vertex)
        let timeout = integerOrPath(node, "TimeoutSeconds", in: 1...99_999_999, language)
        let heartbeat = integerOrPath(node, "HeartbeatSeconds", in: 1...99_999_999, language)
        if case .constant(let limit) = timeout, case .constant(let interval) = heartbeat, interval >= limit,
            let field = node["HeartbeatSeconds"]
        {
            report("'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'", at: field)
        }
        let payload = language == .jsonPath ? "Parameters" : "Arguments"
        let parameters = template(node, payload, language)
        checkRequiredParameter(in: node[payload], of: node, resource)
        let selector = language == .jsonPath ? template(node, "ResultSelector") : nil
        let credentials = template(node, "Credentials", language)
        let resultPath = resultPath(node, language)
        guard let resource else { return nil }
        return .task(
            TaskState(
                resource: resource, parameters: parameters, resultSelector: selector, resultPath: resultPath,
                timeout: timeout, heartbeat: heartbeat, credentials: credentials, retry: retry, catchers: catchers))
    }

    private mutating func resource(of node: SourceNode) -> TaskResource? {
        guard let text = string(node, "Resource"), let field = node["Resource"] else { return nil }
        guard text.hasPrefix("arn:") else {
            report("Value is not a valid resource ARN", at: field)
            return nil
        }
        guard let resource = TaskResource(parsing: text), IntegrationCatalog.contains(resource) else {
            report(
                """
                The resource provided \(text) is not recognized. The value is not a valid resource ARN, or the \
                resource is not available in this region.
                """, at: field)
            return nil
        }
        if type == .express && !checkExpress(resource, at: field) { return nil }
        return resource
    }

    private mutating func checkExpress(_ resource: TaskResource, at field: SourceNode) -> Bool {
        if case .activity = resource.target {
            report("Express state machine does not support Activity ARN", at: field)
            return false
        }
        switch resource.pattern {
        case .requestResponse:
            return true
        case .sync, .sync2:
            report("Express state machine does not support '.sync' service integration", at: field)
        case .waitForTaskToken:
            // AWS's text ends with a blank.
            report("Express state machine does not support '.waitForTaskToken' service integration ", at: field)
        }
        return false
    }

    private mutating func checkCredentials(of node: SourceNode, _ resource: TaskResource?) {
        guard let credentials = node["Credentials"] else { return }
        if case .activity = resource?.target {
            report("The field 'Credentials' is not supported for activities", at: credentials)
        } else if credentials.isObject && !credentials.has("RoleArn") && !credentials.has("RoleArn.$") {
            report("The field 'RoleArn' is required but was missing", at: credentials)
        } else if !credentials.isObject && credentials.value.stringValue == nil {
            report("Expected value of type Object", at: credentials)
        }
    }

    private mutating func checkRequiredParameter(
        in parameters: SourceNode?, of node: SourceNode, _ resource: TaskResource?
    ) {
        let name: String
        switch resource?.target {
        case .service("lambda", "invoke"): name = "FunctionName"
        case .service("states", "startExecution"): name = "StateMachineArn"
        default: return
        }
        guard let parameters else {
            report("The field '\(name)' is required but was missing", at: node)
            return
        }
        if parameters.isObject && !parameters.has(name) && !parameters.has(name + ".$") {
            report("The field '\(name)' is required but was missing", at: parameters)
        }
    }
}
