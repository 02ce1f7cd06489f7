import JSONValue

extension Journal {
    static func event(from fields: Fields) throws(FieldError) -> JournalEvent {
        let kind = try kind(of: try fields.string("type"), fields)
        let id = try fields.optionalInt("id")
        guard (id != nil) == kind.isInHistory else { throw FieldError(message: "the id does not fit the type") }
        return JournalEvent(
            id: id, previousID: try fields.int("previous"), time: try fields.time("time"),
            scope: try fields.int("scope"), kind: kind)
    }

    private static func kind(of type: String, _ fields: Fields) throws(FieldError) -> JournalEvent.Kind {
        switch type {
        case "ExecutionStarted":
            .executionStarted(
                input: try fields.json("input"), roleARN: try fields.string("roleArn"),
                timeout: try optionalTimer("timeout", fields))
        case "ExecutionSucceeded": .executionSucceeded(output: try fields.json("output"))
        case "ExecutionFailed": .executionFailed(try failure(fields))
        case "ExecutionTimedOut": .executionTimedOut
        case "ExecutionAborted": .executionAborted(try failure(fields))
        case "ExecutionRedriven":
            .executionRedriven(
                count: try fields.int("redriveCount"), state: try fields.json("state"),
                timeout: try optionalTimer("timeout", fields))
        case "EvaluationFailed":
            .evaluationFailed(
                try failure(fields), state: try fields.string("state"), field: try fields.optionalString("field"))
        case "ParallelStateStarted": .parallelStarted(input: try fields.json("input"))
        case "ParallelStateSucceeded": .parallelSucceeded
        case "ParallelStateFailed": .parallelFailed
        case "MapStateStarted":
            if fields.has("items") {
                .mapStarted(try plan(fields))
            } else {
                .distributedMapStarted(length: try fields.int("length"))
            }
        case "MapRunStarted": .mapRunStarted(arn: try fields.string("mapRun"))
        case "MapRunSucceeded": .mapRunSucceeded
        case "MapRunFailed": .mapRunFailed(try failure(fields))
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
        case "waitStarted": .waitStarted(try timer("timer", fields))
        case "retryScheduled": .retryScheduled(retrier: try fields.int("retrier"), try timer("timer", fields))
        case "timerFired": .timerFired(timer: try fields.int("fired"))
        case "heartbeatArmed": .heartbeatArmed(task: try fields.int("task"), try timer("timer", fields))
        default:
            if let kind = try stateKind(of: type, fields) { kind } else { try taskKind(of: type, fields) }
        }
    }

    private static func stateKind(of type: String, _ fields: Fields) throws(FieldError) -> JournalEvent.Kind? {
        func state(before ending: String) -> JournalEvent.StateKind? {
            guard type.hasSuffix(ending) else { return nil }
            return JournalEvent.StateKind(rawValue: String(type.dropLast(ending.count)))
        }
        if let state = state(before: "StateEntered") {
            return .stateEntered(state, name: try fields.string("state"), input: try fields.json("input"))
        }
        if let state = state(before: "StateExited") {
            return .stateExited(
                state, name: try fields.string("state"), output: try fields.json("output"),
                assigned: try fields.optionalObject("assigned"), next: try fields.optionalString("next"))
        }
        return state(before: "StateAborted").map { .stateAborted($0) }
    }

    private static func taskKind(of type: String, _ fields: Fields) throws(FieldError) -> JournalEvent.Kind {
        if type.hasSuffix("Scheduled") { return .taskScheduled(try schedule(fields)) }
        let task = try fields.int("task")
        let integration: JournalEvent.Integration = try fields.value("integration")
        let resource = try fields.string("resource")
        if type.hasSuffix("Started") {
            return .taskStarted(
                task: task, integration, resource: resource, worker: try fields.optionalString("worker"))
        }
        if type.hasSuffix("Submitted") {
            return .taskSubmitted(task: task, integration, resource: resource, output: try fields.json("output"))
        }
        if type.hasSuffix("Succeeded") {
            return .taskSucceeded(task: task, integration, resource: resource, output: try fields.json("output"))
        }
        if type.hasSuffix("Failed") {
            return .taskFailed(task: task, integration, resource: resource, try failure(fields))
        }
        if type.hasSuffix("TimedOut") {
            return .taskTimedOut(task: task, integration, resource: resource, try failure(fields))
        }
        throw FieldError(message: "unknown type \(type)")
    }

    private static func failure(_ fields: Fields) throws(FieldError) -> StateFailure {
        StateFailure(error: try fields.optionalString("error"), cause: try fields.optionalString("cause"))
    }

    private static func timer(_ key: String, _ fields: Fields) throws(FieldError) -> JournalEvent.Timer {
        let fields = try fields.fields(key)
        return JournalEvent.Timer(timer: try fields.int("timer"), due: try fields.time("due"))
    }

    private static func optionalTimer(_ key: String, _ fields: Fields) throws(FieldError) -> JournalEvent.Timer? {
        try fields.has(key) ? timer(key, fields) : nil
    }

    static func plan(_ fields: Fields) throws(FieldError) -> JournalEvent.MapPlan {
        JournalEvent.MapPlan(
            items: try fields.array("items"), maxConcurrency: try fields.int("maxConcurrency"),
            toleratedFailureCount: try fields.optionalInt("toleratedFailureCount"),
            toleratedFailurePercentage: try fields.has("toleratedFailurePercentage")
                ? fields.double("toleratedFailurePercentage") : nil,
            input: fields.optionalJSON("input"))
    }

    static func schedule(_ fields: Fields) throws(FieldError) -> JournalEvent.TaskSchedule {
        let target: ScheduledTask.Target =
            if fields.has("activity") {
                .activity(arn: try fields.string("activityArn"), name: try fields.string("activity"))
            } else if fields.has("service") {
                .service(name: try fields.string("service"), action: try fields.string("action"))
            } else {
                .function(name: try fields.string("function"))
            }
        guard let secret = TaskToken.Secret(try fields.string("secret")) else {
            throw FieldError(message: "the secret is not 32 hexadecimal digits")
        }
        return JournalEvent.TaskSchedule(
            task: try fields.int("task"), secret: secret, target: target, integration: try fields.value("integration"),
            resource: try fields.string("resource"), region: try fields.string("region"),
            parameters: try fields.json("parameters"),
            payload: fields.optionalJSON("payload"), attempt: try fields.int("attempt"),
            timeoutSeconds: try fields.optionalInt("timeoutSeconds"),
            heartbeatSeconds: try fields.optionalInt("heartbeatSeconds"),
            timeout: try optionalTimer("timeout", fields), heartbeatTimer: try fields.optionalInt("heartbeatTimer"))
    }
}
