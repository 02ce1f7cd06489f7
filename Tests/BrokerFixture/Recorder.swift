import Synchronization

/// Waits for values without sleeping: a bounded-in-time list that a test appends to from callbacks.
package final class Recorder<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiters: [(isMet: @Sendable ([Value]) -> Bool, continuation: CheckedContinuation<[Value], Never>)] = []
    }
    private let state = Mutex(State())

    package init() {}

    package var values: [Value] { state.withLock { $0.values } }

    package func append(_ value: Value) { append([value]) }

    package func append(_ more: [Value]) {
        let met = state.withLock { state in
            state.values += more
            let values = state.values
            let met = state.waiters.filter { $0.isMet(values) }
            state.waiters.removeAll { $0.isMet(values) }
            return met.map { ($0.continuation, values) }
        }
        for (continuation, values) in met { continuation.resume(returning: values) }
    }

    /// Suspends until the values fulfil the condition; a suite's time limit bounds it.
    @discardableResult
    package func wait(until isMet: @escaping @Sendable ([Value]) -> Bool) async -> [Value] {
        await withCheckedContinuation { continuation in
            let values: [Value]? = state.withLock { state in
                if isMet(state.values) { return state.values }
                state.waiters.append((isMet, continuation))
                return nil
            }
            if let values { continuation.resume(returning: values) }
        }
    }

    @discardableResult
    package func wait(count: Int) async -> [Value] { await wait { $0.count >= count } }
}
