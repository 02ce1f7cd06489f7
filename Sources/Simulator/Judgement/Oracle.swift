import Interpreter
import JSONValue
import Orchestrator
import StatesLanguage
import TestSupport

/// The interpreter alone: no store, no broker, no faults, the same task results.
struct Oracle {
    let dice: Dice
    /// Whether task results depend on the execution's ARN, or only on its machine's.
    var isKnown = true

    /// How the execution has to end; nil where that depends on chance or on timing.
    func outcome(
        of machine: Scenario.Machine, input: JSON, execution identity: ExecutionIdentity
    ) -> ExecutionOutcome? {
        let text = machine.definition.serialized()
        guard let definition = machine.compiled, Self.chanceful.allSatisfy({ !text.contains($0) }) else { return nil }
        return outcome(of: definition, whole: definition, input: input, execution: identity)
    }

    private func outcome(
        of definition: StateMachineDefinition, whole: StateMachineDefinition, input: JSON,
        execution identity: ExecutionIdentity
    ) -> ExecutionOutcome? {
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
                    if case .service = task.target { return nil }
                    let result = TaskResult(
                        dice, execution: isKnown ? identity.arn : Judge.machine(identity.stateMachineARN),
                        state: task.state,
                        attempt: UInt64(task.attempt))
                    let stimulus: Stimulus =
                        switch result.answer {
                        case .failure(let failure): .taskFailed(task: task.task, failure: failure, worker: nil)
                        case .success(let output): .taskSucceeded(task: task.task, output: output, worker: nil)
                        case .heartbeat: .resume
                        }
                    queue.append((now.adding(seconds: result.seconds), order, stimulus))
                case .armTimer(let timer, let due, _):
                    armed[timer] = due
                    queue.append((due, order, .timerFired(timer)))
                case .cancelTimer(let timer): armed[timer] = nil
                case .startMapRun(let plan):
                    guard let output = output(of: plan, &execution, whole, at: now) else { return nil }
                    queue.append((now, order, .mapRunSucceeded(arn: plan.arn, output: output)))
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
            guard isShort(events) else { return nil }
        }
        // Also where the first step went all the way.
        guard isShort(events) else { return nil }
        if execution.status != .succeeded, events.contains(where: { isRegion($0.kind) }) { return nil }
        return events.contains(where: { isRace($0.kind) }) ? nil : execution.outcome
    }

    /// Long runs end at the limit of events, at a point that depends on timing.
    private func isShort(_ events: [JournalEvent]) -> Bool {
        (events.last { $0.id != nil }?.id ?? 0) < Scenario.mostEvents * 3 / 5
    }

    /// What a map run makes of its children, where all succeed.
    private func output(
        of plan: MapRunPlan, _ execution: inout Execution, _ whole: StateMachineDefinition, at now: Timestamp
    ) -> JSON? {
        guard case .items(let items) = plan.source, plan.batching == nil, plan.results.destination == nil,
            let definition = whole.child(ofMapAt: plan.pointer)
        else { return nil }
        var random = SeededGenerator(fixed: 2)
        let parent = execution.identity
        var outputs: [JSON] = []
        for (index, item) in items.enumerated() {
            guard
                let input = try? execution.childInput(
                    ofMapRun: plan.arn, item: item, index: index, at: now, using: &random)
            else { return nil }
            let identity = ExecutionIdentity(
                key: 1, partition: 0, arn: "child", name: "child",
                stateMachineARN: parent.stateMachineARN + "/" + plan.label,
                stateMachineName: parent.stateMachineName + "/" + plan.label, roleARN: parent.roleARN, startedAt: now)
            let oracle = Oracle(dice: dice, isKnown: false)
            guard
                let outcome = oracle.outcome(of: definition, whole: whole, input: input, execution: identity),
                outcome.status == .succeeded, let output = outcome.output
            else { return nil }
            outputs.append(output)
        }
        return .array(outputs)
    }

    /// What makes an outcome depend on chance, on time, or on who was asked.
    private static let chanceful = [
        "TimeoutSeconds", "HeartbeatSeconds", "UUID", "$uuid", "$random", "Token", "unknown", "EnteredTime",
        "aws-sdk:sfn", "states:startExecution",
    ]

    private func isRegion(_ kind: JournalEvent.Kind) -> Bool {
        switch kind {
        case .parallelStarted, .mapStarted: true
        default: false
        }
    }

    /// Which branch fails first, and how far the others came, is a matter of timing.
    private func isRace(_ kind: JournalEvent.Kind) -> Bool {
        switch kind {
        case .parallelFailed, .mapFailed, .iterationFailed, .iterationAborted, .regionClosed: true
        default: false
        }
    }
}
