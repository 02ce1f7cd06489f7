import Testing

@testable import AMQPBroker

@Suite struct SilentQueuesTests {
    let start = ContinuousClock.now
    func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func `answers are dispensable, from the second silence on`() {
        var queues = SilentQueues()
        #expect(queues.note("results", at: at(20), connectedAt: start, isDispensable: true) == .wait)
        #expect(queues.note("results", at: at(45), connectedAt: start, isDispensable: true) == .replace)
        // It counts anew.
        #expect(queues.note("results", at: at(70), connectedAt: start, isDispensable: true) == .wait)
    }

    @Test func `silences far apart are hiccups`() {
        var queues = SilentQueues()
        for minute in 1...5 {
            let verdict = queues.note("results", at: at(Double(minute) * 180), connectedAt: start, isDispensable: true)
            #expect(verdict == .wait)
        }
    }

    /// Seconds of the queue's birth, if it is known, and of the connection after which it is silent.
    static let starts: [(born: Double?, connected: Double, verdict: SilentQueues.Verdict)] = [
        (nil, 10, .complain), (0, 1, .replace), (0, 50, .replace), (0, 100, .complain),
        // Created on this connection: it was well then.
        (200, 100, .complain),
    ]

    @Test(arguments: starts)
    func `starts are deleted only with a queue that was hardly born`(
        born: Double?, connected: Double, verdict: SilentQueues.Verdict
    ) {
        var queues = SilentQueues()
        if let born { queues.created(["start"], at: at(born)) }
        _ = queues.note("start", at: at(300), connectedAt: at(connected), isDispensable: false)
        #expect(queues.note("start", at: at(330), connectedAt: at(connected), isDispensable: false) == verdict)
    }
}
