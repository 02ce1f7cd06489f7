import Interpreter
import JSONValue
import OrderedCollections
import Telemetry

extension EngineCore {
    /// An answer that came over the broker: acknowledged whatever becomes of it, once that is on disk.
    mutating func take(_ answer: TaskAnswer, at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        guard let token = TaskToken(answer.token), token.partition == configuration.partition else {
            effects.counted.append(metrics.answersInvalid)
            effects.bury.append((answer.delivery, "The correlation_id is not a task token."))
            return
        }
        guard let (live, task) = try openTask(token) else {
            // A late answer has an execution, which has gone on. One without belongs to another database, whose
            // orchestrator may still miss it. Express executions leave no trace: there every such answer is late.
            let isForeign = configuration.isExpress ? false : try writer.execution(key: token.execution) == nil
            if isForeign {
                effects.counted.append(metrics.answersInvalid)
                effects.bury.append((answer.delivery, "This database has no execution that the task token could name."))
            } else {
                effects.counted.append(metrics.answersIgnored)
                effects.acknowledge.append(answer.delivery)
            }
            return
        }
        var isDone = true
        switch answer.kind {
        case .started:
            isDone = try advance(
                live, .taskStarted(task: task.task, worker: answer.worker, at: now), at: now, &effects)
        case .heartbeat:
            try beat(task, of: live, worker: answer.worker, at: now, &effects)
        case .success(let output):
            let stimulus: Stimulus =
                if task.waitsForToken {
                    .taskReturned(task: task.task, output: output, worker: answer.worker)
                } else {
                    .taskSucceeded(task: task.task, output: output, worker: answer.worker)
                }
            isDone = try finish(task, of: live, stimulus, at: now, &effects)
        case .failure(let failure):
            isDone = try finish(
                task, of: live, .taskFailed(task: task.task, failure: failure, worker: answer.worker), at: now,
                &effects)
        }
        if isDone { effects.acknowledge.append(answer.delivery) }
    }

    /// SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat. Nil while what comes of it is being computed.
    mutating func take(
        _ answer: TokenAnswer, token text: String, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) -> Result<Void, ServiceError>? {
        guard let token = TaskToken(text), token.partition == configuration.partition else {
            effects.counted.append(metrics.answersInvalid)
            return .failure(ServiceError(.invalidToken, "Invalid Token: 'Invalid token'"))
        }
        guard let (live, task) = try openTask(token) else {
            effects.counted.append(metrics.answersIgnored)
            return .failure(
                ServiceError(.taskTimedOut, "Task Timed Out: 'Provided task does not exist anymore'"))
        }
        var isDone = true
        switch answer {
        case .heartbeat:
            try beat(task, of: live, worker: nil, at: now, &effects)
        case .success(let output):
            isDone = try finish(
                task, of: live, .taskSucceeded(task: task.task, output: output, worker: nil), at: now, &effects)
        case .failure(let failure):
            isDone = try finish(
                task, of: live, .taskFailed(task: task.task, failure: failure, worker: nil), at: now, &effects)
        }
        return isDone ? .success(()) : nil
    }

    /// GetActivityTask took a task off its queue; nil for one that nobody waits for any more.
    mutating func handOut(
        _ taken: TakenTask, worker: String?, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) -> HandedOutTask? {
        effects.acknowledge.append(taken.delivery)
        guard let token = TaskToken(taken.token), let (live, task) = try openTask(token) else { return nil }
        let key = TaskKey(execution: live.record.identity.key, task: task.task)
        // A broker that lost the connection before our acknowledgement delivers again what is already handed out.
        guard try writer.task(key)?.phase != .taken else { return nil }
        try setPhase(.taken, of: key, worker: worker)
        if outbox.inFlight[key] != nil { outbox.overtaken.insert(key) }
        _ = try advance(live, .taskStarted(task: task.task, worker: worker, at: now), at: now, &effects)
        return HandedOutTask(token: taken.token, input: taken.input)
    }

    mutating func handBack(token text: String, _ effects: inout Effects) throws(StoreError) {
        guard let token = TaskToken(text), let (live, task) = try openTask(token) else { return }
        let key = TaskKey(execution: live.record.identity.key, task: task.task)
        try setPhase(.pending, of: key)
        effects.rescanOutbox = true
    }

    /// Closes a task's row; late answers find nothing from here on.
    mutating func close(_ key: TaskKey, _ effects: inout Effects) throws(StoreError) {
        outbox.confirmed.remove(key)
        try apply(.closeTask(key))
        if !effects.publish.isEmpty { effects.publish[key] = nil }
        let lease = TimerKey.lease(key)
        if timers.contains(lease) { try clear(lease, &effects) }
    }

    private mutating func finish(
        _ task: ScheduledTask, of live: LiveExecution, _ stimulus: Stimulus, at now: Timestamp,
        _ effects: inout Effects
    ) throws(StoreError) -> Bool {
        guard try advance(live, stimulus, at: now, &effects) else { return false }
        effects.counted.append(metrics.answersAccepted)
        if !live.hasOpenTask(task.task) {
            try close(TaskKey(execution: live.record.identity.key, task: task.task), &effects)
        }
        return true
    }

    private mutating func beat(
        _ task: ScheduledTask, of live: LiveExecution, worker: String?, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        effects.counted.append(metrics.heartbeats)
        // Whoever beats has started, whether it said so or not; a second time this changes nothing.
        _ = try advance(live, .taskStarted(task: task.task, worker: worker, at: now), at: now, &effects)
        let key = TaskKey(execution: live.record.identity.key, task: task.task)
        if let timer = task.heartbeatTimer {
            lastHeartbeat[TimerKey(execution: key.execution, timer: timer)] = now
            return
        }
        let lease = TimerKey.lease(key)
        lastHeartbeat[lease] = now
        if !timers.contains(lease), effects.timers[lease] == nil {
            try arm(
                TimerRow(
                    key: lease, due: now.adding(seconds: configuration.leaseSilence), purpose: EngineTimer.lease,
                    interval: configuration.leaseSilence), &effects)
        }
    }

    /// The open attempt that a token names. The secret is compared whole: a token cannot be guessed piece by piece.
    private mutating func openTask(
        _ token: TaskToken
    ) throws(StoreError) -> (live: LiveExecution, task: ScheduledTask)? {
        guard let live = try liveExecution(token.execution), let task = live.openTask(token.task),
            task.token == token
        else { return nil }
        return (live, task)
    }
}
