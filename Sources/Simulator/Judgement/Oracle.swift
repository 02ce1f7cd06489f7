import Interpreter
import JSONValue
import StatesLanguage
import TestSupport

/// The interpreter alone: no store, no broker, no faults, the same task results.
enum Oracle {
    /// How the execution has to end; nil where that depends on chance or on timing.
    static func outcome(
        of machine: JSON, input: JSON, dice: Dice, execution identity: ExecutionIdentity
    ) -> ExecutionOutcome? {
        let text = machine.serialized()
        guard chanceful.allSatisfy({ !text.contains($0) }),
            let definition = StateMachineDefinition.validate(text).definition
        else { return nil }
        var random = SeededGenerator(fixed: 1)
        var now = identity.startedAt
        var (execution, step) = Execution.start(
            identity, definition: definition, input: input, at: now, using: &random)
        var queue: [(due: Timestamp, order: Int, stimulus: Stimulus)] = []
        var armed: [Int: Timestamp] = [:]
        var order = 0
        var events = step.events
        while execution.status == .running {
            for command in step.commands {
                order += 1
                switch command {
                case .scheduleTask(let task):
                    let result = TaskResult(dice, execution: identity.arn, state: task.state, attempt: task.attempt)
                    let stimulus: Stimulus =
                        switch result.result {
                        case .success(let output): .taskSucceeded(task: task.task, output: output, worker: nil)
                        case .failure(let failure): .taskFailed(task: task.task, failure: failure, worker: nil)
                        }
                    queue.append((now.adding(seconds: result.seconds), order, stimulus))
                case .armTimer(let timer, let due, _):
                    armed[timer] = due
                    queue.append((due, order, .timerFired(timer)))
                case .cancelTimer(let timer): armed[timer] = nil
                default: break
                }
            }
            if step.wantsResume {
                step = execution.handle(.resume, at: now, using: &random)
            } else {
                guard
                    let next = queue.indices.min(by: {
                        (queue[$0].due, queue[$0].order) < (queue[$1].due, queue[$1].order)
                    })
                else { return nil }
                let (due, _, stimulus) = queue.remove(at: next)
                if case .timerFired(let timer) = stimulus, armed[timer] != due {
                    step = Step()
                    continue
                }
                now = max(now, due)
                step = execution.handle(stimulus, at: now, using: &random)
            }
            events += step.events
            // Long runs end at the limit of events, at a point that depends on timing.
            guard (events.last { $0.id != nil }?.id ?? 0) < 120 else { return nil }
        }
        if execution.status != .succeeded, events.contains(where: { isRegion($0.kind) }) { return nil }
        return events.contains(where: { isRace($0.kind) }) ? nil : execution.outcome
    }

    /// What makes an outcome depend on chance, on time, or on who was asked.
    private static let chanceful = [
        "TimeoutSeconds", "HeartbeatSeconds", "UUID", "$uuid", "$random", "Token", "unknown", "EnteredTime",
    ]

    private static func isRegion(_ kind: JournalEvent.Kind) -> Bool {
        switch kind {
        case .parallelStarted, .mapStarted: true
        default: false
        }
    }

    /// Which branch fails first, and how far the others came, is a matter of timing.
    private static func isRace(_ kind: JournalEvent.Kind) -> Bool {
        switch kind {
        case .parallelFailed, .mapFailed, .iterationFailed, .iterationAborted, .regionClosed: true
        default: false
        }
    }
}
