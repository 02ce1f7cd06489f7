import Synchronization

/// Something that happens at most once, and whoever wants to be told.
package final class OneShot: Sendable {
    private struct State {
        var hasFired = false
        var lastNumber = 0
        var actions: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package var hasFired: Bool { state.withLock { $0.hasFired } }

    /// Runs what was registered, in the calling thread. Later calls do nothing.
    package func fire() {
        let actions = state.withLock { state in
            state.hasFired = true
            defer { state.actions = [:] }
            return state.actions
        }
        for action in actions.values { action() }
    }

    /// Runs `action` when it happens: at once where it has happened. The result takes it back.
    package func whenFired(_ action: @escaping @Sendable () -> Void) -> Registration {
        let number: Int? = state.withLock { state in
            guard !state.hasFired else { return nil }
            state.lastNumber += 1
            state.actions[state.lastNumber] = action
            return state.lastNumber
        }
        guard let number else {
            action()
            return Registration(cancel: {})
        }
        return Registration { [weak self] in
            self?.state.withLock { $0.actions[number] = nil }
        }
    }

    package struct Registration: Sendable {
        package let cancel: @Sendable () -> Void
    }

    /// Waits for it, or for the cancellation of the calling task.
    package func wait() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let registration = whenFired { continuation.finish() }
        // A cancelled task's iteration ends by itself.
        for await _ in stream {}
        registration.cancel()
    }
}
