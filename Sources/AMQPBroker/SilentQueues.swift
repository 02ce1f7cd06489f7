/// Judges the orchestrator's own queues that are there, and do not answer.
///
/// A quorum queue whose node was killed a moment after the declaration can be left without a leader for good. In what
/// holds answers nothing is lost by deleting it: the tasks are published again. What holds starts or dead letters is
/// the only place where these are, and a queue may also be silent because most of a cluster is away; so one of these is
/// deleted only when it was hardly born when the broker died.
struct SilentQueues {
    typealias Instant = ContinuousClock.Instant

    enum Verdict { case wait, replace, complain }

    private var born: [String: Instant] = [:]
    private var silences: [String: (count: Int, last: Instant)] = [:]

    /// One might be a hiccup of the broker.
    private static let limit = 2
    /// Silences that are further apart have nothing to do with each other.
    private static let pause = Duration.seconds(120)
    private static let infancy = Duration.seconds(60)

    mutating func created(_ queues: [String], at now: Instant) {
        for queue in queues { born[queue] = now }
    }

    /// - Parameters:
    ///   - connectedAt: when the present connection was made; whatever harmed the queue came before.
    ///   - isDispensable: whether what it holds can be made anew.
    mutating func note(_ queue: String, at now: Instant, connectedAt: Instant, isDispensable: Bool) -> Verdict {
        let before = silences[queue].flatMap { now - $0.last <= Self.pause ? $0.count : nil } ?? 0
        silences[queue] = (before + 1, now)
        guard before + 1 >= Self.limit else { return .wait }
        silences[queue] = nil
        let wasInfant = born[queue].map { $0 <= connectedAt && connectedAt - $0 <= Self.infancy } ?? false
        return isDispensable || wasInfant ? .replace : .complain
    }
}
