import TaskProtocol

/// Queues of this worker's that the broker does not have, and the order in which that is put right.
///
/// What such a queue held is lost, and only a worker that finds it missing can tell. So the orchestrator is told first,
/// and the queue declared when the broker has confirmed the notice: a worker that dies in between leaves a queue that is
/// still missing, for the next one to find. The other way round it would leave a queue that looks sound, and tasks that
/// nobody has.
struct LostQueues {
    /// Names of the queues that held tasks.
    let queues: [String]
    /// Lets the connection declare what is missing.
    let create: @Sendable () -> Void

    /// Gives notice of each, and lets them be created. Tries until the broker has taken the notices; ends without
    /// creating anything when its task is cancelled.
    ///
    /// - Parameters:
    ///   - publish: to the queue of starts.
    ///   - declareStarts: called where that queue does not exist: it is the orchestrator's, but may have been lost
    ///     together with this one, and the notice waits there until somebody reads it.
    ///   - pause: Waits that long.
    func restore(
        publish: (ProtocolEnvelope) async -> PublishResult, declareStarts: () async -> Void,
        pause: (Duration) async throws -> Void
    ) async {
        for queue in queues {
            let notice = RecreatedNotice(queue: queue).encoded()
            var delay = Duration.milliseconds(100)
            while true {
                switch await publish(notice) {
                case .confirmed: break
                case .refused:
                    await declareStarts()
                    fallthrough
                case .lost:
                    do { try await pause(delay) } catch { return }
                    delay = min(delay * 2, .seconds(5))
                    continue
                }
                break
            }
        }
        create()
    }
}
