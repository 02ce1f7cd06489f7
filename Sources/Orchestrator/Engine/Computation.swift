package import Interpreter
package import JSONValue
import Synchronization

/// What one stimulus makes of one execution, to be computed apart from the engine's thread: a copy of the execution
/// goes out, and a ``ComputedStep`` comes back as an event.
package struct Computation: Sendable {
    package let key: Int64
    /// Tells it from others of the same execution.
    package let ticket: UInt64
    let execution: Execution
    let stimulus: Stimulus
    package let cancellation: Cancellation

    /// Takes as long as the limits allow; what was cancelled ends within milliseconds.
    package func run(
        at now: Timestamp, watch: EvaluationWatch?, using random: inout some RandomNumberGenerator
    ) -> ComputedStep {
        var execution = execution
        let step = execution.handle(stimulus, at: now, using: &random, effort: .full(watch))
        return ComputedStep(key: key, ticket: ticket, execution: execution, step: step)
    }

    /// Ends expressions that take longer, and all of them when nobody waits for the step any more.
    func watch(secondsPerExpression seconds: Double) -> EvaluationWatch {
        EvaluationWatch { [cancellation] in
            let end = ContinuousClock.now + .seconds(seconds)
            return { cancellation.isCancelled || ContinuousClock.now >= end }
        }
    }
}

/// A computation's result, which takes effect with the commit of its event.
package struct ComputedStep: Sendable {
    let key: Int64
    let ticket: UInt64
    /// The execution as the step leaves it.
    let execution: Execution
    let step: Step
}

package final class Cancellation: Sendable {
    private let flag = Atomic(false)

    package var isCancelled: Bool { flag.load(ordering: .relaxed) }
    package func cancel() { flag.store(true, ordering: .relaxed) }
}

/// An execution of which a step is being computed. Nothing else happens to it meanwhile.
struct Computing {
    let ticket: UInt64
    let cancellation: Cancellation
    /// How long the journal was that the step goes on from.
    let base: Int
    /// The event that led to it, and that is handled when the step is there; nil where the execution just goes on.
    var cause: EngineEvent?
    /// What came since, in order.
    var waiting: [EngineEvent] = []

    /// All that was not handled yet.
    var events: [EngineEvent] { (cause.map { [$0] } ?? []) + waiting }
}
