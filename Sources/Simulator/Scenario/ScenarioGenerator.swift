import JSONValue
import StatesLanguage
import TestSupport

extension Scenario {
    /// Makes up a run.
    ///
    /// Each seed has a shape of its own: which features its programs use and which kinds of faults there are at all
    /// ("Swarm Testing", Groce et al. 2012). Runs in which everything happens hide what only happens when something
    /// else does not.
    ///
    /// - Parameter faults: Whether anything goes wrong at all.
    package init(seed: UInt64, faults wantsFaults: Bool = true) {
        var random = SeededGenerator(fixed: seed)
        let machines = MachineGenerator(seed: seed, using: &random)
        let startCount =
            Int.random(in: 0..<10, using: &random) == 0
            ? Int.random(in: 7...25, using: &random) : Int.random(in: 1...6, using: &random)
        let entries = machines.entries.count
        let starts = (0..<startCount).map { number in
            Start(
                at: Double.random(in: 0...20, using: &random),
                machine: Int.random(in: 0..<entries, using: &random), name: "run-\(number)",
                overBroker: Int.random(in: 0..<4, using: &random) == 0,
                stopAfter: Int.random(in: 0..<12, using: &random) == 0 ? .random(in: 0...40, using: &random) : nil,
                redriveAfter: Int.random(in: 0..<6, using: &random) == 0 ? .random(in: 5...60, using: &random) : nil,
                isDoubled: Int.random(in: 0..<6, using: &random) == 0)
        }
        func oneIn(_ count: Int, _ rare: Int, _ usual: Int) -> Int {
            Int.random(in: 0..<count, using: &random) == 0 ? rare : usual
        }
        self.init(
            seed: seed, machines: machines.all, input: ["items": [1, 2, "three", [4]], "seconds": 2], starts: starts,
            faults: [], transitionsPerStep: Int.random(in: 1...20, using: &random),
            sliceSteps: oneIn(3, Int.random(in: 1...60, using: &random), 20_000),
            cachedExecutions: oneIn(3, 1, 100), unconfirmedTasks: oneIn(4, 1, 100),
            timerHorizon: Double(oneIn(4, Int.random(in: 2...20, using: &random), 3_600)),
            childrenPerBatch: oneIn(3, Int.random(in: 2...5, using: &random), 500))
        if wantsFaults { faults = Self.makeFaults(&random) }
    }

    private static func makeFaults(_ random: inout SeededGenerator) -> [Fault] {
        let kinds = (0..<31).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        guard !kinds.isEmpty else { return [] }
        let count =
            Int.random(in: 0..<8, using: &random) == 0
            ? Int.random(in: 9...30, using: &random) : Int.random(in: 0...8, using: &random)
        // Early and dense, or over the whole run.
        let span = Bool.random(using: &random) ? 15.0 : 60
        return (0..<count).map { _ in
            let kind = kinds[Int.random(in: 0..<kinds.count, using: &random)]
            return fault(kind, span: span, &random)
        }
    }

    private static func fault(_ kind: Int, span: Double, _ random: inout SeededGenerator) -> Fault {
        let turn = Int.random(in: 1...80, using: &random)
        let message = Int.random(in: 1...25, using: &random)
        let at = Double.random(in: 0...span, using: &random)
        let seconds = Double.random(in: 0.1...30, using: &random)
        let small = Int.random(in: 0...8, using: &random)
        return switch kind {
        case 0, 1: .crashBeforeCommit(turn: turn)
        case 2, 3: .crashAfterCommit(turn: turn, effects: small)
        case 4, 5: .crashAfterStart(life: Int.random(in: 2...5, using: &random), turns: small / 2)
        case 6: .takeover(turn: turn, wakesAfter: seconds)
        case 7: .commitFails(turn: turn)
        case 8: .commitInDoubt(turn: turn)
        case 9: .commitStalls(turn: turn, seconds: seconds)
        case 10: .writeFails(turn: turn, operation: small)
        case 11: .diskFull(at: at, seconds: seconds)
        case 12: .pause(at: at, seconds: seconds)
        case 13: .clockJump(at: at, seconds: seconds * (Bool.random(using: &random) ? 10 : -1))
        case 14: .brokerRestart(at: at, seconds: seconds)
        case 15: .brokerWipe(at: at, seconds: seconds)
        case 16: .queueDeleted(at: at, queue: small % 2)
        case 17: .inboxDeleted(at: at)
        case 18: .connectionLost(at: at, seconds: seconds)
        case 19: .publishersBlocked(at: at, seconds: seconds)
        case 20: .deliveriesShuffled(at: at)
        case 21: .publishLost(message: message)
        case 22: .confirmLost(message: message)
        case 23: .taskDelayed(message: message, seconds: seconds)
        case 24: .taskDoubled(message: message)
        case 25: .answerDoubled(message: message)
        case 26: .answerDelayed(message: message, seconds: seconds)
        case 27: .answerCorrupted(message: message, Fault.Damage.allCases[small % Fault.Damage.allCases.count])
        case 28: .workerCrashAfterAnswer(message: message)
        default: .workerCrash(message: message)
        }
    }
}
