import Synchronization

/// Counts what was sent; waiting takes one away. Once closed, nobody waits. Waiting ends at cancellation.
final class Signal: Sendable {
    private struct Waiter {
        let id: Int
        let isForOne: Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var count = 0
        var isClosed = false
        var nextID = 0
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    func send() {
        let waiter = state.withLock { state -> Waiter? in
            if let index = state.waiters.firstIndex(where: \.isForOne) { return state.waiters.remove(at: index) }
            state.count += 1
            return nil
        }
        waiter?.continuation.resume()
    }

    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    func waitForOne() async { await wait(isForOne: true) }
    func waitUntilClosed() async { await wait(isForOne: false) }

    private func wait(isForOne: Bool) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.isClosed || state.cancelled.contains(id) { return true }
                    if isForOne, state.count > 0 {
                        state.count -= 1
                        return true
                    }
                    state.waiters.append(Waiter(id: id, isForOne: isForOne, continuation: continuation))
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                state.cancelled.insert(id)
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume()
        }
    }
}
