package import JSONValue

/// AWS's view of a journal.
///
/// Follows https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html.
package enum History {
    /// The event as GetExecutionHistory returns it, with its time in seconds; nil for what only the journal knows.
    ///
    /// - Parameter includeExecutionData: Without it, inputs, outputs and causes are left out.
    package static func event(_ event: JournalEvent, includeExecutionData: Bool) -> JSON? {
        guard let id = event.id else { return nil }
        var members: [(String, JSON)] = [
            ("timestamp", .double(event.time.seconds)),
            ("type", .string(type(of: event.kind))),
            ("id", .int(Int64(id))),
            ("previousEventId", .int(Int64(event.previousID))),
        ]
        if let (name, all) = details(of: event.kind) {
            var details = all
            if !includeExecutionData {
                details.removeAll { ["input", "output", "cause", "parameters", "assignedVariables"].contains($0.0) }
            }
            members.append((name + "EventDetails", .object(JSONObject(details))))
        }
        return .object(JSONObject(members))
    }

    /// AWS's name of the event's type: `PassStateEntered`.
    package static func type(of kind: JournalEvent.Kind) -> String {
        let (first, second) = typeParts(of: kind)
        return second.isEmpty ? first : first + second
    }

    /// The name in two parts, of which no text has to be made.
    static func typeParts(of kind: JournalEvent.Kind) -> (String, String) {
        switch kind {
        case .executionStarted: ("ExecutionStarted", "")
        case .executionSucceeded: ("ExecutionSucceeded", "")
        case .executionFailed: ("ExecutionFailed", "")
        case .executionTimedOut: ("ExecutionTimedOut", "")
        case .executionAborted: ("ExecutionAborted", "")
        case .executionRedriven: ("ExecutionRedriven", "")
        case .stateEntered(let state, _, _): (state.rawValue, "StateEntered")
        case .stateExited(let state, _, _, _, _): (state.rawValue, "StateExited")
        case .stateAborted(let state): (state.rawValue, "StateAborted")
        case .evaluationFailed: ("EvaluationFailed", "")
        case .taskScheduled(let schedule): (schedule.integration.prefix, "Scheduled")
        case .taskStarted(_, let integration, _, _): (integration.prefix, "Started")
        case .taskSubmitted: ("TaskSubmitted", "")
        case .taskSucceeded(_, let integration, _, _): (integration.prefix, "Succeeded")
        case .taskFailed(_, let integration, _, _): (integration.prefix, "Failed")
        case .taskTimedOut(_, let integration, _, _): (integration.prefix, "TimedOut")
        case .parallelStarted: ("ParallelStateStarted", "")
        case .parallelSucceeded: ("ParallelStateSucceeded", "")
        case .parallelFailed: ("ParallelStateFailed", "")
        case .mapStarted, .distributedMapStarted: ("MapStateStarted", "")
        case .mapSucceeded: ("MapStateSucceeded", "")
        case .mapFailed: ("MapStateFailed", "")
        case .mapRunStarted: ("MapRunStarted", "")
        case .mapRunSucceeded: ("MapRunSucceeded", "")
        case .mapRunFailed: ("MapRunFailed", "")
        case .mapRunAborted: ("MapRunAborted", "")
        case .mapRunRedriven: ("MapRunRedriven", "")
        case .iterationStarted: ("MapIterationStarted", "")
        case .iterationSucceeded: ("MapIterationSucceeded", "")
        case .iterationFailed: ("MapIterationFailed", "")
        case .iterationAborted: ("MapIterationAborted", "")
        case .heartbeatArmed: ("heartbeatArmed", "")
        case .regionClosed: ("regionClosed", "")
        case .waitStarted: ("waitStarted", "")
        case .retryScheduled: ("retryScheduled", "")
        case .timerFired: ("timerFired", "")
        }
    }

    private typealias Details = [(String, JSON)]

    /// The details and the name of their field, without its ending; nil for types that have none.
    private static func details(of kind: JournalEvent.Kind) -> (String, Details)? {
        switch kind {
        case .executionStarted(let input, let roleARN, _):
            ("executionStarted", data("input", input) + [("roleArn", .string(roleARN))])
        case .executionSucceeded(let output): ("executionSucceeded", data("output", output))
        case .executionFailed(let failure): ("executionFailed", details(of: failure))
        case .executionAborted(let failure): ("executionAborted", details(of: failure))
        case .executionTimedOut: ("executionTimedOut", [])
        case .executionRedriven(let count, _, _):
            ("executionRedriven", [("redriveCount", .int(Int64(count)))])
        case .stateEntered(_, let name, let input):
            ("stateEntered", [("name", .string(name))] + data("input", input))
        case .stateExited(_, let name, let output, let assigned, _):
            ("stateExited", [("name", .string(name))] + data("output", output) + variables(assigned))
        case .evaluationFailed(let failure, let state, let field):
            (
                "evaluationFailed",
                details(of: failure) + [("state", .string(state))]
                    + (field.map { [("location", .string($0))] } ?? [])
            )
        case .taskScheduled(let schedule): details(of: schedule)
        case .taskStarted(_, .activity, _, let worker):
            ("activityStarted", worker.map { [("workerName", .string($0))] } ?? [])
        case .taskStarted(_, .function, _, _): nil
        case .taskStarted(_, let integration, let resource, _):
            ("taskStarted", target(integration, resource))
        case .taskSubmitted(_, let integration, let resource, let output):
            ("taskSubmitted", target(integration, resource) + data("output", output))
        case .taskSucceeded(_, let integration, let resource, let output):
            (integration.field + "Succeeded", target(integration, resource) + data("output", output))
        case .taskFailed(_, let integration, let resource, let failure):
            (integration.field + "Failed", target(integration, resource) + details(of: failure))
        case .taskTimedOut(_, let integration, let resource, let failure):
            (integration.field + "TimedOut", target(integration, resource) + details(of: failure))
        case .mapStarted(let plan): ("mapStateStarted", [("length", .int(Int64(plan.items.count)))])
        case .distributedMapStarted(let length): ("mapStateStarted", [("length", .int(Int64(length)))])
        case .mapRunStarted(let arn): ("mapRunStarted", [("mapRunArn", .string(arn))])
        case .mapRunFailed(let failure): ("mapRunFailed", details(of: failure))
        case .mapRunRedriven(let arn, let count):
            ("mapRunRedriven", [("mapRunArn", .string(arn)), ("redriveCount", .int(Int64(count)))])
        case .iterationStarted(let name, let index, _): ("mapIterationStarted", iteration(name, index))
        case .iterationSucceeded(let name, let index): ("mapIterationSucceeded", iteration(name, index))
        case .iterationFailed(let name, let index, _): ("mapIterationFailed", iteration(name, index))
        case .iterationAborted(let name, let index): ("mapIterationAborted", iteration(name, index))
        case .stateAborted, .parallelStarted, .parallelSucceeded, .parallelFailed, .mapSucceeded, .mapFailed,
            .mapRunSucceeded, .mapRunAborted, .heartbeatArmed, .regionClosed, .waitStarted, .retryScheduled,
            .timerFired:
            nil
        }
    }

    private static func details(of schedule: JournalEvent.TaskSchedule) -> (String, Details) {
        var limits: Details = []
        if let seconds = schedule.timeoutSeconds { limits.append(("timeoutInSeconds", .int(Int64(seconds)))) }
        if let seconds = schedule.heartbeatSeconds, schedule.integration != .function {
            limits.append(("heartbeatInSeconds", .int(Int64(seconds))))
        }
        switch schedule.integration {
        case .activity, .function:
            return (
                schedule.integration.field + "Scheduled",
                [("resource", .string(schedule.resource))] + data("input", schedule.parameters) + limits
            )
        case .invoke, .callback, .service:
            return (
                "taskScheduled",
                target(schedule.integration, schedule.resource)
                    + [
                        ("region", .string(schedule.region)),
                        ("parameters", .string(schedule.parameters.serialized())),
                    ] + limits
            )
        }
    }

    private static func target(_ integration: JournalEvent.Integration, _ resource: String) -> Details {
        guard let type = integration.resourceType else { return [] }
        return [("resourceType", .string(type)), ("resource", .string(resource))]
    }

    private static func data(_ name: String, _ value: JSON) -> Details {
        [(name, .string(value.serialized())), (name + "Details", ["truncated": false])]
    }

    /// The values as JSON texts.
    private static func variables(_ assigned: JSONObject) -> Details {
        guard !assigned.isEmpty else { return [] }
        let texts = assigned.members.map { ($0.key, JSON.string($0.value.serialized())) }
        return [
            ("assignedVariables", .object(JSONObject(texts))), ("assignedVariablesDetails", ["truncated": false]),
        ]
    }

    private static func details(of failure: StateFailure) -> Details {
        var details: Details = []
        if let error = failure.error { details.append(("error", .string(error))) }
        if let cause = failure.cause { details.append(("cause", .string(cause))) }
        return details
    }

    private static func iteration(_ name: String, _ index: Int) -> Details {
        [("name", .string(name)), ("index", .int(Int64(index)))]
    }
}

extension JournalEvent.Integration {
    /// What the types of its events begin with.
    var prefix: String {
        switch self {
        case .activity: "Activity"
        case .function: "LambdaFunction"
        case .invoke, .callback, .service: "Task"
        }
    }

    fileprivate var field: String {
        switch self {
        case .activity: "activity"
        case .function: "lambdaFunction"
        case .invoke, .callback, .service: "task"
        }
    }
}

extension ExecutionIdentity {
    /// The region in the execution's ARN.
    package var region: String {
        var rest = Substring(arn).utf8
        for _ in 0..<3 {
            guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return "" }
            rest = rest[rest.index(after: colon)...]
        }
        return String(Substring(rest.prefix { $0 != UInt8(ascii: ":") }))
    }
}
