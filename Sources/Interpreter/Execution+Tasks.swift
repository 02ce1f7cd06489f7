import JSONValue
import StatesLanguage

extension Execution {
    // MARK: Scheduling

    mutating func run(
        _ task: TaskState, _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        let input = try input(of: state, slot)
        turn.note(.afterInputPath, input)
        let secret = TaskToken.Secret(using: &turn.random)
        guard let template = task.parameters else {
            try schedule(task, state, parameters: input, on: input, secret, slot, &turn)
            return
        }
        let token = token(of: nextTask, secret: secret)
        let values = StatesValues(token: task.resource.pattern == .requestResponse ? nil : token.text)
        let parameters = try evaluate(template, on: input, with: values, slot, &turn)
        try schedule(task, state, parameters: parameters, on: input, secret, slot, &turn)
    }

    private mutating func schedule(
        _ task: TaskState, _ state: State, parameters: JSON, on input: JSON, _ secret: TaskToken.Secret, _ slot: Int,
        _ turn: inout Turn
    ) throws(Failure) {
        let number = nextTask
        turn.note(.afterParameters, parameters)
        try checkSize(of: parameters, from: state.name)
        var timeout: Int?
        if let source = task.timeout { timeout = try seconds(source, "TimeoutSecondsPath", input, slot, &turn) }
        var heartbeat: Int?
        if let source = task.heartbeat { heartbeat = try seconds(source, "HeartbeatSecondsPath", input, slot, &turn) }
        if bench != nil {
            turn.record?.call = InspectionRecord.Call(
                resource: task.resource, parameters: parameters, timeoutSeconds: timeout, heartbeatSeconds: heartbeat)
            return
        }
        let (integration, target, resource, payload) = try form(of: task.resource, parameters: parameters, slot)
        let timer = timeout.map { newTimer(seconds: Double($0), at: turn.now) }
        let schedule = JournalEvent.TaskSchedule(
            task: number, secret: secret, target: consume target, integration: consume integration,
            resource: consume resource, region: region, parameters: parameters, payload: consume payload,
            attempt: scopes[slot].retryCount, timeoutSeconds: timeout, heartbeatSeconds: heartbeat, timeout: timer,
            heartbeatTimer: heartbeat.map { _ in nextTimer + (timer == nil ? 0 : 1) })
        emit(.taskScheduled(schedule), in: slot, &turn)
        guard tasks.has(number) else { return }
        turn.commands.append(.scheduleTask(scheduledTask(schedule, in: state.name)))
        command(arming: timer, .taskTimeout, &turn)
        if !schedule.isActivity {
            emit(
                .taskStarted(task: number, schedule.integration, resource: schedule.resource, worker: nil), in: slot,
                &turn)
        }
        // Who holds the token is at work from now on; a worker is when it takes the task.
        if case .waitForTaskToken = task.resource.pattern { armHeartbeat(number, at: turn.now, &turn) }
    }

    private typealias Form = (
        integration: JournalEvent.Integration, target: ScheduledTask.Target, resource: String, payload: JSON?
    )

    @inline(__always)
    private func form(of resource: TaskResource, parameters: JSON, _ slot: Int) throws(Failure) -> Form {
        switch resource.target {
        case .activity(let name):
            return (.activity, .activity(arn: resource.arn, name: name), resource.arn, nil)
        case .function(let name):
            return (.function, .function(name: name), resource.arn, nil)
        case .service("lambda", "invoke"):
            return (
                resource.pattern == .waitForTaskToken ? .callback : .invoke,
                .function(name: try functionName(in: parameters, slot)), "invoke" + resource.pattern.suffix,
                Self.payload(parameters["Payload"])
            )
        case .service("aws-sdk:lambda", "invoke"):
            return (
                .service("aws-sdk:lambda"), .function(name: try functionName(in: parameters, slot)),
                "invoke" + resource.pattern.suffix, Self.payload(parameters["Payload"])
            )
        case .service(let name, let action):
            return (
                .service(name), .service(name: name, action: action), action + resource.pattern.suffix, nil
            )
        }
    }

    private func functionName(in parameters: JSON, _ slot: Int) throws(Failure) -> String {
        guard let name = parameters["FunctionName"]?.stringValue else {
            throw runtime(slot, "The parameter FunctionName of the integration lambda:invoke must be a text.")
        }
        return Self.functionName(name)
    }

    /// What the function of `lambda:invoke` gets: nothing is an empty object, and a text is the payload itself.
    private static func payload(_ parameter: JSON?) -> JSON {
        switch parameter {
        case nil, .null?: .object(JSONObject())
        case .string(let text)?: (try? JSON(parsing: text)) ?? .string(text)
        case let value?: value
        }
    }

    /// The name in a FunctionName, which may be a name, an ARN or a partial ARN, each with a qualifier.
    static func functionName(_ text: String) -> String {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if let position = parts.firstIndex(of: "function"), position + 1 < parts.count {
            return String(parts[position + 1])
        }
        return String(parts.first ?? "")
    }

    private mutating func armHeartbeat(
        _ task: Int, at time: Timestamp, _ turn: inout Turn
    ) {
        guard let open = tasks[task], let number = open.schedule.heartbeatTimer,
            let seconds = open.schedule.heartbeatSeconds, !timers.has(number)
        else { return }
        let timer = JournalEvent.Timer(timer: number, due: time.adding(seconds: Double(seconds)))
        emit(.heartbeatArmed(task: task, timer), in: open.scope, &turn)
        command(arming: timer, .heartbeat, &turn)
    }

    // MARK: Answers

    /// A worker has it.
    mutating func taskTaken(
        _ task: Int, by worker: String?, at time: Timestamp, _ turn: inout Turn
    ) {
        guard let open = tasks[task], !open.isTaken else { return }
        if open.schedule.isActivity {
            // History is in the order of its times, whatever the worker's clock says.
            noteStart(open, worker: worker, at: min(max(time, open.scheduledAt), turn.now), &turn)
        }
        armHeartbeat(task, at: turn.now, &turn)
    }

    private mutating func noteStart(
        _ open: OpenTask, worker: String?, at time: Timestamp? = nil,
        _ turn: inout Turn
    ) {
        guard open.schedule.isActivity, !open.isTaken else { return }
        emit(
            .taskStarted(task: open.schedule.task, .activity, resource: open.schedule.resource, worker: worker),
            in: open.scope, at: time, &turn)
    }

    mutating func taskReturned(
        _ task: Int, output: JSON, by worker: String?, _ turn: inout Turn
    ) {
        guard let open = tasks[task] else { return }
        guard open.schedule.pattern != .requestResponse, !open.isSubmitted else {
            let isService = if case .service = open.schedule.target { true } else { false }
            taskSucceeded(task, output: isService ? response(open, output, &turn) : output, by: worker, &turn)
            return
        }
        do throws(Failure) {
            try checkSize(of: output, from: open.schedule.integration.resourceType ?? open.schedule.resource)
        } catch {
            close(open, with: error, &turn)
            return
        }
        emit(
            .taskSubmitted(
                task: task, open.schedule.integration, resource: open.schedule.resource,
                output: response(open, output, &turn)), in: open.scope, &turn)
    }

    mutating func taskSucceeded(
        _ task: Int, output: consuming JSON, by worker: String?, _ turn: inout Turn
    ) {
        guard let open = tasks[task] else { return }
        noteStart(open, worker: worker, &turn)
        do throws(Failure) {
            try checkSize(of: output, from: open.schedule.integration.resourceType ?? open.schedule.resource)
        } catch {
            close(open, with: error, &turn)
            return
        }
        // A function's return value is part of a response; whoever answers with the token gives the result itself.
        if open.schedule.endsWithReturn { output = response(open, output, &turn) }
        succeed(open, with: consume output, &turn)
    }

    private mutating func succeed(
        _ open: OpenTask, with result: consuming JSON, _ turn: inout Turn
    ) {
        guard case .task? = scopes[open.scope].state?.kind else { return }
        close(
            open,
            with: .taskSucceeded(
                task: open.schedule.task, open.schedule.integration, resource: open.schedule.resource,
                output: consume result),
            &turn)
    }

    /// Leaves the state with its task's result: a transition of its own, so that the answer is taken whatever the
    /// state makes of it.
    mutating func finishTask(_ slot: Int, _ result: consuming JSON, _ turn: inout Turn) {
        guard case .task(let task)? = scopes[slot].state?.kind else { return }
        do throws(Failure) {
            try exit(slot, result: consume result, selector: task.resultSelector, resultPath: task.resultPath, &turn)
        } catch {
            fail(slot, error, &turn)
        }
    }

    mutating func taskFailed(
        _ task: Int, _ failure: StateFailure, by worker: String?, _ turn: inout Turn
    ) {
        guard let open = tasks[task] else { return }
        // What comes of a call that nobody waits for concerns nobody.
        if let answer = open.schedule.isEvent ? response(open, .null, &turn) : functionError(open, failure) {
            succeed(open, with: answer, &turn)
            return
        }
        noteStart(open, worker: worker, &turn)
        var failure = failure
        switch open.schedule.integration {
        case .invoke, .callback: failure.cause = failure.cause.map(Self.compacted)
        case .activity, .function, .service: break
        }
        close(open, with: Failure(failure), &turn)
    }

    mutating func taskRefused(
        _ task: Int, _ failure: StateFailure, _ turn: inout Turn
    ) {
        guard let open = tasks[task] else { return }
        close(open, with: Failure(failure), &turn)
    }

    mutating func taskTimedOut(_ task: Int, isHeartbeat: Bool, _ turn: inout Turn) {
        guard let open = tasks[task] else { return }
        let failure = isHeartbeat ? Failure.heartbeat : .timeout
        close(
            open,
            with: .taskTimedOut(
                task: task, open.schedule.integration, resource: open.schedule.resource, failure.failure), &turn)
        guard status == .running else { return }
        turn.commands.append(cancel(open))
        fail(open.scope, failure, &turn)
    }

    private mutating func close(
        _ open: OpenTask, with failure: Failure, _ turn: inout Turn
    ) {
        close(
            open,
            with: .taskFailed(
                task: open.schedule.task, open.schedule.integration, resource: open.schedule.resource,
                failure.failure), &turn)
        if status == .running { fail(open.scope, failure, &turn) }
    }

    /// The attempt ends with this event, and nothing watches it any more.
    private mutating func close(
        _ open: OpenTask, with kind: consuming JournalEvent.Kind, _ turn: inout Turn
    ) {
        let timeout = watching(open.schedule.timeout?.timer, turn)
        let heartbeat = watching(open.schedule.heartbeatTimer, turn)
        emit(kind, in: open.scope, &turn)
        guard status == .running else { return }
        if let timeout { turn.commands.append(.cancelTimer(timer: timeout)) }
        if let heartbeat { turn.commands.append(.cancelTimer(timer: heartbeat)) }
    }

    /// The timer, if it is armed still.
    @inline(__always)
    private func watching(_ timer: Int?, _ turn: borrowing Turn) -> Int? {
        guard let timer, timer != turn.fired, timers.has(timer) else { return nil }
        return timer
    }

    /// AWS hands on the cause of a failed invocation without the white space between its JSON tokens.
    private static func compacted(_ cause: String) -> String {
        guard let value = try? JSON(parsing: cause), case .object = value else { return cause }
        return value.serialized()
    }
}
