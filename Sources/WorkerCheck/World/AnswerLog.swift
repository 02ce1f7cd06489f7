import AMQP
import JSONValue
import Synchronization
import TaskMessaging
import TaskProtocol

/// What a worker said, and when.
struct HeardAnswer: Sendable {
    var token: String
    /// Nil where the message is no answer; `complaint` then says why.
    var message: AnswerMessage?
    var complaint: String?
    /// Allowed, and not what the protocol asks for.
    var remark: String?
    var at: ContinuousClock.Instant

    init(_ delivery: Delivery, at time: ContinuousClock.Instant) {
        let envelope = ProtocolEnvelope(delivery)
        token = envelope.correlationID ?? ""
        at = time
        do throws(MalformedMessage) {
            let message = try AnswerMessage(decoding: envelope)
            self.message = message
            if message.kind == .success, message.body.count > ProtocolLimits.bodyBytes {
                complaint =
                    "an output of \(message.body.count) bytes; \(ProtocolLimits.bodyBytes) are allowed, beyond that "
                    + "answer the failure States.DataLimitExceeded"
            }
            if envelope.deliveryMode != 2 {
                remark = "\(message.kind.rawValue) is not persistent (delivery_mode 2): a restarted broker loses it"
            }
        } catch {
            complaint = error.reason
        }
    }

    var kind: AnswerMessage.Kind? { message?.kind }
    var isFinal: Bool { kind == .success || kind == .failure }
}

/// Everything that arrived, and whoever waits for more.
final class AnswerLog: Sendable {
    typealias Condition = @Sendable ([HeardAnswer]) -> Bool

    private struct State {
        var answers: [HeardAnswer] = []
        var waiters: [Int: (Condition, CheckedContinuation<Void, Never>)] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    func note(_ answers: [HeardAnswer]) {
        let satisfied = state.withLock { state in
            state.answers += answers
            let ready = state.waiters.filter { $0.value.0(state.answers) }
            for number in ready.keys { state.waiters[number] = nil }
            return ready.values.map(\.1)
        }
        for continuation in satisfied { continuation.resume() }
    }

    var all: [HeardAnswer] { state.withLock { $0.answers } }

    func answers(to token: String) -> [HeardAnswer] { all.filter { $0.token == token } }

    /// - Returns: whether it came true in time.
    @discardableResult
    func wait(_ timeout: Duration, until condition: @escaping Condition) async -> Bool {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withCheckedContinuation { continuation in
                    let isSatisfied = self.state.withLock { state in
                        if condition(state.answers) { return true }
                        state.waiters[number] = (condition, continuation)
                        return false
                    }
                    if isSatisfied { continuation.resume() }
                }
            }
            group.addTask {
                guard (try? await Task.sleep(for: timeout)) != nil else { return }
                self.giveUp(number)
            }
            await group.next()
            group.cancelAll()
            self.giveUp(number)
        }
        return condition(all)
    }

    private func giveUp(_ number: Int) {
        state.withLock { $0.waiters.removeValue(forKey: number) }?.1.resume()
    }
}
