import Interpreter
import JSONValue

/// What a commit that failed may have done nevertheless.
///
/// A disk that loses its answer, or a write that fails after the transaction is in the log, leaves a transaction of
/// which nobody knows. Executions and tasks are read anew after every failure; what is known of timers, replies and map
/// runs only because a transaction made them is not.
struct Doubt {
    /// What map runs wanted of an object store.
    var jobs: [MapRunJob] = []
}

extension EngineCore {
    /// To be called when a commit failed.
    mutating func noteDoubt(_ effects: Effects, at now: Timestamp) {
        var doubt = doubt ?? Doubt()
        doubt.jobs += effects.mapRunJobs
        self.doubt = doubt
        outbox.resendsAll = true
        outbox.resendAt = outbox.resendAt ?? now.adding(seconds: configuration.storeRetryDelay)
    }

    /// Looks at what the store has, in the first transaction that succeeds again.
    mutating func resolve(_ doubt: Doubt, at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        timers = TimerQueue()
        timersLoadedUntil = .start
        try loadTimers(at: now)
        for job in doubt.jobs {
            switch job {
            case .read(let number, _):
                if try writer.mapRun(number: number)?.phase == .reading { effects.mapRunJobs.append(job) }
            case .write(let run, _, _):
                if try writer.mapRun(number: run.number)?.phase == .writing { effects.mapRunJobs.append(job) }
            }
        }
    }
}
