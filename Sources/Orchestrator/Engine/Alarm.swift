import Dispatch
import JSONValue
import Synchronization

/// Wakes the engine when its next deadline comes; at most one is set at a time.
final class Alarm: Sendable {
    private struct State {
        var source: (any DispatchSourceTimer)?
        var due: Timestamp?
        var action: (@Sendable () -> Void)?
    }

    private let queue: DispatchQueue
    private let state: Mutex<State>

    init(queue: DispatchQueue) {
        self.queue = queue
        state = Mutex(State())
    }

    func onFire(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.action = action }
    }

    /// Replaces the deadline; nil sets none.
    func set(_ due: Timestamp?, now: Timestamp) {
        state.withLock { state in
            guard due != state.due || due.map({ $0 <= now }) == true else { return }
            state.due = due
            state.source?.cancel()
            state.source = nil
            guard let due, let action = state.action else { return }
            // A wall clock that jumps is noticed within a minute.
            let wait = min(max(0, due.microseconds - now.microseconds), 60_000_000)
            let source = DispatchSource.makeTimerSource(queue: queue)
            source.schedule(deadline: .now() + .microseconds(Int(wait)), leeway: .milliseconds(1))
            source.setEventHandler { [weak self] in
                self?.state.withLock { $0.due = nil }
                action()
            }
            source.resume()
            state.source = source
        }
    }

    func cancel() { set(nil, now: Timestamp(microseconds: 0)) }
}
