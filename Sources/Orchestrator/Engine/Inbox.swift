/// Events that wait for the engine's next turn, and when it comes.
struct Inbox {
    var events: [EngineEvent] = []
    var isScheduled = false
    var isClosed = false
    /// Not all of the events come from the broker: somebody may be waiting for what comes of one.
    var isUrgent = false
    /// The scheduled turn waits for more events, in the pause of this number.
    var pause: UInt64?
    var lastPause: UInt64 = 0
    /// Good news is looked at soon, whatever happens until then.
    var isPatient = false
    /// Somebody waits for confirmations: they are no mere news. From the first time on, for good.
    var awaitsDeliveries = false

    /// Nothing in it leads to anything. News alone is not worth a turn of its own.
    var canWait: Bool {
        !awaitsDeliveries && events.count <= CommitPace.few && events.allSatisfy(\.isGoodNews)
    }

    /// When what is in it gets its turn.
    mutating func nextTurn() -> NextTurn {
        isScheduled = !events.isEmpty && !canWait
        if isScheduled { return .now }
        if events.isEmpty || isPatient { return .withNextEvent }
        isPatient = true
        return .afterPatience
    }
}

/// When the engine has its next turn.
enum NextTurn {
    case withNextEvent, now, afterPatience
    /// Of this number, unless something urgent ends it before.
    case afterPause(UInt64)
}
