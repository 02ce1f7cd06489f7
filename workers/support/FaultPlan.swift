import Synchronization
package import WorkerSDK

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Does what the fault flags ask for.
package final class FaultPlan: Sendable {
    private struct State {
        var failed = 0
        var done = 0
        var answered = 0
    }

    private let options: FaultOptions
    private let state = Mutex(State())

    package init(_ options: FaultOptions) { self.options = options }

    /// Before a handler's work: takes time, fails, or never returns.
    package func strike() async throws {
        if let slow = options.slow { try await Task.sleep(for: .seconds(slow)) }
        if options.hang { try await Task.sleep(for: .seconds(1_000_000_000)) }
        guard shouldFail() else { return }
        throw TaskFailure(error: options.failError ?? "Worker.InjectedFault", cause: "a fault was asked for by flag")
    }

    private func shouldFail() -> Bool {
        if let count = options.failCount {
            return state.withLock { state in
                state.failed += 1
                return state.failed <= count
            }
        }
        if let rate = options.failRate { return Double.random(in: 0..<1) < rate }
        return options.failError != nil
    }

    /// Dies as a process dies that is killed: without a word.
    package func reached(_ moment: TaskMoment) {
        let dies = state.withLock { state in
            switch moment {
            case .beforeAnswer:
                state.done += 1
                return state.done == options.crashBeforeAnswer
            case .beforeAcknowledgement:
                state.answered += 1
                return state.answered == options.crashAfterAnswer
            }
        }
        if dies { kill(getpid(), SIGKILL) }
    }
}
