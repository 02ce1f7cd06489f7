import JSONValue

extension Journal {
    static func event(from element: JSON) throws(FieldError) -> JournalEvent {
        var fields = try Fields(element)
        let id = try fields.optionalInt("id")
        let previous = try fields.int("previous")
        let time = try fields.time("time")
        let scope = try fields.int("scope")
        let kind = try kind(of: try fields.string("type"), &fields)
        guard (id != nil) == kind.isInHistory else { throw FieldError(message: "the id does not fit the type") }
        return JournalEvent(id: id, previousID: previous, time: time, scope: scope, kind: kind)
    }

    private static func kind(of type: String, _ fields: inout Fields) throws(FieldError) -> JournalEvent.Kind {
        // Most events are a state's or a task's, and comparing texts one by one takes longer than all the rest.
        switch forms[UTF8Key(type)] {
        case .entered(let state)?:
            .stateEntered(state, name: try fields.string("state"), input: try fields.json("input"))
        case .exited(let state)?:
            .stateExited(
                state, name: try fields.string("state"), output: try fields.json("output"),
                assigned: try fields.optionalObject("assigned"), next: try fields.optionalString("next"))
        case .aborted(let state)?: .stateAborted(state)
        case .task(let event)?: try kind(of: event, &fields)
        case nil: try otherKind(of: type, &fields)
        }
    }

    /// What the type of a state's or a task's event says.
    private enum Form {
        case entered(JournalEvent.StateKind)
        case exited(JournalEvent.StateKind)
        case aborted(JournalEvent.StateKind)
        case task(TaskEvent)
    }

    private enum TaskEvent: String, CaseIterable {
        case scheduled = "Scheduled"
        case started = "Started"
        case submitted = "Submitted"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case timedOut = "TimedOut"
    }

    private static let forms: [UTF8Key: Form] = {
        var forms: [UTF8Key: Form] = [:]
        for state in JournalEvent.StateKind.allCases {
            forms[UTF8Key(state.rawValue + "StateEntered")] = .entered(state)
            forms[UTF8Key(state.rawValue + "StateExited")] = .exited(state)
            forms[UTF8Key(state.rawValue + "StateAborted")] = .aborted(state)
        }
        for integration in [JournalEvent.Integration.activity, .function, .invoke] {
            for event in TaskEvent.allCases { forms[UTF8Key(integration.prefix + event.rawValue)] = .task(event) }
        }
        return forms
    }()

    private static func kind(of event: TaskEvent, _ fields: inout Fields) throws(FieldError) -> JournalEvent.Kind {
        if case .scheduled = event { return .taskScheduled(try schedule(&fields)) }
        let task = try fields.int("task")
        let integration: JournalEvent.Integration = try fields.value("integration")
        let resource = try fields.string("resource")
        switch event {
        case .started:
            return .taskStarted(
                task: task, integration, resource: resource, worker: try fields.optionalString("worker"))
        case .submitted:
            return .taskSubmitted(task: task, integration, resource: resource, output: try fields.json("output"))
        case .scheduled, .succeeded:
            return .taskSucceeded(task: task, integration, resource: resource, output: try fields.json("output"))
        case .failed: return .taskFailed(task: task, integration, resource: resource, try failure(&fields))
        case .timedOut: return .taskTimedOut(task: task, integration, resource: resource, try failure(&fields))
        }
    }

    private static func otherKind(of type: String, _ fields: inout Fields) throws(FieldError) -> JournalEvent.Kind {
        switch type {
        case "ExecutionStarted":
            .executionStarted(
                input: try fields.json("input"), roleARN: try fields.string("roleArn"),
                timeout: try optionalTimer("timeout", &fields))
        case "ExecutionSucceeded": .executionSucceeded(output: try fields.json("output"))
        case "ExecutionFailed": .executionFailed(try failure(&fields))
        case "ExecutionTimedOut": .executionTimedOut
        case "ExecutionAborted": .executionAborted(try failure(&fields))
        case "ExecutionRedriven":
            .executionRedriven(
                count: try fields.int("redriveCount"), state: try fields.json("state"),
                timeout: try optionalTimer("timeout", &fields))
        case "EvaluationFailed":
            .evaluationFailed(
                try failure(&fields), state: try fields.string("state"), field: try fields.optionalString("field"))
        case "ParallelStateStarted": .parallelStarted(input: try fields.json("input"))
        case "ParallelStateSucceeded": .parallelSucceeded
        case "ParallelStateFailed": .parallelFailed
        case "MapStateStarted":
            if fields.has("items") {
                .mapStarted(try plan(&fields))
            } else {
                .distributedMapStarted(length: try fields.int("length"))
            }
        case "MapRunStarted": .mapRunStarted(arn: try fields.string("mapRun"))
        case "MapRunSucceeded": .mapRunSucceeded
        case "MapRunFailed": .mapRunFailed(try failure(&fields))
        case "MapRunAborted": .mapRunAborted
        case "MapRunRedriven": .mapRunRedriven(arn: try fields.string("mapRun"), count: try fields.int("count"))
        case "MapStateSucceeded": .mapSucceeded
        case "MapStateFailed": .mapFailed
        case "MapIterationStarted":
            .iterationStarted(
                name: try fields.string("state"), index: try fields.int("index"), input: try fields.json("input"))
        case "MapIterationSucceeded":
            .iterationSucceeded(name: try fields.string("state"), index: try fields.int("index"))
        case "MapIterationFailed":
            .iterationFailed(
                name: try fields.string("state"), index: try fields.int("index"),
                tolerated: try fields.bool("tolerated"))
        case "MapIterationAborted":
            .iterationAborted(name: try fields.string("state"), index: try fields.int("index"))
        case "regionClosed": .regionClosed(previous: try fields.int("follows"))
        case "waitStarted": .waitStarted(try timer("timer", &fields))
        case "retryScheduled": .retryScheduled(retrier: try fields.int("retrier"), try timer("timer", &fields))
        case "timerFired": .timerFired(timer: try fields.int("fired"))
        case "heartbeatArmed": .heartbeatArmed(task: try fields.int("task"), try timer("timer", &fields))
        default: throw FieldError(message: "unknown type \(type)")
        }
    }

    private static func failure(_ fields: inout Fields) throws(FieldError) -> StateFailure {
        StateFailure(error: try fields.optionalString("error"), cause: try fields.optionalString("cause"))
    }

    private static func timer(_ key: String, _ fields: inout Fields) throws(FieldError) -> JournalEvent.Timer {
        var timer = try fields.fields(key)
        return try Self.timer(&timer)
    }

    private static func optionalTimer(_ key: String, _ fields: inout Fields) throws(FieldError) -> JournalEvent.Timer? {
        guard var timer = try fields.optionalFields(key) else { return nil }
        return try Self.timer(&timer)
    }

    private static func timer(_ fields: inout Fields) throws(FieldError) -> JournalEvent.Timer {
        JournalEvent.Timer(timer: try fields.int("timer"), due: try fields.time("due"))
    }

    static func plan(_ fields: inout Fields) throws(FieldError) -> JournalEvent.MapPlan {
        JournalEvent.MapPlan(
            items: try fields.array("items"), maxConcurrency: try fields.int("maxConcurrency"),
            toleratedFailureCount: try fields.optionalInt("toleratedFailureCount"),
            toleratedFailurePercentage: try fields.has("toleratedFailurePercentage")
                ? fields.double("toleratedFailurePercentage") : nil,
            input: fields.optionalJSON("input"))
    }

    static func schedule(_ fields: inout Fields) throws(FieldError) -> JournalEvent.TaskSchedule {
        let task = try fields.int("task")
        let integration: JournalEvent.Integration = try fields.value("integration")
        let resource = try fields.string("resource")
        let region = try fields.string("region")
        guard let secret = TaskToken.Secret(try fields.string("secret")) else {
            throw FieldError(message: "the secret is not 32 hexadecimal digits")
        }
        return JournalEvent.TaskSchedule(
            task: task, secret: secret, target: try target(&fields), integration: integration, resource: resource,
            region: region, parameters: try fields.json("parameters"),
            payload: fields.optionalJSON("payload"), attempt: try fields.int("attempt"),
            timeoutSeconds: try fields.optionalInt("timeoutSeconds"),
            heartbeatSeconds: try fields.optionalInt("heartbeatSeconds"),
            timeout: try optionalTimer("timeout", &fields), heartbeatTimer: try fields.optionalInt("heartbeatTimer"))
    }

    private static func target(_ fields: inout Fields) throws(FieldError) -> ScheduledTask.Target {
        if let name = try fields.optionalString("function") { return .function(name: name) }
        if let name = try fields.optionalString("service") {
            return .service(name: name, action: try fields.string("action"))
        }
        return .activity(arn: try fields.string("activityArn"), name: try fields.string("activity"))
    }
}
