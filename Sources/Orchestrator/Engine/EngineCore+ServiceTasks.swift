import DequeModule
import Interpreter
import JSONValue
import StatesLanguage

/// Tasks that Baton carries out itself. Starting, stopping and answering happen in the transaction in which the task
/// was scheduled; whatever takes its time is called beside the engine. A task that is not settled at the end of its
/// transaction has a row, so that a restart finds it.
extension EngineCore {
    /// How much of it one batch does, so that executions which start one another cannot hold up the rest.
    private static var itemsPerBatch: Int { 1_000 }

    mutating func performServiceTasks(at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        if services.isStale { try findServiceWork() }
        var count = 0
        while count < Self.itemsPerBatch, let item = services.queue.popFirst() {
            count += 1
            // It will wait in memory for the step that is being computed; a crash must find it.
            if case .call(let key) = item, computing[key.execution] != nil, let (live, task) = try openServiceTask(key)
            {
                try keepUnsettled(task, of: live, at: now)
            }
            try handle(.service(item), at: now, &effects)
        }
        try keepServiceWork(at: now, &effects)
    }

    mutating func perform(_ item: ServiceWork.Item, at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        switch item {
        case .call(let key): try call(key, at: now, &effects)
        case .ended(let key, let arn): try jobEnded(key, arn, at: now, &effects)
        case .stop(let arn): _ = try stop(arn, StateFailure(error: nil, cause: nil), at: now, &effects)
        }
    }

    /// Nobody waits for the task any more: what it started is stopped.
    mutating func abandonJob(of key: TaskKey) throws(StoreError) {
        guard let row = try writer.task(key), row.target.isService, row.phase == .taken, let arn = row.worker else {
            return
        }
        services.queue.append(.stop(executionARN: arn))
    }

    /// An execution ended: those who wait for it are told in the same transaction.
    mutating func noteEnd(of arn: String) throws(StoreError) {
        guard services.mayHaveJobs else { return }
        for key in try writer.tasks(waitingFor: arn) { services.queue.append(.ended(key, executionARN: arn)) }
    }

    /// The answer of a call that was made beside the engine.
    mutating func serviceAnswered(
        _ key: TaskKey, _ result: Result<JSON, ServiceError>, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        services.underWay.remove(key)
        guard let (live, task) = try openServiceTask(key) else {
            // Nobody wants the activity's task that was taken meanwhile.
            if case .success(let output) = result, let token = output["TaskToken"]?.stringValue {
                try handBack(token: token, &effects)
            }
            return
        }
        try settle(task, of: live, result.map { Self.spelled($0, for: task.target) }, at: now, &effects)
    }

    /// What a call of the SDK answered, as the integration that asked for it shows times.
    private static func spelled(_ output: JSON, for target: ScheduledTask.Target) -> JSON {
        guard case .service("states", _) = target, case .object(var answer) = output,
            let time = answer["StartDate"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        else { return output }
        answer["StartDate"] = date(time, "states")
        return .object(answer)
    }

    // MARK: Calling

    private mutating func call(_ key: TaskKey, at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        guard !services.underWay.contains(key), let (live, task) = try openServiceTask(key),
            case .service(let service, let action) = task.target
        else { return }
        switch (service, action) {
        // The executions and tasks that it speaks of are the other engine's.
        case _ where configuration.isExpress && services.caller?.canCall("aws-sdk:sfn", action) == true:
            try callBeside(task, of: live, "aws-sdk:sfn", action, at: now, &effects)
        case ("states", "startExecution"), ("aws-sdk:sfn", "startExecution"):
            try startJob(task, of: live, service, at: now, &effects)
        case ("aws-sdk:sfn", "stopExecution"):
            try stopExecution(task, of: live, at: now, &effects)
        case ("aws-sdk:sfn", "sendTaskSuccess"), ("aws-sdk:sfn", "sendTaskFailure"),
            ("aws-sdk:sfn", "sendTaskHeartbeat"):
            guard let result = try answerTask(action, task.input, for: key, at: now, &effects) else {
                try keepUnsettled(task, of: live, at: now)
                return
            }
            try settle(task, of: live, result, at: now, &effects)
        case _ where services.caller?.canCall(service, action) == true:
            try callBeside(task, of: live, service, action, at: now, &effects)
        default:
            let failure = StateFailure(
                error: "States.TaskFailed",
                cause: "Baton has no integration '\(service):\(action)\(task.pattern.suffix)': call the service from a"
                    + " worker, as an activity or a function, instead of state '\(task.state)' of state machine "
                    + live.record.identity.stateMachineName + ".")
            try settle(
                task, of: live, with: .taskFailed(task: task.task, failure: failure, worker: nil), at: now, &effects)
        }
    }

    private mutating func callBeside(
        _ task: ScheduledTask, of live: LiveExecution, _ service: String, _ action: String, at now: Timestamp,
        _ effects: inout Effects
    ) throws(StoreError) {
        let key = TaskKey(execution: live.record.identity.key, task: task.task)
        try keep(task, of: live, .pending, worker: nil, at: now)
        effects.calls.append(
            ServiceCall(task: key, service: service, action: action, parameters: Self.callParameters(task.input)))
    }

    /// Starts an execution for a task, and has the task wait for it where its pattern says so.
    private mutating func startJob(
        _ task: ScheduledTask, of live: LiveExecution, _ service: String, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let command: StartCommand
        switch Self.startCommand(task.input) {
        case .success(let made): command = made
        case .failure(let error):
            try settle(task, of: live, .failure(error), at: now, &effects)
            return
        }
        let started: StartedExecution
        switch try start(command, at: now, &effects) {
        case .success(let made): started = made
        case .failure(let error):
            let isJob = task.pattern == .sync || task.pattern == .sync2
            if error.code == .stateMachineTypeNotSupported, !isJob, let caller = services.caller,
                caller.canCall("aws-sdk:sfn", "startExecution")
            {
                // Express executions run beside the engine.
                try callBeside(task, of: live, "aws-sdk:sfn", "startExecution", at: now, &effects)
            } else {
                try settle(task, of: live, .failure(error), at: now, &effects)
            }
            return
        }
        let output: JSON = [
            "ExecutionArn": .string(started.arn), "StartDate": Self.date(started.startedAt, service),
        ]
        try settle(task, of: live, .success(output), job: started.arn, at: now, &effects)
        // One of the same name and input may have been there before, and an Express one may be over.
        if task.pattern == .sync || task.pattern == .sync2,
            let record = try writer.execution(arn: started.arn), record.status != .running
        {
            let key = TaskKey(execution: live.record.identity.key, task: task.task)
            services.queue.append(.ended(key, executionARN: started.arn))
        }
    }

    private static func startCommand(_ parameters: JSON) -> Result<StartCommand, ServiceError> {
        do throws(ServiceError) {
            guard let arn = parameters["StateMachineArn"]?.stringValue else {
                throw ServiceError(.validation, "The parameter StateMachineArn is required, and has to be a text")
            }
            try StatesARN.expect(.stateMachine, in: arn)
            let name = parameters["Name"]?.stringValue
            if let name { try ResourceName.check(name) }
            var (text, input): (String, JSON)
            switch parameters["Input"] {
            case nil, .null?: (text, input) = ("{}", .object(JSONObject()))
            case .string(let given)?:
                text = given
                do throws(JSONError) {
                    input = try JSON(parsing: given)
                } catch {
                    throw ServiceError(.invalidExecutionInput, InvalidInput.message(for: given, error))
                }
            case let value?: (text, input) = (value.serialized(), value)
            }
            return .success(
                StartCommand(
                    stateMachineARN: arn, name: name, inputText: text, input: input,
                    traceHeader: parameters["TraceHeader"]?.stringValue))
        } catch {
            return .failure(error)
        }
    }

    private mutating func stopExecution(
        _ task: ScheduledTask, of live: LiveExecution, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let result: Result<JSON, ServiceError>
        switch Self.executionToStop(task.input) {
        case .failure(let error): result = .failure(error)
        case .success(let arn):
            let failure = StateFailure(error: task.input["Error"]?.stringValue, cause: task.input["Cause"]?.stringValue)
            do throws(StoreError) {
                result = try stop(arn, failure, at: now, &effects).map { ["StopDate": .string($0.rfc3339)] }
            } catch  where error.code == .unreadableExecution {
                // Nothing was written. Whatever else the store refuses takes the whole transaction with it: half a stop
                // must not be committed as a call that failed.
                result = .failure(ServiceError(.serviceUnavailable, error.message))
            }
        }
        try settle(task, of: live, result, at: now, &effects)
    }

    private static func executionToStop(_ parameters: JSON) -> Result<String, ServiceError> {
        guard let arn = parameters["ExecutionArn"]?.stringValue else {
            return .failure(ServiceError(.validation, "The parameter ExecutionArn is required, and has to be a text"))
        }
        do throws(ServiceError) {
            try StatesARN.expect(.execution, in: arn)
            return .success(arn)
        } catch {
            return .failure(error)
        }
    }

    /// SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat. Nil while a step of the execution that is answered is
    /// computed: the call is made again then.
    private mutating func answerTask(
        _ action: String, _ parameters: JSON, for key: TaskKey, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) -> Result<JSON, ServiceError>? {
        let token = parameters["TaskToken"]?.stringValue ?? ""
        if let other = TaskToken(token)?.execution, computing[other] != nil {
            computing[other]?.waiting.append(.service(.call(key)))
            return nil
        }
        let answer: TokenAnswer
        switch action {
        case "sendTaskHeartbeat": answer = .heartbeat
        case "sendTaskFailure":
            answer = .failure(
                StateFailure(error: parameters["Error"]?.stringValue, cause: parameters["Cause"]?.stringValue))
        default:
            switch parameters["Output"] {
            case .string(let text)? where TaskToken(token) != nil:
                do throws(JSONError) {
                    answer = .success(try JSON(parsing: text))
                } catch {
                    return .failure(ServiceError(.invalidOutput, "Invalid Output: '\(error.description)'"))
                }
            case let value?: answer = .success(value)
            case nil: return .failure(ServiceError(.validation, "The parameter Output is required"))
            }
        }
        return try take(answer, token: token, at: now, &effects)?.map { .object(JSONObject()) }
    }

    // MARK: Settling

    private mutating func openServiceTask(
        _ key: TaskKey
    ) throws(StoreError) -> (live: LiveExecution, task: ScheduledTask)? {
        guard let live = try liveExecution(key.execution), let task = live.openTask(key.task) else {
            return nil
        }
        return (live, task)
    }

    /// The service answered.
    private mutating func settle(
        _ task: ScheduledTask, of live: LiveExecution, _ result: Result<JSON, ServiceError>, job: String? = nil,
        at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let stimulus: Stimulus
        switch result {
        case .success(let output): stimulus = .taskReturned(task: task.task, output: output, worker: nil)
        case .failure(let error):
            guard case .service(let service, _) = task.target else { return }
            stimulus = .taskFailed(
                task: task.task, failure: Self.failure(error, of: service, requestID: newUUID()), worker: nil)
        }
        try settle(task, of: live, with: stimulus, job: job, at: now, &effects)
    }

    private mutating func settle(
        _ task: ScheduledTask, of live: LiveExecution, with stimulus: Stimulus, job: String? = nil, at now: Timestamp,
        _ effects: inout Effects
    ) throws(StoreError) {
        guard try advance(live, stimulus, at: now, &effects) else {
            try keepUnsettled(task, of: live, at: now)
            return
        }
        if !live.hasOpenTask(task.task) {
            try close(TaskKey(execution: live.record.identity.key, task: task.task), &effects)
        } else {
            try keep(task, of: live, .taken, worker: job, at: now)
        }
    }

    /// The execution that a task waits for has ended.
    private mutating func jobEnded(
        _ key: TaskKey, _ arn: String, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        guard let (live, task) = try openServiceTask(key), let record = try writer.execution(arn: arn),
            record.status != .running
        else { return }
        let description = record.jobDescription(parsed: task.pattern == .sync2)
        let stimulus: Stimulus
        if record.status == .succeeded {
            stimulus = .taskSucceeded(task: task.task, output: description, worker: nil)
        } else {
            let failure = StateFailure(error: "States.TaskFailed", cause: description.serialized())
            stimulus = .taskFailed(task: task.task, failure: failure, worker: nil)
        }
        try settle(task, of: live, with: stimulus, at: now, &effects)
    }

    // MARK: Rows

    /// While a step is computed, the task's row says that there is something to do.
    private mutating func keepUnsettled(
        _ task: ScheduledTask, of live: LiveExecution, at now: Timestamp
    ) throws(StoreError) {
        let key = TaskKey(execution: live.record.identity.key, task: task.task)
        if try writer.task(key) == nil { try keep(task, of: live, .pending, worker: nil, at: now) }
    }

    /// Writes down that a task is not settled yet.
    private mutating func keep(
        _ task: ScheduledTask, of live: LiveExecution, _ phase: TaskRow.Phase, worker: String?, at now: Timestamp
    ) throws(StoreError) {
        let key = TaskKey(execution: live.record.identity.key, task: task.task)
        if worker != nil { services.hasJobs = true }
        if let row = try writer.task(key) {
            if row.phase != phase || row.worker != worker {
                try apply(.setTaskPhase(key, phase, worker: worker))
            }
            return
        }
        try apply(
            .openTask(
                TaskRow(
                    key: key, phase: phase, target: task.target, token: task.token.text, state: task.state,
                    attempt: task.attempt, input: Array(task.input.serialized().utf8), scheduledAt: now,
                    timeoutSeconds: task.timeoutSeconds, heartbeatSeconds: task.heartbeatSeconds,
                    executionARN: live.record.identity.arn, stateMachineARN: live.record.identity.stateMachineARN,
                    worker: worker)))
    }

    /// What the batch leaves to the next one has to be on disk. Stops are few, and not put off.
    private mutating func keepServiceWork(at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        var rest = services.queue
        services.queue = []
        while let item = rest.popFirst() {
            switch item {
            case .call(let key):
                if let (live, task) = try openServiceTask(key) {
                    try keep(task, of: live, .pending, worker: nil, at: now)
                    services.queue.append(item)
                }
            case .ended: services.queue.append(item)
            case .stop(let arn): _ = try stop(arn, StateFailure(error: nil, cause: nil), at: now, &effects)
            }
        }
    }

    /// After a start, or after a transaction was lost.
    private mutating func findServiceWork() throws(StoreError) {
        let rows = try writer.serviceTasks()
        services.hasJobs = rows.contains { $0.worker != nil }
        for row in rows {
            switch row.phase {
            case .pending: services.queue.append(.call(row.key))
            case .taken, .published:
                guard let arn = row.worker, try writer.execution(arn: arn)?.status != .running else { continue }
                services.queue.append(.ended(row.key, executionARN: arn))
            }
        }
        services.isStale = false
    }

    // MARK: AWS's words

    /// The optimized integration counts milliseconds; the SDK's speaks RFC 3339.
    private static func date(_ time: Timestamp, _ service: String) -> JSON {
        service.hasPrefix("aws-sdk:") ? .string(time.rfc3339) : .int(time.milliseconds)
    }

    /// A refusal as the integration shows it; the two kinds come from different generations of AWS's SDK.
    private static func failure(_ error: ServiceError, of service: String, requestID: String) -> StateFailure {
        let code = error.code.rawValue
        let name = code.hasSuffix("Exception") ? code : code + "Exception"
        let status =
            switch error.code {
            case .serviceUnavailable: 503
            case .internalFailure: 500
            default: 400
            }
        guard service.hasPrefix("aws-sdk:") else {
            return StateFailure(
                error: "StepFunctions." + name,
                cause: "\(error.message) (Service: AWSStepFunctions; Status Code: \(status); Error Code: \(code);"
                    + " Request ID: \(requestID); Proxy: null)")
        }
        return StateFailure(
            error: "Sfn." + name,
            cause: "\(error.message) (Service: Sfn, Status Code: \(status), Request ID: \(requestID))"
                + " (SDK Attempt Count: 1)")
    }
}

extension ExecutionRecord {
    /// What `.sync` hands on of an execution that ended, DescribeExecution's answer in the SDK's spelling.
    ///
    /// - Parameter parsed: `.sync:2` gives input and output as JSON, `.sync` as texts.
    func jobDescription(parsed: Bool) -> JSON {
        func data(_ text: String) -> JSON { parsed ? (try? JSON(parsing: text)) ?? .string(text) : .string(text) }
        let (redriveStatus, reason) =
            status == .succeeded
            ? ("NOT_REDRIVABLE", "Execution is SUCCEEDED and cannot be redriven") : ("REDRIVABLE", nil)
        let members: [(String, JSON?)] = [
            ("Cause", cause.map(JSON.string)),
            ("Error", error.map(JSON.string)),
            ("ExecutionArn", .string(identity.arn)),
            ("Input", data(input)),
            ("InputDetails", ["Included": true]),
            ("Name", .string(identity.name)),
            ("Output", output.map(data)),
            ("OutputDetails", output == nil ? nil : ["Included": true]),
            ("RedriveCount", .int(Int64(identity.redriveCount))),
            ("RedriveStatus", .string(redriveStatus)),
            ("RedriveStatusReason", reason.map(JSON.string)),
            ("StartDate", .int(identity.startedAt.milliseconds)),
            ("StateMachineArn", .string(identity.stateMachineARN)),
            ("Status", .string(status.rawValue)),
            ("StopDate", stoppedAt.map { .int($0.milliseconds) }),
        ]
        return .object(JSONObject(members.compactMap { name, value in value.map { (name, $0) } }))
    }
}
