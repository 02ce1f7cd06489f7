import Synchronization

/// A child of a task group that can be cancelled without its siblings.
///
/// A group cancels all of its children or none, and a group of its own for every handler would double the number of
/// tasks. So the child leaves its handle here while its work runs, and whoever cancels borrows it.
///
/// `UnsafeCurrentTask` may be used, for cancelling from another thread too, as long as the closure that was given it
/// has not returned. That holds: the handle is taken and used by `cancel()` alone, at most once, and only in the phase
/// `running`, which the closure of `run` leaves before it returns; finding somebody in between, in `cancelling`, it
/// suspends until that is over. No lock is held while the task is cancelled, because its cancellation handlers run
/// then, and may do anything.
final class HandlerChild: Sendable {
    // Proof: used by `cancel()` alone, and only while the closure that was given the task has not returned, as said above.
    private struct Handle: @unchecked Sendable {
        let task: UnsafeCurrentTask
    }

    private enum Phase {
        /// → running
        case waiting
        /// → cancelling, over
        case running(Handle)
        /// Somebody uses the handle. → leaving, over
        case cancelling
        /// The work is done, and somebody uses the handle still. → over
        case leaving(CheckedContinuation<Void, Never>)
        case over
    }

    private struct State {
        var phase = Phase.waiting
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Whether `cancel()` was called.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// To be called once, in the child. The work sees itself cancelled where `cancel()` was called before.
    @concurrent
    func run<Value: Sendable>(_ work: @Sendable () async -> Value) async -> Value {
        await withUnsafeCurrentTask { task in
            if let task { enter(Handle(task: task)) }
            let value = await work()
            await leave()
            return value
        }
    }

    /// From any thread.
    func cancel() {
        let handle = state.withLock { state -> Handle? in
            guard !state.isCancelled else { return nil }
            state.isCancelled = true
            guard case .running(let handle) = state.phase else { return nil }
            state.phase = .cancelling
            return handle
        }
        guard let handle else { return }
        handle.task.cancel()
        let leaving = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state.phase = .over }
            return if case .leaving(let continuation) = state.phase { continuation } else { nil }
        }
        leaving?.resume()
    }

    private func enter(_ handle: Handle) {
        let isCancelled = state.withLock { state in
            state.phase = .running(handle)
            return state.isCancelled
        }
        if isCancelled { handle.task.cancel() }
    }

    private func leave() async {
        let isInUse = state.withLock { state in
            if case .cancelling = state.phase { return true }
            state.phase = .over
            return false
        }
        guard isInUse else { return }
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard case .cancelling = state.phase else { return true }
                state.phase = .leaving(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }
}
