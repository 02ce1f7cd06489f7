import JSONValue

extension Journal {
    /// What an event of this kind holds besides what all events hold.
    static func addPayload(of kind: JournalEvent.Kind, to writer: inout ObjectWriter) {
        switch kind {
        case .executionStarted(let input, let roleARN, let timeout):
            writer.add("input", input)
            writer.add("roleArn", roleARN)
            add("timeout", timeout, to: &writer)
        case .executionSucceeded(let output): writer.add("output", output)
        case .executionFailed(let failure), .executionAborted(let failure): add(failure, to: &writer)
        case .executionTimedOut: break
        case .executionRedriven(let count, let state, let timeout):
            writer.add("redriveCount", count)
            writer.add("state", state)
            add("timeout", timeout, to: &writer)
        case .stateEntered(_, let name, let input):
            writer.add("state", name)
            writer.add("input", input)
        case .stateExited(_, let name, let output, let assigned, let next):
            writer.add("state", name)
            writer.add("output", output)
            if !assigned.isEmpty { writer.add("assigned", .object(assigned)) }
            writer.add("next", next)
        case .stateAborted: break
        case .evaluationFailed(let failure, let state, let field):
            writer.add("state", state)
            writer.add("field", field)
            add(failure, to: &writer)
        case .taskScheduled(let schedule): add(schedule, to: &writer)
        case .heartbeatArmed(let task, let timer):
            writer.add("task", task)
            add("timer", timer, to: &writer)
        case .taskStarted(let task, let integration, let resource, let worker):
            add(task, integration, resource, to: &writer)
            writer.add("worker", worker)
        case .taskSubmitted(let task, let integration, let resource, let output),
            .taskSucceeded(let task, let integration, let resource, let output):
            add(task, integration, resource, to: &writer)
            writer.add("output", output)
        case .taskFailed(let task, let integration, let resource, let failure),
            .taskTimedOut(let task, let integration, let resource, let failure):
            add(task, integration, resource, to: &writer)
            add(failure, to: &writer)
        case .parallelStarted(let input): writer.add("input", input)
        case .parallelSucceeded, .parallelFailed, .mapSucceeded, .mapFailed, .mapRunSucceeded, .mapRunAborted: break
        case .mapStarted(let plan): add(plan, to: &writer)
        case .distributedMapStarted(let length): writer.add("length", length)
        case .mapRunStarted(let arn): writer.add("mapRun", arn)
        case .mapRunFailed(let failure): add(failure, to: &writer)
        case .mapRunRedriven(let arn, let count):
            writer.add("mapRun", arn)
            writer.add("count", count)
        case .iterationStarted(let name, let index, let input):
            writer.add("state", name)
            writer.add("index", index)
            writer.add("input", input)
        case .iterationSucceeded(let name, let index), .iterationAborted(let name, let index):
            writer.add("state", name)
            writer.add("index", index)
        case .iterationFailed(let name, let index, let tolerated):
            writer.add("state", name)
            writer.add("index", index)
            writer.add("tolerated", tolerated)
        case .regionClosed(let previous): writer.add("follows", previous)
        case .waitStarted(let timer): add("timer", timer, to: &writer)
        case .retryScheduled(let retrier, let timer):
            writer.add("retrier", retrier)
            add("timer", timer, to: &writer)
        case .timerFired(let timer): writer.add("fired", timer)
        }
    }

    static func add(_ plan: JournalEvent.MapPlan, to writer: inout ObjectWriter) {
        writer.add("items", .array(plan.items))
        writer.add("maxConcurrency", plan.maxConcurrency)
        writer.add("toleratedFailureCount", plan.toleratedFailureCount)
        writer.add("toleratedFailurePercentage", plan.toleratedFailurePercentage.map(JSON.double))
        writer.add("input", plan.input)
    }

    static func add(_ key: StaticString, _ timer: JournalEvent.Timer?, to writer: inout ObjectWriter) {
        guard let timer else { return }
        writer.addObject(key) {
            $0.add("timer", timer.timer)
            $0.add("due", timer.due)
        }
    }

    static func add(_ failure: StateFailure, to writer: inout ObjectWriter) {
        writer.add("error", failure.error)
        writer.add("cause", failure.cause)
    }

    private static func add(
        _ task: Int, _ integration: JournalEvent.Integration, _ resource: String, to writer: inout ObjectWriter
    ) {
        writer.add("task", task)
        writer.add("integration", integration.rawValue)
        writer.add("resource", resource)
    }

    static func add(_ schedule: JournalEvent.TaskSchedule, to writer: inout ObjectWriter) {
        add(schedule.task, schedule.integration, schedule.resource, to: &writer)
        writer.add("region", schedule.region)
        writer.add("secret", schedule.secret)
        switch schedule.target {
        case .activity(let arn, let name):
            writer.add("activityArn", arn)
            writer.add("activity", name)
        case .function(let name): writer.add("function", name)
        case .service(let name, let action):
            writer.add("service", name)
            writer.add("action", action)
        }
        writer.add("parameters", schedule.parameters)
        writer.add("payload", schedule.payload)
        writer.add("attempt", schedule.attempt)
        writer.add("timeoutSeconds", schedule.timeoutSeconds)
        writer.add("heartbeatSeconds", schedule.heartbeatSeconds)
        add("timeout", schedule.timeout, to: &writer)
        writer.add("heartbeatTimer", schedule.heartbeatTimer)
    }
}
