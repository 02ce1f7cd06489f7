import Foundation
import Simulator
import Synchronization

/// The seeds that are played, by some threads that each take the next one.
final class Field: Sendable {
    /// A thread's present seed.
    private struct Run {
        let seed: UInt64
        let pulse: Pulse
        let began: ContinuousClock.Instant
        var isCalledSlow = false
        /// Steps when it was last looked at, and since when they are as many.
        var steps = 0
        var lastStep: ContinuousClock.Instant

        init(seed: UInt64) {
            self.seed = seed
            pulse = Pulse()
            began = .now
            lastStep = began
        }
    }

    private struct State {
        var next: UInt64
        var verdict = Verdict()
        var played = 0
        var failures: [FailedRun] = []
        /// Seeds that never came back from a step.
        var hung: [UInt64] = []
        /// By thread.
        var current: [Int: Run] = [:]
        var threads = 0
    }

    /// What there is to say of a seed that takes long.
    private enum Remark {
        case slow(Run)
        case hung(Run)
    }

    /// More would say the same.
    private static let mostFailures = 10

    private let end: UInt64
    private let state: Mutex<State>

    init(first: UInt64, count: UInt64) {
        end = first + count
        state = Mutex(State(next: first))
    }

    var result: (verdict: Verdict, failures: [FailedRun], hung: [UInt64]) {
        state.withLock { ($0.verdict, $0.failures, $0.hung) }
    }

    /// Begins one more thread.
    func addThread() {
        let number = state.withLock { state in
            state.threads += 1
            return state.threads
        }
        guard let first = take(number) else { return }
        let thread = Thread { [self] in work(number, first) }
        // As deep as the deepest definition that a main thread could take.
        thread.stackSize = 8 << 20
        thread.start()
    }

    private func work(_ thread: Int, _ first: Run) {
        var next: Run? = first
        while let run = next {
            let (verdict, failure) = FailedRun.play(seed: run.seed, pulse: run.pulse)
            let time = ContinuousClock.now - run.began
            // Worth a look, whatever takes so long.
            if time > .seconds(10) { print("seed \(run.seed) took \(time)") }
            if let failure { print("\n\(failure)\n") }
            let goesOn = state.withLock { state in
                state.verdict.add(verdict)
                state.played += 1
                if let failure { state.failures.append(failure) }
                // Given up meanwhile, another thread has its place.
                return state.current[thread] != nil
            }
            next = goesOn ? take(thread) : nil
        }
    }

    private func take(_ thread: Int) -> Run? {
        state.withLock { state in
            guard state.next < end, state.failures.count < Self.mostFailures else {
                state.current[thread] = nil
                return nil
            }
            let run = Run(seed: state.next)
            state.next += 1
            state.current[thread] = run
            return run
        }
    }

    /// Returns when all is played.
    ///
    /// How long a run takes in real time says something of the machine, and nothing of the engine: what it may take is
    /// bounded in steps and in virtual time. Only a single step that does not end is a fault; the thread in it cannot be
    /// ended, and another takes its place.
    ///
    /// - Parameter patience: Seconds of real time.
    func watch(patience: Double, _ progress: (Verdict, Int) -> Void) {
        var reported = 0
        while true {
            Thread.sleep(forTimeInterval: 0.2)
            let (verdict, played, isOver, remarks) = state.withLock { state in
                let remarks = Self.look(&state, patience: .seconds(patience))
                return (state.verdict, state.played, state.current.isEmpty, remarks)
            }
            if played / 2_000 > reported {
                reported = played / 2_000
                progress(verdict, played)
            }
            var replacements = 0
            for remark in remarks {
                switch remark {
                case .slow(let run):
                    print("seed \(run.seed) is slow: \(run.steps) steps in \(patience) s of real time; it goes on")
                case .hung(let run):
                    print("seed \(run.seed) hangs: a single step takes more than \(patience) s of real time")
                    print("seed \(run.seed); to see it again: \(FailedRun.command(seed: run.seed))")
                    replacements += 1
                }
            }
            if !remarks.isEmpty { fflush(nil) }
            for _ in 0..<replacements { addThread() }
            if isOver && replacements == 0 { return }
        }
    }

    private static func look(_ state: inout State, patience: Duration) -> [Remark] {
        var remarks: [Remark] = []
        let now = ContinuousClock.now
        for (thread, var run) in state.current.sorted(by: { $0.key < $1.key }) {
            let steps = run.pulse.count
            if steps != run.steps { (run.steps, run.lastStep) = (steps, now) }
            if now - run.lastStep > patience {
                remarks.append(.hung(run))
                state.hung.append(run.seed)
                state.current[thread] = nil
                continue
            }
            if now - run.began > patience, !run.isCalledSlow {
                run.isCalledSlow = true
                remarks.append(.slow(run))
            }
            state.current[thread] = run
        }
        return remarks
    }
}
