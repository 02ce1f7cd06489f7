/// Counts the work of evaluations that belong together, and ends them when it is too much.
///
/// A step is about what visiting one value costs, a tenth of a microsecond. Used by one thread at a time.
package final class WorkMeter {
    // Private, so that the compiler sees that no two accesses overlap, and need not have it checked each time.
    private var left: Int
    private var wantedMore = false
    private var done = 0

    package init(steps: Int) { left = steps }

    package var stepsLeft: Int { left }

    /// Something wanted more than there was, and failed for that reason.
    package var isExhausted: Bool { wantedMore }

    /// What was done, beyond the steps also what nothing is held to: see ``note(_:)``.
    package var total: Int { done }

    /// Takes steps that were made already.
    package func spend(_ steps: Int) {
        done += steps
        left -= steps
        if left < 0 { wantedMore = true }
    }

    /// Counts work that is not optional, such as writing down a large output.
    package func note(_ steps: Int) { done += steps }

    package func exhaust() { wantedMore = true }

    /// Begins anew, for work that is counted by itself.
    package func restart(steps: Int) {
        left = steps
        wantedMore = false
        done = 0
    }
}
