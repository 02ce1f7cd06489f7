/// Something that goes wrong. Counted faults happen at the so-manieth turn or message of a run, timed ones at a second.
enum Fault: Sendable, Hashable {
    // The orchestrator's process, at a turn of its engine.
    /// The process dies before the turn's transaction is committed.
    case crashBeforeCommit(turn: Int)
    /// The process dies with the transaction on disk, after the first so many kinds of effects were carried out.
    case crashAfterCommit(turn: Int, effects: Int)
    /// The next start dies too, right after it has recovered.
    case crashInRecovery(turn: Int)
    /// The store refuses the commit; nothing of it is kept.
    case commitFails(turn: Int)
    /// The store refuses one write in the middle of the transaction.
    case writeFails(turn: Int, operation: Int)
    /// The disk stays full for a while.
    case diskFull(at: Double, seconds: Double)
    /// The process stands still and then goes on, with everything that gathered.
    case pause(at: Double, seconds: Double)
    /// The wall clock jumps.
    case clockJump(at: Double, seconds: Double)

    // The broker.
    case brokerRestart(at: Double, seconds: Double)
    /// The broker comes back with nothing.
    case brokerWipe(at: Double, seconds: Double)
    /// Somebody deletes one of the task queues.
    case queueDeleted(at: Double, queue: Int)
    /// Only the orchestrator's connection breaks.
    case connectionLost(at: Double, seconds: Double)

    // Messages, counted per run.
    /// The task never reaches its queue, and the publisher hears nothing.
    case publishLost(message: Int)
    /// The task is on its queue, and the publisher does not hear of it.
    case confirmLost(message: Int)
    case taskDelayed(message: Int, seconds: Double)
    case taskDoubled(message: Int)
    case answerDoubled(message: Int)
    case answerDelayed(message: Int, seconds: Double)
    /// An answer in which no token can be read arrives besides the right one.
    case answerCorrupted(message: Int)
    /// The worker dies with the task in its hands.
    case workerCrash(message: Int)
}

extension Fault {
    var losesQueues: Bool {
        switch self {
        case .brokerWipe, .queueDeleted: true
        default: false
        }
    }

    /// Seconds after which it is over.
    var end: Double {
        switch self {
        case .diskFull(let at, let seconds), .pause(let at, let seconds), .clockJump(let at, let seconds),
            .brokerRestart(let at, let seconds), .brokerWipe(let at, let seconds),
            .connectionLost(let at, let seconds):
            at + max(0, seconds)
        case .queueDeleted(let at, _): at
        default: 0
        }
    }
}
