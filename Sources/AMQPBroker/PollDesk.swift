import AMQP
import DequeModule
import Interpreter
import Orchestrator
import OrderedCollections
import Synchronization
import TaskProtocol

/// Where clients that poll over HTTP wait for tasks.
///
/// An activity's queue is consumed only while somebody waits, with as much prefetch as there are waiters. What arrives
/// for somebody who left goes to the next in line; when the line is empty, consumption ends and the rest goes back to
/// the queue, once: a delivery that went to and fro would use up the queue's delivery limit.
final class PollDesk: Sendable {
    private struct Line {
        var waiters: OrderedDictionary<UInt64, CheckedContinuation<TakenTask?, Never>> = [:]
        /// Deliveries that nobody waits for; some only while the line is about to close.
        var spare: Deque<Delivery> = []
        var consumer: Consumer?
        var prefetch: UInt16 = 0
    }

    private struct State {
        var lines: [String: Line] = [:]
        var nextWaiter: UInt64 = 0
        /// Lines whose consumer may not fit their waiters any more.
        var changed: Deque<String> = []
        var isClosed = false
        /// Makes a task of a delivery; nil for one that is beyond understanding.
        var accept: (@Sendable (Delivery) -> TakenTask?)?
        /// Sees to it that the activity's queue is there.
        var declare: (@Sendable (String) async throws(AMQPError) -> Void)?
    }

    private static let retryPause = Duration.milliseconds(500)

    private let names: TopologyNames
    private let state = Mutex(State())
    private let signal = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(names: TopologyNames) { self.names = names }

    /// Whether nobody waits and nothing is consumed.
    var isIdle: Bool { state.withLock { $0.lines.isEmpty } }

    /// Waits in line; nil after `timeout`, or when the calling task is cancelled.
    func take(activity name: String, timeout: Duration) async -> TakenTask? {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskGroup(of: TakenTask?.self) { group in
            group.addTask {
                await withTaskCancellationHandler {
                    await self.wait(waiter, activity: name)
                } onCancel: {
                    self.leave(waiter, activity: name)
                }
            }
            group.addTask {
                try? await Task.sleep(for: timeout)
                self.leave(waiter, activity: name)
                return nil
            }
            // The waiter's own result decides: the timer only makes it leave.
            var taken: TakenTask?
            for await result in group {
                if let result { taken = result }
                group.cancelAll()
            }
            return taken
        }
    }

    private func wait(_ waiter: UInt64, activity name: String) async -> TakenTask? {
        await withCheckedContinuation { continuation in
            enum Outcome { case waits, served(TakenTask), refused }
            let outcome: Outcome = state.withLock { state in
                // Cancelled before it came to wait: `leave` found nobody.
                guard !state.isClosed, !Task.isCancelled else { return .refused }
                while let spare = state.lines[name]?.spare.popFirst() {
                    if let task = state.accept?(spare) { return .served(task) }
                }
                state.lines[name, default: Line()].waiters[waiter] = continuation
                state.changed.append(name)
                return .waits
            }
            switch outcome {
            case .waits: signal.continuation.yield()
            case .served(let task): continuation.resume(returning: task)
            case .refused: continuation.resume(returning: nil)
            }
        }
    }

    private func leave(_ waiter: UInt64, activity name: String) {
        let continuation = state.withLock { state in
            let continuation = state.lines[name]?.waiters.removeValue(forKey: waiter)
            if continuation != nil { state.changed.append(name) }
            return continuation
        }
        guard let continuation else { return }
        continuation.resume(returning: nil)
        signal.continuation.yield()
    }

    /// Keeps consumers and waiters in step until cancelled, then sends everybody home.
    func run(
        on connection: AMQPConnection, declare: @escaping @Sendable (String) async throws(AMQPError) -> Void,
        accept: @escaping @Sendable (Delivery) -> TakenTask?
    ) async {
        state.withLock { state in
            state.accept = accept
            state.declare = declare
        }
        await withDiscardingTaskGroup { group in
            for await _ in signal.stream {
                while let name = state.withLock({ $0.changed.popFirst() }) {
                    if await adjust(name, on: connection) { continue }
                    group.addTask {
                        guard (try? await Task.sleep(for: Self.retryPause)) != nil else { return }
                        self.lookAgain(at: name)
                    }
                }
            }
            group.cancelAll()
        }
        let waiting = state.withLock { state in
            state.isClosed = true
            let waiting = state.lines.values.flatMap(\.waiters.values)
            state.lines = [:]
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: nil) }
    }

    private func lookAgain(at name: String) {
        state.withLock { $0.changed.append(name) }
        signal.continuation.yield()
    }

    /// - Returns: false where the broker would not have it, for now: a queue that is electing its leader, or a broker
    ///   under heavy load, refuses what it grants a moment later.
    private func adjust(_ name: String, on connection: AMQPConnection) async -> Bool {
        let (line, wanted) = state.withLock { state in
            let line = state.lines[name] ?? Line()
            return ((consumer: line.consumer, prefetch: line.prefetch), UInt16(clamping: line.waiters.count))
        }
        switch (line.consumer, wanted) {
        case (nil, 0):
            state.withLock { state in
                if state.lines[name]?.waiters.isEmpty == true { state.lines[name] = nil }
            }
        case (let consumer?, 0):
            // What the engine already has stays valid to acknowledge.
            await connection.cancel(consumer, requeueUnacknowledged: false)
            connection.forget(queue: names.activityQueue(name))
            let spare = state.withLock { state in
                let spare = state.lines[name]?.spare ?? []
                state.lines[name]?.spare = []
                state.lines[name]?.consumer = nil
                state.changed.append(name)
                return spare
            }
            connection.nack(spare.map(\.ticket), requeue: true)
        case (nil, _):
            do throws(AMQPError) {
                try await state.withLock { $0.declare }?(name)
                let consumer = try await connection.consume(names.activityQueue(name), prefetch: wanted) {
                    [weak self] deliveries in
                    self?.serve(deliveries, activity: name)
                }
                state.withLock { state in
                    state.lines[name, default: Line()].consumer = consumer
                    state.lines[name]?.prefetch = wanted
                    // Whoever came or left meanwhile is looked at again.
                    state.changed.append(name)
                }
            } catch {
                return false
            }
        case (let consumer?, _) where wanted != line.prefetch:
            connection.setPrefetch(wanted, for: consumer)
            state.withLock { $0.lines[name]?.prefetch = wanted }
        default:
            break
        }
        return true
    }

    private func serve(_ deliveries: [Delivery], activity name: String) {
        let served = state.withLock { state in
            var served: [(CheckedContinuation<TakenTask?, Never>, TakenTask)] = []
            for delivery in deliveries {
                guard let waiter = state.lines[name]?.waiters.elements.first else {
                    state.lines[name, default: Line()].spare.append(delivery)
                    continue
                }
                guard let task = state.accept?(delivery) else { continue }
                state.lines[name]?.waiters.removeValue(forKey: waiter.key)
                served.append((waiter.value, task))
            }
            state.changed.append(name)
            return served
        }
        for (continuation, task) in served { continuation.resume(returning: task) }
        signal.continuation.yield()
    }
}
