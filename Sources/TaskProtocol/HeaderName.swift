/// The name of a header. Those of this protocol are told apart without comparing texts: every message has several.
///
/// Made of text by `init`, so that nothing else than a foreign name is `other`.
package enum HeaderName: Sendable, Hashable {
    case version
    case execution
    case stateMachine
    case state
    case attempt
    case heartbeatSeconds
    case deadline
    case traceparent
    case worker
    /// On an answer: for how many milliseconds the worker had the task.
    case duration
    /// On a task: how many answers its `reply_to` takes in one batch. Without it they are taken one by one.
    case batch
    /// On a notice: the queue that was declared anew.
    case queue
    /// On a dead message: why it is one.
    case deadReason
    /// On a dead message: the queue from which it was taken.
    case deadQueue
    case other(String)

    package init(_ text: String) {
        var text = text
        self = text.withUTF8 { Self(known: UnsafeRawBufferPointer($0)) } ?? .other(text)
    }

    /// - Parameter utf8: repaired where it is not UTF-8.
    package init(_ utf8: UnsafeRawBufferPointer) {
        self = Self(known: utf8) ?? .other(String(decoding: utf8, as: UTF8.self))
    }

    private init?(known text: UnsafeRawBufferPointer) {
        func `is`(_ name: StaticString) -> Bool {
            guard name.utf8CodeUnitCount == text.count else { return false }
            let bytes = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            // They differ at their ends.
            var index = text.count
            while index > 0 {
                index -= 1
                if bytes[index] != text[index] { return false }
            }
            return true
        }
        switch text.count {
        case 11:
            if `is`("baton-state") {
                self = .state
            } else if `is`("baton-batch") {
                self = .batch
            } else if `is`("traceparent") {
                self = .traceparent
            } else if `is`("baton-queue") {
                self = .queue
            } else {
                return nil
            }
        case 12 where `is`("baton-worker"): self = .worker
        case 13 where `is`("baton-attempt"): self = .attempt
        case 14 where `is`("baton-protocol"): self = .version
        case 14 where `is`("baton-deadline"): self = .deadline
        case 15 where `is`("baton-execution"): self = .execution
        case 16 where `is`("baton-dead-queue"): self = .deadQueue
        case 17 where `is`("baton-duration-ms"): self = .duration
        case 17 where `is`("baton-dead-reason"): self = .deadReason
        case 19 where `is`("baton-state-machine"): self = .stateMachine
        case 23 where `is`("baton-heartbeat-seconds"): self = .heartbeatSeconds
        default: return nil
        }
    }

    package var text: String {
        switch self {
        case .version: "baton-protocol"
        case .execution: "baton-execution"
        case .stateMachine: "baton-state-machine"
        case .state: "baton-state"
        case .attempt: "baton-attempt"
        case .heartbeatSeconds: "baton-heartbeat-seconds"
        case .deadline: "baton-deadline"
        case .traceparent: "traceparent"
        case .worker: "baton-worker"
        case .duration: "baton-duration-ms"
        case .batch: "baton-batch"
        case .queue: "baton-queue"
        case .deadReason: "baton-dead-reason"
        case .deadQueue: "baton-dead-queue"
        case .other(let text): text
        }
    }
}

extension HeaderName: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral value: String) { self.init(value) }

    package var description: String { text }
}
