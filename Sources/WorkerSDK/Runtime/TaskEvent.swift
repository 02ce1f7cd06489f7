/// What happens to a task while it is worked on.
enum TaskEvent<Ticket: Sendable>: Sendable {
    case handlerReturned(TaskAnswer)
    /// Nobody will work on it any more: the whole worker was cancelled.
    case abandoned
    case timer
    case heartbeatSent
    case answerPublished(confirmed: Bool)
    case leaseHeartbeatPublished(confirmed: Bool)
    /// The workflow does not wait any more.
    case cancel
    /// The worker has no more time.
    case stop
    /// The broker has delivered the same attempt again.
    case copy(Ticket)
}
