import JSONValue
import StatesLanguage
import TestSupport

extension Scenario {
    /// Makes up a run.
    ///
    /// - Parameter faults: Whether anything goes wrong at all.
    init(seed: UInt64, faults wantsFaults: Bool = true) {
        var random = SeededGenerator(fixed: seed)
        var programs = ProgramGenerator(random: SeededGenerator(fixed: seed ^ 0xA5A5))
        var machines: [JSON] = []
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            var program = programs.machine()
            // A block may have states that nothing leads to, which is refused.
            while StateMachineDefinition.validate(program.serialized()).definition == nil {
                program = programs.machine()
            }
            machines.append(program)
        }
        let starts = (0..<Int.random(in: 1...6, using: &random)).map { number in
            Start(
                at: Double.random(in: 0...20, using: &random),
                machine: Int.random(in: 0..<machines.count, using: &random),
                name: "run-\(number)", overBroker: Int.random(in: 0..<4, using: &random) == 0,
                stopAfter: Int.random(in: 0..<12, using: &random) == 0 ? Double.random(in: 0...40, using: &random) : nil
            )
        }
        self.init(
            seed: seed, machines: machines, input: ["items": [1, 2, "three", [4]], "seconds": 2], starts: starts,
            faults: [], transitionsPerStep: Int.random(in: 1...20, using: &random),
            sliceSteps: Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: 1...60, using: &random) : 20_000,
            cachedExecutions: Int.random(in: 0..<3, using: &random) == 0 ? 1 : 100,
            unconfirmedTasks: Int.random(in: 0..<4, using: &random) == 0 ? 1 : 100)
        if wantsFaults { faults = Self.makeFaults(&random) }
    }

    private static func makeFaults(_ random: inout SeededGenerator) -> [Fault] {
        (0..<Int.random(in: 0...8, using: &random)).map { _ in
            let turn = Int.random(in: 1...80, using: &random)
            let message = Int.random(in: 1...25, using: &random)
            let at = Double.random(in: 0...60, using: &random)
            let seconds = Double.random(in: 0.1...30, using: &random)
            switch Int.random(in: 0..<22, using: &random) {
            case 0...2: return .crashBeforeCommit(turn: turn)
            case 3...5: return .crashAfterCommit(turn: turn, effects: Int.random(in: 0...8, using: &random))
            case 6: return .crashInRecovery(turn: turn)
            case 7: return .commitFails(turn: turn)
            case 8: return .writeFails(turn: turn, operation: Int.random(in: 0...5, using: &random))
            case 9: return .diskFull(at: at, seconds: seconds)
            case 10: return .pause(at: at, seconds: seconds)
            case 11: return .clockJump(at: at, seconds: seconds * (Bool.random(using: &random) ? 10 : -1))
            case 12: return .brokerRestart(at: at, seconds: seconds)
            case 13: return .brokerWipe(at: at, seconds: seconds)
            case 14: return .queueDeleted(at: at, queue: Int.random(in: 0...1, using: &random))
            case 15: return .connectionLost(at: at, seconds: seconds)
            case 16: return .publishLost(message: message)
            case 17: return .confirmLost(message: message)
            case 18:
                return Bool.random(using: &random)
                    ? .taskDoubled(message: message)
                    : .taskDelayed(message: message, seconds: seconds)
            case 19: return .answerDoubled(message: message)
            case 20:
                return Bool.random(using: &random)
                    ? .answerCorrupted(message: message)
                    : .answerDelayed(message: message, seconds: seconds)
            default: return .workerCrash(message: message)
            }
        }
    }
}
