import Synchronization

/// Who can be woken by `Alarms`.
protocol Alarmed: AnyObject, Sendable {
    /// The time has come that was set last. Does not block.
    func wake()
}

/// Wakes the runs of a worker when their time has come. Most tasks are done long before anything is due, so a sleeping
/// task for each would cost more than the work itself: one sleeper serves them all.
///
/// Knows no clock: whoever asks for an alarm is told when it makes an earlier sleeper necessary.
final class Alarms<Sleeper: Alarmed>: Sendable {
    private struct State {
        var entries: [ObjectIdentifier: (time: Duration, sleeper: Sleeper)] = [:]
        /// The earliest time for which there is a sleeper.
        var sleeping: Duration?
    }

    private let state = Mutex(State())

    /// Takes the place of the run's former alarm; nil: none is needed.
    /// - Returns: until when somebody has to sleep and then ask for `due`, where nobody does yet.
    func set(_ time: Duration?, for sleeper: Sleeper) -> Duration? {
        state.withLock { state in
            guard let time else {
                state.entries[ObjectIdentifier(sleeper)] = nil
                return nil
            }
            state.entries[ObjectIdentifier(sleeper)] = (time, sleeper)
            if let sleeping = state.sleeping, sleeping <= time { return nil }
            state.sleeping = time
            return time
        }
    }

    /// Wakes whoever is due.
    /// - Returns: as `set`.
    func fire(at now: Duration) -> Duration? {
        let (due, next) = state.withLock { state in
            // As many as tasks are here: few enough to look at each.
            let due = state.entries.filter { $0.value.time <= now }
            for run in due.keys { state.entries[run] = nil }
            let next = state.entries.values.lazy.map(\.time).min()
            // A later sleeper than the one that was due may still be there, and is then early enough or superfluous.
            if let sleeping = state.sleeping, sleeping > now, next.map({ sleeping <= $0 }) ?? true {
                return (due, Duration?.none)
            }
            state.sleeping = next
            return (due, next)
        }
        for entry in due.values { entry.sleeper.wake() }
        return next
    }
}
