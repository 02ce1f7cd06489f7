import Foundation
import Simulator
import Synchronization

/// The seeds that are played, by some threads that each take the next one.
final class Field: Sendable {
    private struct State {
        var next: UInt64
        var verdict = Verdict()
        var played = 0
        var failures: [FailedRun] = []
        /// What each thread is at, since when.
        var current: [Int: (seed: UInt64, since: ContinuousClock.Instant)] = [:]
    }

    /// More would say the same.
    private static let mostFailures = 10

    private let end: UInt64
    private let state: Mutex<State>

    init(first: UInt64, count: UInt64) {
        end = first + count
        state = Mutex(State(next: first))
    }

    var result: (verdict: Verdict, failures: [FailedRun]) { state.withLock { ($0.verdict, $0.failures) } }

    /// One thread's share.
    func work(_ thread: Int) {
        while let seed = take(thread) {
            let began = ContinuousClock.now
            let (verdict, failure) = FailedRun.play(seed: seed)
            let time = ContinuousClock.now - began
            // Worth a look, whatever takes so long.
            if time > .seconds(10) { print("seed \(seed) took \(time)") }
            if let failure { print("\n\(failure)\n") }
            state.withLock { state in
                state.verdict.add(verdict)
                state.played += 1
                if let failure { state.failures.append(failure) }
            }
        }
    }

    private func take(_ thread: Int) -> UInt64? {
        state.withLock { state in
            guard state.next < end, state.failures.count < Self.mostFailures else {
                state.current[thread] = nil
                return nil
            }
            defer { state.next += 1 }
            state.current[thread] = (state.next, .now)
            return state.next
        }
    }

    /// Returns when all is played. A run that hangs takes the process with it: there is no other way to end it.
    func watch(patience: Double, _ progress: (Verdict, Int) -> Void) {
        var reported = 0
        while true {
            Thread.sleep(forTimeInterval: 0.2)
            let (verdict, played, current) = state.withLock { ($0.verdict, $0.played, $0.current) }
            if played / 2_000 > reported {
                reported = played / 2_000
                progress(verdict, played)
            }
            for (seed, since) in current.values where ContinuousClock.now - since > .seconds(patience) {
                print("seed \(seed) is stuck: it has run for more than \(patience) s of real time")
                print("seed \(seed); to see it again: \(FailedRun.command(seed: seed))")
                exit(1)
            }
            if current.isEmpty { return }
        }
    }
}
