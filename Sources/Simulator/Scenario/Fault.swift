/// Something that goes wrong. Counted faults happen at the so-manieth turn or message of a run, timed ones at a second.
enum Fault: Sendable, Hashable {
    // The orchestrator's process, at a turn of its engine.
    /// The process dies before the turn's transaction is committed.
    case crashBeforeCommit(turn: Int)
    /// The process dies with the transaction on disk, after the first so many kinds of effects were carried out.
    case crashAfterCommit(turn: Int, effects: Int)
    /// The process dies again so many turns after its so-manieth start; 0 for while it recovers.
    case crashAfterStart(life: Int, turns: Int)
    /// The process stands still with the transaction on disk. Another one takes over, and the first wakes later and
    /// carries out what it had decided.
    case takeover(turn: Int, wakesAfter: Double)
    /// The store refuses the commit; nothing of it is kept.
    case commitFails(turn: Int)
    /// The store says that it refused the commit, and has kept it.
    case commitInDoubt(turn: Int)
    /// The commit takes its time.
    case commitStalls(turn: Int, seconds: Double)
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
    /// Somebody deletes the orchestrator's own queues, with the answers and starts in them.
    case inboxDeleted(at: Double)
    /// Only the orchestrator's connection breaks.
    case connectionLost(at: Double, seconds: Double)
    /// The broker reads nothing from publishers.
    case publishersBlocked(at: Double, seconds: Double)
    /// What waits for the orchestrator comes in the wrong order.
    case deliveriesShuffled(at: Double)

    // Messages, counted per run.
    /// The task never reaches its queue, and the publisher hears nothing.
    case publishLost(message: Int)
    /// The task is on its queue, and the publisher does not hear of it.
    case confirmLost(message: Int)
    case taskDelayed(message: Int, seconds: Double)
    case taskDoubled(message: Int)
    case answerDoubled(message: Int)
    case answerDelayed(message: Int, seconds: Double)
    /// A damaged copy of the answer arrives besides the right one.
    case answerCorrupted(message: Int, Damage)
    /// The worker dies with the task in its hands.
    case workerCrash(message: Int)
    /// The worker dies with its answer sent and the task not acknowledged.
    case workerCrashAfterAnswer(message: Int)

    /// What became of the task's token in a damaged answer.
    enum Damage: Int, Sendable, Hashable, CaseIterable { case noToken, wrongSecret, wrongPartition, wrongExecution }
}

extension Fault {
    /// Its kind, for counting.
    var name: String { String("\(self)".prefix { $0 != "(" }) }

    /// Whether messages are gone for good that were on a queue.
    var losesQueues: Bool {
        switch self {
        case .brokerWipe, .queueDeleted, .inboxDeleted: true
        default: false
        }
    }

    /// The second at which a timed fault begins; nil for a counted one.
    var start: Double? {
        switch self {
        case .diskFull(let at, _), .pause(let at, _), .clockJump(let at, _), .brokerRestart(let at, _),
            .brokerWipe(let at, _), .queueDeleted(let at, _), .inboxDeleted(let at), .connectionLost(let at, _),
            .publishersBlocked(let at, _), .deliveriesShuffled(let at):
            at
        default: nil
        }
    }
}
