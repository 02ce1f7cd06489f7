/// Time that only grows, from an arbitrary start; virtual in tests.
protocol WorkerClock: Sendable {
    var now: Duration { get }
    /// Returns at that time, or throws at once when the task is cancelled.
    func sleep(until time: Duration) async throws
}

struct SystemClock: WorkerClock {
    private let start = ContinuousClock.now

    var now: Duration { start.duration(to: .now) }

    func sleep(until time: Duration) async throws {
        try await Task.sleep(until: start.advanced(by: time), clock: .continuous)
    }
}
