import CrashPoints
package import Interpreter
package import JSONValue
package import Logging
import OrderedCollections
import StatesLanguage
import Telemetry

/// The engine without its thread: takes a batch of events and the time, writes all of it in one transaction, and says
/// what to do then.
///
/// What it holds in memory is a cache of the store, plus what may be forgotten: which tasks are with the broker, and
/// when a sign of life last came.
package struct EngineCore<Writer: StoreWriter, Random: RandomNumberGenerator & Sendable> {
    let configuration: EngineConfiguration
    package let writer: Writer
    package let metrics: EngineMetrics
    let logger: Logger

    var live: LiveExecutions
    var memory = MemoryRelease()
    /// Executions that were read together because they are about to be needed.
    var prefetched: [Int64: StoredExecution] = [:]
    var definitions: [Int64: StateMachineDefinition] = [:]
    /// What revisions, which never change, want logged.
    var loggingOfRevisions: [Int64: LoggingSettings?] = [:]
    var stateMachines: [String: StateMachineRecord] = [:]
    var timers = TimerQueue()
    /// Set after a commit failed: whether it was kept after all is known by looking.
    var doubt: Doubt?
    var timerPace: TimerPace
    /// Timers up to here are in `timers`.
    var timersLoadedUntil = TimerPosition.start
    /// When the engine began to listen.
    var recoveredAt: Timestamp?
    /// When the first timer beyond that is due, where there is one.
    var nextFarTimer: Timestamp?
    /// When a task last gave a sign of life, by the timer that watches it.
    var lastHeartbeat: [TimerKey: Timestamp] = [:]
    var outbox = OutboxState()
    var services = ServiceWork()
    /// Executions of which a step is being computed.
    var computing: [Int64: Computing] = [:]
    var lastTicket: UInt64 = 0
    /// The step for the event that is being handled.
    var computed: ComputedStep?
    /// The execution whose step is to be computed before the event that is being handled can happen.
    var postponedBy: Int64?
    var knownFunctions: Set<String> = []
    /// Executions that this batch changed: forgotten when it cannot be written.
    var touched: Set<Int64> = []
    var batchNumber: UInt64 = 0
    /// Events that wait for the store to work again.
    var deferred: [EngineEvent] = []
    var retryAt: Timestamp?
    /// The transaction has begun in the store as well.
    var isWriting = false
    /// Why the last transaction failed; nil when the store works.
    var storeFailure: StoreError?
    var finishedSinceFoldCheck = 0
    /// Definitions of map runs' children, by their revision and the place of the Map state.
    var childDefinitions: [ChildDefinitionKey: StateMachineDefinition] = [:]
    var mapRuns: [Int64: LiveMapRun] = [:]
    /// Map runs that may have something to do.
    var busyMapRuns: Set<Int64> = []
    /// Map runs that have more to do than fits into this transaction.
    var unfinishedMapRuns: Set<Int64> = []
    /// Map runs whose rows this transaction changes.
    var touchedMapRuns: Set<Int64> = []
    var recoveredJobs: [MapRunJob] = []
    /// Map runs whose executions are to hear of their end, in this transaction.
    var endedMapRuns: [Int64] = []
    /// Set when the process is about to end.
    var draining = Draining()
    /// Callers of Express executions that a failed transaction took with it.
    var lostReplies: [@Sendable () -> Void] = []
    /// When executions are to be removed; nil while none is there that ever will.
    var removalDue: Timestamp?
    /// Set once the store turned out to be damaged: nothing is read or written any more.
    var damage: StoreError?
    /// Executions that run; nil where they have to be counted anew.
    var openExecutions: Int?
    /// Makes task secrets, so it has to be cryptographically secure. The last property: where the ones behind it are
    /// would have to be looked up each time, as its size is not known here.
    var random: Random

    package init(
        configuration: EngineConfiguration, writer: Writer, metrics: EngineMetrics, logger: Logger,
        random: Random
    ) {
        self.configuration = configuration
        self.writer = writer
        self.metrics = metrics
        self.logger = logger
        self.random = random
        live = LiveExecutions(capacity: configuration.cachedExecutions, patience: configuration.cachePatience)
        timerPace = TimerPace(most: configuration.timersPerBatch)
    }

    /// Loads what has to be in memory before the first event. Returns the queues that have to exist.
    package mutating func recover(at now: Timestamp) throws(StoreError) -> [ScheduledTask.Target] {
        knownFunctions = Set(try writer.knownFunctions())
        try loadTimers(at: now)
        outbox.rescan()
        crashPoint(.duringRecovery)
        try recoverMapRuns()
        try recoverRemovals(at: now)
        return knownFunctions.sorted().map { .function(name: $0) }
            + (try writer.activityNames()).map { .activity(arn: "", name: $0) }
    }

    /// Handles a batch. At most one commit, whatever its size; if that fails for a reason that lies in one of the events,
    /// each gets its own.
    package mutating func process(_ events: [EngineEvent], at now: Timestamp) -> Effects {
        if let damage { return turnAway(events, damage, at: now) }
        var batch = events
        if let due = retryAt, due <= now {
            batch = deferred + batch
            deferred = []
            retryAt = nil
        }
        batchNumber += 1
        for event in events { noteConnection(event, at: now) }
        var effects = Effects(of: batch.count)
        do throws(StoreError) {
            try transact(batch, at: now, &effects)
        } catch {
            effects = Effects()
            if error.code.isDamage {
                effects = stopForGood(batch, error, at: now)
            } else if error.code.isPermanent, batch.count > 1 {
                for event in batch { effects.merge(processAlone(event, at: now)) }
            } else {
                for event in batch { postpone(event, error, at: now, &effects) }
            }
        }
        if !lostReplies.isEmpty {
            effects.replies += lostReplies
            lostReplies = []
        }
        drainIfDone(at: now, &effects)
        let evicted = live.evict(batch: batchNumber, at: now)
        if memory.note(max(events.count, touched.count) + evicted, at: now) {
            releaseMemory()
            effects.releasesMemory = true
        }
        metrics.cachedExecutions.set(live.count)
        metrics.unconfirmedTasks.set(outbox.inFlight.count)
        metrics.nearTimers.set(timers.count)
        metrics.executionsComputing.set(computing.count)
        return effects
    }

    /// What grew and is empty goes, and comes again when it is needed.
    private mutating func releaseMemory() {
        touched = []
        outbox.releaseMemory()
        timers.compact()
        if lastHeartbeat.isEmpty { lastHeartbeat = [:] }
        writer.releaseMemory()
    }

    private mutating func processAlone(_ event: EngineEvent, at now: Timestamp) -> Effects {
        var effects = Effects()
        do throws(StoreError) {
            try transact([event], at: now, &effects)
        } catch {
            effects = Effects()
            postpone(event, error, at: now, &effects)
        }
        return effects
    }

    private mutating func transact(
        _ events: [EngineEvent], at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        let clock = ContinuousClock()
        let began = clock.now
        var fired: [(key: TimerKey, entry: TimerQueue.Entry)] = []
        var isCommitting = false
        touched.removeAll(keepingCapacity: true)
        outbox.beginTransaction()
        let computingBefore = computing
        do throws(StoreError) {
            // Whether a store that failed takes writes again shows by trying.
            if storeFailure != nil || doubt != nil { try beginWriting() }
            if let doubt { try resolve(doubt, at: now, &effects) }
            for event in events { try handle(event, at: now, &effects) }
            try noteConfirmed(at: now)
            try fireTimers(at: now, &fired, &effects)
            try advanceMapRuns(at: now, &effects)
            try performServiceTasks(at: now, &effects)
            try removeExpired(at: now, &effects)
            try publishBacklog(at: now, &effects)
            try writeMapRuns()
            if isWriting {
                isCommitting = true
                try writer.commit()
            }
        } catch {
            writer.rollback()
            isWriting = false
            computing = computingBefore
            outbox.rollBack()
            computed = nil
            metrics.commitFailures.increment()
            storeFailed(error, fired, at: now)
            if isCommitting { noteDoubt(effects, at: now) }
            throw error
        }
        outbox.commitTransaction()
        if isWriting {
            isWriting = false
            storeFailure = nil
            metrics.commits.increment()
            metrics.batchSize.observe(Double(events.count))
            metrics.commitSeconds.observe(clock.now - began)
        }
        settle(&effects, at: now)
    }

    /// Writes within the batch's transaction. What writes nothing begins none in the store, and has nothing to commit.
    mutating func apply(_ operation: WriteOperation) throws(StoreError) {
        if !isWriting { try beginWriting() }
        try writer.apply(operation)
    }

    /// Begins the transaction in the store, where it has not begun.
    mutating func beginWriting() throws(StoreError) {
        guard !isWriting else { return }
        try writer.begin()
        isWriting = true
    }

    /// The transaction is on disk: memory follows.
    private mutating func settle(_ effects: inout Effects, at now: Timestamp) {
        doubt = nil
        for counter in effects.counted { counter.increment() }
        for (key, row) in effects.timers {
            if let row, row.position <= timersLoadedUntil {
                timers.arm(key, due: row.due, purpose: row.purpose, interval: row.interval)
            } else if let row {
                nextFarTimer = min(row.due, nextFarTimer ?? row.due)
            } else {
                timers.clear(key)
                if !lastHeartbeat.isEmpty { lastHeartbeat[key] = nil }
            }
        }
        if !effects.newFunctions.isEmpty { knownFunctions.formUnion(effects.newFunctions) }
        if effects.rescanOutbox { outbox.rescan() }
        if effects.hasResent { outbox.resent() }
        settleMapRuns(&effects)
        settleRemovals(effects, at: now)
        for call in effects.calls { services.underWay.insert(call.task) }
        for row in effects.publish.values { outbox.inFlight[row.key] = row.target }
    }

    private mutating func storeFailed(
        _ error: StoreError, _ fired: [(key: TimerKey, entry: TimerQueue.Entry)], at now: Timestamp
    ) {
        if storeFailure?.code != error.code {
            logger.error("the store refused a transaction", metadata: ["reason": "\(error.message)"])
        }
        storeFailure = error.code.isPermanent ? storeFailure : error
        if configuration.isExpress { lostReplies += giveUp(touched) }
        for key in touched { live[key] = nil }
        forgetMapRuns()
        stateMachines.removeAll()
        openExecutions = nil
        outbox.rescan()
        services.rescan()
        let again = now.adding(seconds: configuration.storeRetryDelay)
        for (key, entry) in fired {
            timers.arm(key, due: again, purpose: entry.purpose, interval: entry.interval)
        }
    }

    /// The store cannot take the event: whoever can be told is told, the rest is tried again.
    mutating func postpone(
        _ event: EngineEvent, _ error: StoreError, at now: Timestamp, _ effects: inout Effects
    ) {
        let refusal = ServiceError(.serviceUnavailable, error.message)
        switch event {
        case .start(_, let reply): effects.replies.append { reply(.failure(refusal)) }
        case .resolve(_, let reply): effects.replies.append { reply(.failure(refusal)) }
        case .startExpress(let start, let caller):
            effects.replies.append { caller.refuse(refusal) }
            if let delivery = start.delivery { effects.giveBack.append(delivery) }
        case .stop(_, _, let reply): effects.replies.append { reply(.failure(refusal)) }
        case .redrive(_, _, let reply): effects.replies.append { reply(.failure(refusal)) }
        case .tokenAnswer(_, _, let reply): effects.replies.append { reply(.failure(refusal)) }
        case .taken(let task, _, let reply):
            effects.giveBack.append(task.delivery)
            effects.replies.append { reply(.failure(refusal)) }
        case .transact(let transaction): effects.replies.append { transaction.failed(refusal) }
        case .mapItems(_, let reply) where error.code.isPermanent: effects.replies.append { reply(.failure(refusal)) }
        case .updateMapRun(_, _, let reply): effects.replies.append { reply(.failure(refusal)) }
        case .wake, .brokerReady, .brokerLost: break
        case .computed(let step) where error.code.isPermanent:
            // Should not be. What waits must not wait for ever.
            for event in computing.removeValue(forKey: step.key)?.events ?? [] {
                postpone(event, error, at: now, &effects)
            }
        case .missing(_, let create) where error.code.isPermanent: effects.replies.append(create)
        case .published(let results) where error.code.isPermanent:
            // Should not be either. They stay in the outbox, and are published again.
            for (key, _) in results { _ = outbox.settle(key) }
            logger.critical("publications cannot be noted", metadata: ["reason": "\(error.message)"])
        case .answer(let answer) where error.code.isPermanent:
            effects.bury.append((answer.delivery, error.message))
        case .startMessage(let message) where error.code.isPermanent:
            effects.bury.append((message.delivery, error.message))
        case _ where error.code.isPermanent:
            logger.critical("an event cannot be handled, and is dropped", metadata: ["reason": "\(error.message)"])
        default:
            deferred.append(event)
            retryAt = now.adding(seconds: configuration.storeRetryDelay)
        }
    }

    /// When the engine has to look again though nothing happened.
    package mutating func nextDeadline(at now: Timestamp) -> Timestamp? {
        guard damage == nil else { return draining.deadline }
        var candidates: [Timestamp] = []
        if let due = timers.nextDue { candidates.append(due) }
        if let far = nextFarTimer {
            // Loading half a horizon early leaves time, and loads in large portions.
            let early = holdsManyTimers ? far : far.adding(seconds: -configuration.timerHorizon / 2)
            candidates.append(max(now, early))
        }
        if let removalDue { candidates.append(max(now, removalDue)) }
        if let retryAt { candidates.append(retryAt) }
        if let due = confirmationsDue { candidates.append(due) }
        if let due = live.nextSweep { candidates.append(due) }
        if let due = memory.due { candidates.append(due) }
        if doubt != nil { candidates.append(now.adding(seconds: configuration.storeRetryDelay)) }
        if services.hasWork || !busyMapRuns.isEmpty { candidates.append(now) }
        if let due = outbox.retryAt { candidates.append(due) }
        if let deadline = draining.deadline { candidates.append(deadline) }
        if outbox.connected, let due = outbox.resendAt { candidates.append(due) }
        // What the last batch put back into the outbox, such as a task that was handed back, goes out at once.
        if outbox.connected, outbox.hasBacklog, outbox.inFlight.count < configuration.unconfirmedTasks {
            candidates.append(now)
        }
        guard storeFailure == nil else {
            // All of it needs the store: trying again at once would only burn the processor.
            return candidates.min().map { max($0, now.adding(seconds: configuration.storeRetryDelay)) }
        }
        return candidates.min()
    }
}

// For whoever runs a core without an `Engine`.
extension EngineCore {
    /// Gives it somebody to call for the integrations that it does not carry out itself. To be set before the first event.
    package mutating func use(_ caller: any ServiceCaller) { services.caller = caller }

    /// The executions that it holds in memory now.
    package var liveCount: Int { live.count }

    /// An execution as it is in memory; nil where it is not, or while a step of it is computed.
    package func execution(inMemory key: Int64) -> Execution? {
        computing[key] == nil ? live[key]?.execution : nil
    }
}
