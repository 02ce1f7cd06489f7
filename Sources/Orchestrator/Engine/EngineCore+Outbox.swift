import Interpreter
import JSONValue
import Logging
import OrderedCollections

/// Which tasks are with the broker, and where the outbox has to be read again.
struct OutboxState {
    var connected = false
    /// Handed to the broker, outcome unknown.
    var inFlight: [TaskKey: ScheduledTask.Target] = [:]
    /// Those of them that a poller already got: a delivery may overtake the broker's confirmation.
    var overtaken: Set<TaskKey> = []
    /// Those of them whose queue was lost meanwhile: even a confirmation is no proof that they are on the new one.
    var doubtful: Set<TaskKey> = []
    /// What this transaction learned the outcome of; put back when it fails, as the outcomes come again.
    var settled: [Settled] = []
    /// Tasks that the broker has, and whose rows do not say so yet: those that are answered soon never need to.
    var confirmed: Set<TaskKey> = []
    /// Replies that the broker has, and that are still in the store's outbox.
    var delivered: [Int64] = []
    /// Since when the first of either waits to be written down.
    var confirmedSince: Timestamp?
    /// As they were when the transaction began.
    var confirmedBefore: (tasks: Set<TaskKey>, replies: [Int64], since: Timestamp?) = ([], [], nil)
    /// Until when a function without a queue may only have lost it.
    var functionsExpectedUntil: Timestamp?
    /// The outbox may hold rows that were not handed over: it is read from `cursor` on.
    var hasBacklog = false
    var cursor: TaskKey?
    /// When rows that could not be placed are tried again.
    var retryAt: Timestamp?
    /// Replies that did not reach the broker, or all of them, and when they are sent again.
    var unsent: Set<Int64> = []
    var resendsAll = false
    var resendAt: Timestamp?

    struct Settled {
        var key: TaskKey
        var target: ScheduledTask.Target
        var isOvertaken: Bool
        var isDoubtful: Bool
    }

    mutating func rescan() {
        hasBacklog = true
        cursor = nil
    }

    /// Takes a task out of those with an unknown outcome; nil for one that is not among them.
    mutating func settle(_ key: TaskKey) -> Settled? {
        guard let target = inFlight.removeValue(forKey: key) else { return nil }
        let entry = Settled(
            key: key, target: target, isOvertaken: !overtaken.isEmpty && overtaken.remove(key) != nil,
            isDoubtful: !doubtful.isEmpty && doubtful.remove(key) != nil)
        settled.append(entry)
        return entry
    }

    mutating func beginTransaction() {
        settled.removeAll(keepingCapacity: true)
        confirmedBefore = (confirmed, delivered, confirmedSince)
    }

    mutating func commitTransaction() { confirmedBefore = ([], [], nil) }

    var hasConfirmations: Bool { !confirmed.isEmpty || !delivered.isEmpty }

    mutating func rollBack() {
        for entry in settled {
            inFlight[entry.key] = entry.target
            if entry.isOvertaken { overtaken.insert(entry.key) }
            if entry.isDoubtful { doubtful.insert(entry.key) }
        }
        settled = []
        (confirmed, delivered, confirmedSince) = confirmedBefore
        commitTransaction()
    }

    /// What is empty keeps nothing. Only outside of a transaction.
    mutating func releaseMemory() {
        settled = []
        if inFlight.isEmpty { inFlight = [:] }
        if overtaken.isEmpty { overtaken = [] }
        if doubtful.isEmpty { doubtful = [] }
        if confirmed.isEmpty { confirmed = [] }
        if delivered.isEmpty { delivered = [] }
    }

    mutating func doubt(_ targets: [ScheduledTask.Target]) {
        guard !inFlight.isEmpty else { return }
        let names = Set(targets.map(\.queueName))
        for (key, target) in inFlight where names.contains(target.queueName) { doubtful.insert(key) }
    }

    mutating func resent() {
        unsent = []
        resendsAll = false
        resendAt = nil
    }
}

extension EngineCore {
    /// The connection is a matter of memory: it is known in the order in which it changed, whatever becomes of the
    /// transaction. A change that were put off with its transaction could undo a later one.
    mutating func noteConnection(_ event: EngineEvent, at now: Timestamp) {
        switch event {
        case .brokerReady:
            outbox.connected = true
            outbox.rescan()
            outbox.resendsAll = true
            outbox.resendAt = now
        case .brokerLost:
            outbox.connected = false
        default: break
        }
    }

    /// Hands a new task over, or leaves it in the outbox while the broker is away or busy.
    mutating func publish(_ row: TaskRow, _ effects: inout Effects) {
        guard outbox.connected, outbox.inFlight.count + effects.publish.count < configuration.unconfirmedTasks else {
            effects.rescanOutbox = true
            return
        }
        effects.publish[row.key] = row
    }

    mutating func published(
        _ key: TaskKey, _ result: PublishResult, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        guard let task = outbox.settle(key) else { return }
        let target = task.target
        switch result {
        case .confirmed where task.isOvertaken || task.isDoubtful:
            // The confirmation is about a message that is gone from the queue. Its task is taken, or to be published
            // again, which was put off while the outcome was unknown.
            effects.rescanOutbox = true
        case .confirmed:
            if !outbox.hasConfirmations { outbox.confirmedSince = now }
            outbox.confirmed.insert(key)
            guard case .function(let name) = target else { return }
            try remember(function: name, &effects)
            do throws(StoreError) {
                try handle(.delivered(key), at: now, &effects)
            } catch  where error.code == .unreadableExecution {
                // The other tasks of the batch have nothing to do with it.
                logger.critical("a task's delivery cannot be noted", metadata: ["reason": "\(error.message)"])
            }
        case .lost:
            retryLater(at: now)
        case .unroutable:
            if case .function(let name) = target, !knownFunctions.contains(name) {
                if let until = outbox.functionsExpectedUntil, now < until { return retryLater(at: now) }
                try handle(.refused(key, function: name), at: now, &effects)
            } else if try isServed(target) {
                effects.declare.append(target)
                retryLater(at: now)
            }
        // An activity that was never created, or deleted: the task waits for it, or for its timeout.
        }
    }

    /// The broker has these replies.
    mutating func sent(_ numbers: [Int64], at now: Timestamp) {
        if !outbox.hasConfirmations { outbox.confirmedSince = now }
        outbox.delivered += numbers
    }

    /// When what the broker confirmed has to be written down. What is not is published again after a crash, so this is
    /// not for long.
    var confirmationsDue: Timestamp? {
        outbox.hasConfirmations ? outbox.confirmedSince?.adding(seconds: configuration.confirmationDelay) : nil
    }

    /// Replies are noted as well where the transaction writes anyway: a little more costs no commit of its own.
    mutating func noteConfirmed(at now: Timestamp) throws(StoreError) {
        guard let due = confirmationsDue else { return }
        if due <= now || outbox.confirmed.count >= configuration.unconfirmedTasks {
            try noteConfirmed()
        } else if isWriting {
            try noteDelivered()
        }
    }

    private mutating func noteDelivered() throws(StoreError) {
        for number in outbox.delivered { try apply(.dequeueMessage(number: number)) }
        outbox.delivered = []
    }

    /// To be called when nothing is handled any more, so that a restart publishes nothing twice.
    package mutating func noteConfirmedAtEnd() {
        guard damage == nil, outbox.hasConfirmations else { return }
        do throws(StoreError) {
            try beginWriting()
            try noteConfirmed()
            try writer.commit()
            isWriting = false
        } catch {
            writer.rollback()
            isWriting = false
            logger.warning(
                "what is with the broker will be published again", metadata: ["reason": "\(error.message)"])
        }
    }

    /// Writes down what the broker confirmed; before anything reads or changes the phases of tasks, or reads replies.
    mutating func noteConfirmed() throws(StoreError) {
        try noteDelivered()
        outbox.confirmedSince = nil
        guard !outbox.confirmed.isEmpty else { return }
        let keys = outbox.confirmed.sorted()
        outbox.confirmed = []
        for key in keys { try setPhase(.published, of: key) }
    }

    /// Writes down what became of a published task; whatever its confirmation would have had noted is out of date.
    mutating func setPhase(_ phase: TaskRow.Phase, of key: TaskKey, worker: String? = nil) throws(StoreError) {
        outbox.confirmed.remove(key)
        try apply(.setTaskPhase(key, phase, worker: worker))
    }

    mutating func remember(function name: String, _ effects: inout Effects) throws(StoreError) {
        guard !knownFunctions.contains(name), !effects.newFunctions.contains(name) else { return }
        try apply(.rememberFunction(name: name))
        effects.newFunctions.append(name)
    }

    /// What the targets' queues held is lost.
    mutating func publishAgain(_ targets: [ScheduledTask.Target]) throws(StoreError) {
        try noteConfirmed()
        for target in targets { try apply(.republishTasks(target)) }
        outbox.doubt(targets)
    }

    /// The broker has a task; for a function that is called as an event that is all.
    mutating func delivered(_ key: TaskKey, at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        guard let live = try liveExecution(key.execution), live.endsWhenDelivered(key.task),
            try advance(live, .taskSucceeded(task: key.task, output: .null, worker: nil), at: now, &effects)
        else { return }
        try close(key, &effects)
    }

    /// Hands over what waits in the outbox, as far as the window allows.
    mutating func publishBacklog(at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        if let due = outbox.retryAt, due <= now {
            outbox.retryAt = nil
            outbox.rescan()
        }
        try resend(at: now, &effects)
        guard outbox.connected, outbox.hasBacklog else { return }
        try noteConfirmed()
        while outbox.hasBacklog {
            let room = configuration.unconfirmedTasks - outbox.inFlight.count - effects.publish.count
            guard room > 0 else { return }
            let limit = min(room, 1_000)
            let rows = try writer.pendingTasks(after: outbox.cursor, limit: limit)
            for row in rows where outbox.inFlight[row.key] == nil {
                effects.publish[row.key] = row
            }
            outbox.cursor = rows.last?.key
            outbox.hasBacklog = rows.count == limit
        }
    }

    private mutating func resend(at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        guard outbox.connected, let due = outbox.resendAt, due <= now else { return }
        try noteDelivered()
        // What this batch made is on its way already.
        let fresh = Set(effects.send.map(\.number))
        effects.send += try writer.outbox().filter { message in
            (outbox.resendsAll || outbox.unsent.contains(message.number)) && !fresh.contains(message.number)
        }
        effects.hasResent = true
    }

    private mutating func retryLater(at now: Timestamp) {
        outbox.retryAt = outbox.retryAt ?? now.adding(seconds: configuration.publishRetryDelay)
    }

    private func isServed(_ target: ScheduledTask.Target) throws(StoreError) -> Bool {
        switch target {
        case .function: true
        case .service: false
        case .activity(let arn, _): try writer.activity(arn: arn) != nil
        }
    }

    mutating func refuse(
        _ key: TaskKey, function name: String, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        guard let live = try liveExecution(key.execution), live.hasOpenTask(key.task) else { return }
        let place = live.record.identity.stateMachineARN.split(separator: ":", omittingEmptySubsequences: false)
        let arn = place.count > 4 ? "arn:\(place[1]):lambda:\(place[3]):\(place[4]):function:\(name)" : name
        let cause =
            "Function not found: \(arn):$LATEST (Service: AWSLambda; Status Code: 404; Error Code:"
            + " ResourceNotFoundException; Request ID: \(newUUID()); Proxy: null)"
        let isDone = try advance(
            live,
            .taskRefused(
                task: key.task, failure: StateFailure(error: "Lambda.ResourceNotFoundException", cause: cause)),
            at: now, &effects)
        if isDone, !live.hasOpenTask(key.task) { try close(key, &effects) }
    }
}

extension ScheduledTask.Target {
    /// Kind and name: what tells queues apart, whatever the ARN.
    fileprivate var queueName: String {
        switch self {
        case .activity(_, let name): "activity.\(name)"
        case .function(let name): "function.\(name)"
        case .service(let name, let action): "service.\(name):\(action)"
        }
    }
}
