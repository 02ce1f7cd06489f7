import JSONPath
import JSONValue

/// What one stimulus leads to, as it is put together.
struct Turn {
    let now: Timestamp
    var random: TurnRandom
    var events: [JournalEvent] = []
    var commands: [Command] = []
    /// The timer that came due, which is not armed any more.
    var fired: Int?
    /// What is seen on the way, where a state is looked into.
    var record: InspectionRecord? {
        get { notes?.record }
        set { notes = newValue.map(Notes.init) }
    }
    private var notes: Notes?

    init(now: Timestamp, random: TurnRandom) {
        self.now = now
        self.random = random
        // As many as the answer of a task leads to, and some more.
        events.reserveCapacity(6)
    }

    var isLookedInto: Bool { notes != nil }

    /// A class, because it is large, and hardly any turn has it.
    private final class Notes {
        let record: InspectionRecord
        init(_ record: InspectionRecord) { self.record = record }
    }

    /// Tells whoever looks into the state what its data are at this stage.
    @inline(__always)
    mutating func note(_ stage: InspectionRecord.Stage, _ value: JSON) {
        if notes != nil { record?.stages[stage] = value }
    }

    /// What came of the turn, which has nothing any more afterwards.
    mutating func step(wantsResume: Bool, postponed: Step.Postponed?) -> Step {
        var (events, commands): ([JournalEvent], [Command]) = ([], [])
        swap(&events, &self.events)
        swap(&commands, &self.commands)
        return Step(events: events, commands: commands, wantsResume: wantsResume, postponed: postponed)
    }

    /// A version 4 UUID.
    mutating func uuid() -> String {
        let high = random.next()
        return UUIDText.version4(high: high, low: random.next())
    }

    /// The form of X-Ray's ids; nothing is traced under it.
    mutating func traceID() -> String {
        let seconds = UInt32(truncatingIfNeeded: now.milliseconds / 1_000)
        let root = hexadecimal(random.next()) + hexadecimal(random.next()).prefix(8)
        return "Root=1-\(hexadecimal(UInt64(seconds)).suffix(8))-\(root);Parent=\(hexadecimal(random.next()));Sampled=0"
    }

    private func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The caller's random numbers, for as long as it lends them. No type parameter tells whose: what is generic over one,
/// and called from another module, runs unspecialized at half the speed.
struct TurnRandom: RandomNumberGenerator {
    private let source: UnsafeMutableRawPointer
    private let type: any RandomNumberGenerator.Type

    init<Random: RandomNumberGenerator>(_ source: UnsafeMutablePointer<Random>) {
        self.source = UnsafeMutableRawPointer(source)
        type = Random.self
    }

    mutating func next() -> UInt64 { type.next(at: source) }

    /// Where the numbers are, to go on from there again.
    var position: any RandomNumberGenerator {
        get { type.copy(at: source) }
        nonmutating set { type.restore(newValue, at: source) }
    }
}

/// Of a type known only by its metatype. What is at the place is always of this type.
extension RandomNumberGenerator {
    fileprivate static func next(at place: UnsafeMutableRawPointer) -> UInt64 {
        place.assumingMemoryBound(to: Self.self).pointee.next()
    }

    fileprivate static func copy(at place: UnsafeMutableRawPointer) -> any RandomNumberGenerator {
        place.assumingMemoryBound(to: Self.self).pointee
    }

    fileprivate static func restore(_ copy: any RandomNumberGenerator, at place: UnsafeMutableRawPointer) {
        if let copy = copy as? Self { place.assumingMemoryBound(to: Self.self).pointee = copy }
    }
}

extension Execution {
    /// A slice was too small for what is being decided: all of it will be taken back.
    var isExhausted: Bool {
        work.isExhausted
    }

    /// Makes something happen: puts it into the journal and folds it. Whatever is decided changes the state this way
    /// alone.
    ///
    /// - Parameter previous: The event that this one follows; nil for the latest in its scope.
    mutating func emit(
        _ kind: consuming JournalEvent.Kind, in slot: Int, after previous: Int? = nil, at time: Timestamp? = nil,
        _ turn: inout Turn
    ) {
        guard status == .running, !isExhausted else { return }
        let isNumbered = kind.isInHistory
        if isNumbered, lastEventID >= limits.events - 1, !kind.isEnd {
            failForHistoryLimit(&turn)
            return
        }
        let event = JournalEvent(
            id: isNumbered ? lastEventID + 1 : nil,
            previousID: previous ?? (scopes.indices.contains(slot) ? scopes[slot].last : 0), time: time ?? turn.now,
            scope: slot, kind: kind)
        apply(event)
        turn.events.append(event)
    }

    /// The last event that there is room for tells why there is no more.
    private mutating func failForHistoryLimit(_ turn: inout Turn) {
        let cause = "The execution reached the maximum number of history events (\(limits.events))."
        end(with: .executionFailed(StateFailure(error: "States.Runtime", cause: cause)), after: lastEventID, &turn)
    }

    /// Ends the execution: nothing is awaited any more.
    mutating func end(
        with kind: JournalEvent.Kind, after previous: Int, _ turn: inout Turn
    ) {
        guard status == .running, !isExhausted else { return }
        for (_, open) in tasks.entries { turn.commands.append(cancel(open)) }
        for (timer, _) in timers.entries where timer != turn.fired {
            turn.commands.append(.cancelTimer(timer: timer))
        }
        for scope in scopes {
            if case .mapRun(let arn) = scope.phase { turn.commands.append(.abortMapRun(arn: arn)) }
        }
        emit(kind, in: 0, after: previous, &turn)
        if let outcome { turn.commands.append(.finish(outcome)) }
    }

    func cancel(_ open: OpenTask) -> Command {
        .cancelTask(task: open.schedule.task, token: token(of: open.schedule.task, secret: open.schedule.secret))
    }

    func token(of task: Int, secret: TaskToken.Secret) -> TaskToken {
        TaskToken(partition: identity.partition, execution: identity.key, task: task, secret: secret)
    }

    /// A timer that is due so many seconds from now. It counts from the event on that holds it.
    func newTimer(seconds: Double, at now: Timestamp) -> JournalEvent.Timer {
        JournalEvent.Timer(timer: nextTimer, due: now.adding(seconds: seconds))
    }

    /// Has the timer armed, if its event came about.
    func command(
        arming timer: JournalEvent.Timer?, _ purpose: TimerPurpose, _ turn: inout Turn
    ) {
        guard let timer, timers.has(timer.timer) else { return }
        turn.commands.append(.armTimer(timer: timer.timer, due: timer.due, purpose))
    }
}
