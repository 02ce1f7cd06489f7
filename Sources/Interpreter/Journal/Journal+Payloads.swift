import JSONValue

extension Journal {
    /// What an event of this kind holds besides what all events hold.
    static func payload(of kind: JournalEvent.Kind) -> [(String, JSON)] {
        var members = Members()
        switch kind {
        case .executionStarted(let input, let roleARN, let timeout):
            members.add("input", input)
            members.add("roleArn", roleARN)
            members.add("timeout", timeout.map(json))
        case .executionSucceeded(let output): members.add("output", output)
        case .executionFailed(let failure), .executionAborted(let failure): add(failure, to: &members)
        case .executionTimedOut: break
        case .stateEntered(_, let name, let input):
            members.add("state", name)
            members.add("input", input)
        case .stateExited(_, let name, let output, let next):
            members.add("state", name)
            members.add("output", output)
            members.add("next", next)
        case .stateAborted: break
        case .taskScheduled(let schedule): add(schedule, to: &members)
        case .heartbeatArmed(let task, let timer):
            members.add("task", task)
            members.add("timer", json(timer))
        case .taskStarted(let task, let integration, let resource, let worker):
            add(task, integration, resource, to: &members)
            members.add("worker", worker)
        case .taskSubmitted(let task, let integration, let resource, let output),
            .taskSucceeded(let task, let integration, let resource, let output):
            add(task, integration, resource, to: &members)
            members.add("output", output)
        case .taskFailed(let task, let integration, let resource, let failure),
            .taskTimedOut(let task, let integration, let resource, let failure):
            add(task, integration, resource, to: &members)
            add(failure, to: &members)
        case .parallelStarted(let input): members.add("input", input)
        case .parallelSucceeded, .parallelFailed, .mapSucceeded, .mapFailed: break
        case .mapStarted(let plan): members = planMembers(plan)
        case .iterationStarted(let name, let index, let input):
            members.add("state", name)
            members.add("index", index)
            members.add("input", input)
        case .iterationSucceeded(let name, let index), .iterationAborted(let name, let index):
            members.add("state", name)
            members.add("index", index)
        case .iterationFailed(let name, let index, let tolerated):
            members.add("state", name)
            members.add("index", index)
            members.add("tolerated", .bool(tolerated))
        case .regionClosed(let previous): members.add("follows", previous)
        case .waitStarted(let timer): members.add("timer", json(timer))
        case .retryScheduled(let retrier, let timer):
            members.add("retrier", retrier)
            members.add("timer", json(timer))
        case .timerFired(let timer): members.add("fired", timer)
        }
        return members.all
    }

    static func planMembers(_ plan: JournalEvent.MapPlan) -> Members {
        var members = Members()
        members.add("items", .array(plan.items))
        members.add("maxConcurrency", plan.maxConcurrency)
        members.add("toleratedFailureCount", plan.toleratedFailureCount)
        members.add("toleratedFailurePercentage", plan.toleratedFailurePercentage.map(JSON.double))
        members.add("input", plan.input)
        return members
    }

    static func json(_ timer: JournalEvent.Timer) -> JSON {
        ["timer": .int(Int64(timer.timer)), "due": .int(timer.due.microseconds)]
    }

    private static func add(_ failure: StateFailure, to members: inout Members) {
        members.add("error", failure.error)
        members.add("cause", failure.cause)
    }

    private static func add(
        _ task: Int, _ integration: JournalEvent.Integration, _ resource: String, to members: inout Members
    ) {
        members.add("task", task)
        members.add("integration", integration.rawValue)
        members.add("resource", resource)
    }

    static func add(_ schedule: JournalEvent.TaskSchedule, to members: inout Members) {
        add(schedule.task, schedule.integration, schedule.resource, to: &members)
        members.add("region", schedule.region)
        members.add("secret", schedule.secret.text)
        switch schedule.target {
        case .activity(let arn, let name):
            members.add("activityArn", arn)
            members.add("activity", name)
        case .function(let name): members.add("function", name)
        }
        members.add("parameters", schedule.parameters)
        members.add("payload", schedule.payload)
        members.add("attempt", schedule.attempt)
        members.add("timeoutSeconds", schedule.timeoutSeconds)
        members.add("heartbeatSeconds", schedule.heartbeatSeconds)
        members.add("timeout", schedule.timeout.map(json))
        members.add("heartbeatTimer", schedule.heartbeatTimer)
    }
}
