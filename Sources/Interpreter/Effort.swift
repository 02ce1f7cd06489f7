import JSONPath
import JSONValue

/// How much one call of ``Execution/handle(_:at:using:effort:)`` may compute.
package enum Effort: Sendable {
    /// As much as others can be made to wait for: `InterpreterLimits.slice` bounds every transition, and what needs
    /// more is left for a call with ``full(_:)``. See ``Step/postponed``.
    case slice
    /// As much as the limits allow one expression. The watch, where there is one, ends an expression early, which then
    /// fails with States.QueryEvaluationError.
    case full(EvaluationWatch?)
}

/// Watches over evaluations from outside: the core knows no clock.
package struct EvaluationWatch: Sendable {
    /// Called as an expression begins. What it answers is asked every now and then whether to give that one up.
    package var begin: @Sendable () -> @Sendable () -> Bool

    package init(begin: @escaping @Sendable () -> @Sendable () -> Bool) { self.begin = begin }
}

/// What a slice may cost: the longest that one execution holds up the others. 20,000 steps are a few milliseconds.
package struct SliceLimits: Sendable, Hashable {
    /// Steps of one transition, its paths, functions and expressions together. As many in all end a step of several
    /// transitions.
    package var steps = 20_000
    /// Bytes that one expression makes.
    package var memory = 4 << 20
    /// Bytes of stack that one expression takes.
    package var stack = 192 << 10

    package init() {}
}

/// The work of one call.
struct Work {
    private(set) var isSlice = false
    private(set) var watch: EvaluationWatch?
    /// What a transition may take; nil between calls.
    private var steps: Int?
    /// Of the transition that is being made. Most evaluate nothing, and have none.
    private var counter: WorkMeter?
    /// Steps of the transitions made before, and what was written down.
    private(set) var done = 0
    /// What was measured last: most states hand on what they got.
    private var measured = (object: JSONObject(), bytes: 0)

    mutating func begin(_ effort: Effort, _ limits: InterpreterLimits) {
        switch effort {
        case .slice: (isSlice, watch) = (true, nil)
        case .full(let watch): (isSlice, self.watch) = (false, watch)
        }
        done = 0
        steps = isSlice ? limits.slice.steps : limits.expressionSteps
    }

    /// Forgets all that was needed for the call.
    mutating func end() {
        // What is evaluated between calls (`childInput`) is held to the limits of an expression, as in no slice.
        isSlice = false
        watch = nil
        steps = nil
        counter = nil
        measured.object = JSONObject()
    }

    mutating func beginTransition() {
        guard let counter, let steps else { return }
        done += counter.total
        counter.restart(steps: steps)
    }

    var hasBegun: Bool { steps != nil }

    /// Counts what is evaluated in the transition; nil between calls, when nothing is held to anything.
    var meter: WorkMeter? {
        mutating get {
            if counter == nil, let steps { counter = WorkMeter(steps: steps) }
            return counter
        }
    }

    /// Something was too much for the slice.
    var isExhausted: Bool { isSlice && counter?.isExhausted == true }

    /// Counts work that is not optional, such as writing down a large output.
    mutating func note(_ steps: Int) { done += steps }

    /// Bytes of the value's compact text; stops counting when there are more than `limit`, which is always the same.
    mutating func byteCount(of value: JSON, upTo limit: Int) -> Int {
        if value.sharesStorage(with: measured.object) { return measured.bytes }
        return measure(value, upTo: limit)
    }

    @inline(never)
    private mutating func measure(_ value: JSON, upTo limit: Int) -> Int {
        let bytes = value.byteCount(upTo: limit)
        if case .object(let object) = value { measured = (object, bytes) }
        return bytes
    }
}
