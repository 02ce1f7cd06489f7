/// Counts the work of evaluations that belong together, and ends them when it is too much.
///
/// A step is about what visiting one value costs, a tenth of a microsecond. Used by one thread at a time.
package final class WorkMeter {
    package private(set) var stepsLeft: Int
    /// Something wanted more than there was, and failed for that reason.
    package private(set) var isExhausted = false
    /// What was done, beyond the steps also what nothing is held to: see ``note(_:)``.
    package private(set) var total = 0

    package init(steps: Int) { stepsLeft = steps }

    /// Takes steps that were made already.
    package func spend(_ steps: Int) {
        total += steps
        stepsLeft -= steps
        if stepsLeft < 0 { isExhausted = true }
    }

    /// Counts work that is not optional, such as writing down a large output.
    package func note(_ steps: Int) { total += steps }

    package func exhaust() { isExhausted = true }

    /// Begins anew, for work that is counted by itself.
    package func restart(steps: Int) {
        stepsLeft = steps
        isExhausted = false
        total = 0
    }
}
