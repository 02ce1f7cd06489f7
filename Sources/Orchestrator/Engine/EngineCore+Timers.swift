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
        try apply(.armTimer(row))
        effects.timers[row.key] = .some(row)
    }

    mutating func clear(_ key: TimerKey, _ effects: inout Effects) throws(StoreError) {
        try apply(.clearTimer(key))
        effects.timers[key] = .some(nil)
    }

    /// Brings the timers of the near future into memory, or the earliest of them where there are very many.
    mutating func loadTimers(at now: Timestamp) throws(StoreError) {
        let horizon = now.adding(seconds: configuration.timerHorizon)
        let recovered = recoveredAt ?? now
        recoveredAt = recovered
        let limit = max(1, configuration.timersPerRead)
        let rows = try writer.timers(after: timersLoadedUntil, dueBy: horizon, limit: limit)
        var end = TimerPosition.end(of: horizon)
        if rows.count == limit, let last = rows.last { end = last.position }
        for row in rows {
            // Nobody listened for heartbeats while the engine was down: the workers get a whole interval anew.
            let watches = row.purpose == TimerPurpose.heartbeat.rawValue || row.purpose == EngineTimer.lease
            let due = watches ? max(row.due, recovered.adding(seconds: row.interval)) : row.due
            timers.arm(row.key, due: due, purpose: row.purpose, interval: row.interval)
        }
        timersLoadedUntil = end
        nextFarTimer = try writer.nextTimer(after: end)
    }

    /// More are read only when these are all due later.
    var holdsManyTimers: Bool { timers.count >= max(1, configuration.timersPerRead / 2) }

    private mutating func needsTimers(at now: Timestamp) -> Bool {
        guard let far = nextFarTimer else { return false }
        guard holdsManyTimers else { return far <= now.adding(seconds: configuration.timerHorizon / 2) }
        // Of those due in the same instant, the ones that are here fire first.
        return far <= now && timers.nextDue.map { $0 > far } ?? true
    }

    mutating func fireTimers(
        at now: Timestamp, _ fired: inout [(key: TimerKey, entry: TimerQueue.Entry)], _ effects: inout Effects
    ) throws(StoreError) {
        if needsTimers(at: now) { try loadTimers(at: now) }
        defer {
            timerPace.fired = fired.count
            prefetched = [:]
        }
        while fired.count < timerPace.allowance {
            let due = timers.popDue(at: now, limit: min(Self.timersPerPortion, timerPace.allowance - fired.count))
            guard !due.isEmpty else { return }
            fired += due
            try prefetch(due.lazy.map(\.key.execution))
            for (key, entry) in due { try fireNow(key, entry, at: now, &effects) }
        }
    }

    /// Timers whose executions are read together.
    private static var timersPerPortion: Int { 64 }

    private mutating func fireNow(
        _ key: TimerKey, _ entry: TimerQueue.Entry, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        if case .some(nil) = effects.timers[key] { return }
        if postponeForHeartbeat(key, entry, at: now) { return }
        do throws(StoreError) {
            try handle(.timer(key, entry), at: now, &effects)
        } catch  where error.code == .unreadableExecution {
            // Its row stays: after a restart with a Baton that can read it, it fires.
            logger.critical("a timer cannot be fired", metadata: ["reason": "\(error.message)"])
        }
    }

    /// A sign of life came since the timer was armed: it is due later.
    private mutating func postponeForHeartbeat(
        _ key: TimerKey, _ entry: TimerQueue.Entry, at now: Timestamp
    ) -> Bool {
        guard let due = lastHeartbeat[key]?.adding(seconds: entry.interval), due > now else { return false }
        timers.arm(key, due: due, purpose: entry.purpose, interval: entry.interval)
        return true
    }

    mutating func fire(
        _ key: TimerKey, _ entry: TimerQueue.Entry, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        // It may have waited behind a computation, and the sign of life before it.
        guard !postponeForHeartbeat(key, entry, at: now) else { return }
        if entry.purpose == EngineTimer.lease {
            lastHeartbeat[key] = nil
            effects.counted.append(metrics.timersFired)
            try apply(.clearTimer(key))
            try setPhase(.pending, of: key.leasedTask)
            effects.rescanOutbox = true
            return
        }
        let execution = try liveExecution(key.execution)
        try apply(.clearTimer(key))
        if let execution {
            let stimulus: Stimulus = entry.purpose == EngineTimer.resume ? .resume : .timerFired(key.timer)
            if entry.purpose == TimerPurpose.executionTimeout.rawValue {
                try overtake(execution, stimulus, at: now, &effects)
            } else if try !advance(execution, stimulus, at: now, &effects) {
                // While the step is computed the row stays: it is what is left after a crash.
                try apply(
                    .armTimer(TimerRow(key: key, due: entry.due, purpose: entry.purpose, interval: entry.interval)))
                return
            }
        }
        lastHeartbeat[key] = nil
        effects.counted.append(metrics.timersFired)
    }
}
