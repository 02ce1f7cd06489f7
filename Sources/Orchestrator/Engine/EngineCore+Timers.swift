import Interpreter
import JSONValue
import Logging
import OrderedCollections
import Telemetry

/// Purposes of timers that are the engine's own.
enum EngineTimer {
    /// A task outlived its lease: only heartbeats tell that somebody works on it.
    static let lease = "lease"
    /// An execution paused in the middle of a long run.
    static let resume = "resume"
}

extension TimerKey {
    static let resume = Int.min

    /// The lease watch of a task.
    static func lease(_ key: TaskKey) -> TimerKey { TimerKey(execution: key.execution, timer: -key.task - 1) }

    fileprivate var leasedTask: TaskKey { TaskKey(execution: execution, task: -timer - 1) }
}

extension EngineCore {
    mutating func arm(_ row: TimerRow, _ effects: inout Effects) throws(StoreError) {
        try writer.apply(.armTimer(row))
        effects.timers[row.key] = .some(row)
    }

    mutating func clear(_ key: TimerKey, _ effects: inout Effects) throws(StoreError) {
        try writer.apply(.clearTimer(key))
        effects.timers[key] = .some(nil)
    }

    /// Brings the timers of the near future into memory.
    mutating func loadTimers(at now: Timestamp) throws(StoreError) {
        let horizon = now.adding(seconds: configuration.timerHorizon)
        let first = timersLoadedUntil.microseconds == .min
        for row in try writer.timers(dueBy: horizon) where row.due > timersLoadedUntil || !timers.contains(row.key) {
            // Nobody listened for heartbeats while the engine was down: the workers get a whole interval anew.
            let watches = row.purpose == TimerPurpose.heartbeat.rawValue || row.purpose == EngineTimer.lease
            let due = first && watches ? max(row.due, now.adding(seconds: row.interval)) : row.due
            timers.arm(row.key, due: due, purpose: row.purpose, interval: row.interval)
        }
        timersLoadedUntil = horizon
        nextFarTimer = try writer.nextTimer(after: horizon)
    }

    mutating func fireTimers(
        at now: Timestamp, _ fired: inout [(key: TimerKey, entry: TimerQueue.Entry)], _ effects: inout Effects
    ) throws(StoreError) {
        if let far = nextFarTimer, far <= now.adding(seconds: configuration.timerHorizon / 2) {
            try loadTimers(at: now)
        }
        while fired.count < configuration.timersPerBatch, let (key, entry) = timers.popDue(at: now) {
            if case .some(nil) = effects.timers[key] { continue }
            if let seen = lastHeartbeat[key] {
                let due = seen.adding(seconds: entry.interval)
                if due > now {
                    timers.arm(key, due: due, purpose: entry.purpose, interval: entry.interval)
                    continue
                }
            }
            fired.append((key, entry))
            lastHeartbeat[key] = nil
            do throws(StoreError) {
                try fire(key, entry, at: now, &effects)
            } catch  where error.code == .unreadableExecution {
                // Its row stays: after a restart with a Baton that can read it, it fires.
                logger.critical("a timer cannot be fired", metadata: ["reason": "\(error.message)"])
            }
        }
    }

    private mutating func fire(
        _ key: TimerKey, _ entry: TimerQueue.Entry, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        metrics.timersFired.increment()
        if entry.purpose == EngineTimer.lease {
            try writer.apply(.clearTimer(key))
            try writer.apply(.setTaskPhase(key.leasedTask, .pending, worker: nil))
            effects.rescanOutbox = true
            return
        }
        let execution = try liveExecution(key.execution)
        try writer.apply(.clearTimer(key))
        guard let execution else { return }
        let stimulus: Stimulus = entry.purpose == EngineTimer.resume ? .resume : .timerFired(key.timer)
        try advance(execution, stimulus, at: now, &effects)
    }
}
