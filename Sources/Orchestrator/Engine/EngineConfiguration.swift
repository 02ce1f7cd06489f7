package import Interpreter
package import StatesLanguage

package struct EngineConfiguration: Sendable {
    /// The partition that this engine owns; part of its task tokens and of its result queue's name.
    package var partition = 0
    /// The beginning of every ARN of this deployment, for starts that name a state machine without one.
    package var account = "arn:aws:states:us-east-1:000000000000"
    package var limits = InterpreterLimits()
    /// Whether executions live in memory alone: without a journal, gone when they end, or with the process.
    package var isExpress = false
    /// What definitions may contain, as the catalog checked it.
    package var language = LanguageSupport.current
    /// Executions that may run at the same time; a start beyond it is refused with ExecutionLimitExceeded.
    package var openExecutions = 1_000_000
    /// Live executions kept in memory; others are rebuilt from their journal when something happens to them.
    package var cachedExecutions = 10_000
    /// Seconds without an event after which executions leave memory, where there are many; nil for never.
    package var cachePatience: Double? = 15
    /// Tasks handed to the broker and not yet confirmed; beyond it they wait in the outbox.
    package var unconfirmedTasks = 10_000
    /// Seconds ahead for which timers are held in memory.
    package var timerHorizon = 3_600.0
    /// Timers that are read at once, the earliest first: after a long time without the engine there may be many.
    package var timersPerRead = 50_000
    /// Timers that one batch fires at the most; fewer where that takes longer than `TimerPace.target`.
    package var timersPerBatch = 1_000
    /// Seconds after which a task that the broker confirmed, and nobody answered yet, is marked as published on disk,
    /// and a reply that it confirmed is gone from there. Until then, a crash has them published twice.
    package var confirmationDelay = 0.5
    /// Seconds of silence after which a task that outlived its lease is handed out again, where no HeartbeatSeconds is
    /// set.
    package var leaseSilence = 600.0
    /// Seconds before what the store refused is tried again.
    package var storeRetryDelay = 1.0
    /// Seconds before tasks that no queue took are published again.
    package var publishRetryDelay = 0.5
    /// Seconds after the broker lost everything in which a function without a queue is waited for: its worker is about
    /// to declare it again.
    package var functionGrace = 15.0
    /// One in so many finished executions is rebuilt from its journal and compared; 0 for none.
    package var foldCheckInterval = 1_000
    /// Seconds after their end for which executions are kept; nil for ever.
    package var retainClosed: Double?
    /// Executions that one batch removes, and rows that it deletes, at the most.
    package var removalsPerBatch = 50
    package var rowsPurgedPerBatch = 500
    /// Children of a map run at the same time, where its state sets no lower limit.
    package var mapRunConcurrency = 10_000
    /// Children of map runs that one batch starts, or aborts, at the most.
    package var mapRunChildrenPerBatch = 500
    /// Bytes of one object that an ItemReader reads.
    package var itemSourceBytes = 256 << 20
    /// Reads and writes of objects at the same time.
    package var objectJobs = 8

    /// Threads for what takes longer than `limits.slice`, such as expressions with much data or in a loop.
    package var slowThreads = 2
    /// Seconds that one expression may take there.
    package var expressionSeconds = 1.0

    package init() {}

    /// For the engine of Express executions.
    ///
    /// - Parameters:
    ///   - partition: of the durable engine beside it.
    ///   - openExecutions: how many may be open at once; they are all in memory.
    package static func express(beside partition: Int, openExecutions: Int) -> EngineConfiguration {
        var configuration = EngineConfiguration()
        // Negative, so that it is nobody's else: durable partitions count from 0.
        configuration.partition = -1 - partition
        configuration.isExpress = true
        configuration.openExecutions = openExecutions
        configuration.cachedExecutions = openExecutions
        configuration.cachePatience = nil
        configuration.foldCheckInterval = 0
        // AWS sets no limit on an Express execution's events: it has five minutes.
        configuration.limits.events = .max
        return configuration
    }
}
