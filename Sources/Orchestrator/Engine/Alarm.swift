import Dispatch
import JSONValue
import Synchronization

/// Wakes the engine when its next deadline comes; at most one timer is set at a time.
///
/// A deadline that is put off or given up leaves its timer as it is: most are, turn after turn, and to look at the clock
/// once in vain costs less than to set a timer for each.
final class Alarm: Sendable {
    private struct State {
        var source: (any DispatchSourceTimer)?
        /// When the timer fires; nil for at once.
        var armed: Timestamp?
        /// When the engine wants to be woken.
        var due: Timestamp?
        var action: (@Sendable () -> Void)?

        /// Whether the timer will fire in time.
        func isInTime(for due: Timestamp, now: Timestamp) -> Bool {
            guard source != nil else { return false }
            return armed.map { due > now && $0 <= due } ?? true
        }
    }

    private let queue: DispatchQueue
    private let clock: any WallClock
    private let state: Mutex<State>

    init(queue: DispatchQueue, clock: any WallClock) {
        self.queue = queue
        self.clock = clock
        state = Mutex(State())
    }

    func onFire(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.action = action }
    }

    /// Replaces the deadline; nil sets none.
    func set(_ due: Timestamp?, now: Timestamp) {
        state.withLock { state in
            state.due = due
            guard let due, state.action != nil, !state.isInTime(for: due, now: now) else { return }
            arm(&state, for: due, now: now)
        }
    }

    func cancel() {
        state.withLock { state in
            state.due = nil
            state.source?.cancel()
            state.source = nil
        }
    }

    private func arm(_ state: inout State, for due: Timestamp, now: Timestamp) {
        state.source?.cancel()
        // A wall clock that jumps is noticed within a minute.
        let wait = min(max(0, due.microseconds - now.microseconds), 60_000_000)
        let source = DispatchSource.makeTimerSource(queue: queue)
        source.schedule(deadline: .now() + .microseconds(Int(wait)), leeway: .milliseconds(1))
        source.setEventHandler { [weak self] in self?.fire() }
        source.resume()
        state.source = source
        state.armed = wait > 0 ? due : nil
    }

    private func fire() {
        let now = clock.now()
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            state.source?.cancel()
            state.source = nil
            guard let due = state.due else { return nil }
            guard due <= now else {
                arm(&state, for: due, now: now)
                return nil
            }
            state.due = nil
            return state.action
        }
        action?()
    }
}
