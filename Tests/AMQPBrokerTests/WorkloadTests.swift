import Orchestrator
import Synchronization
import TaskProtocol
import Testing

@testable import AMQPBroker

struct WorkloadTests {
    /// Time in the test's hand.
    final class Clock: Sendable {
        private let seconds = Mutex(0.0)
        var now: Double { seconds.withLock { $0 } }
        func advance(_ by: Double) { seconds.withLock { $0 += by } }
    }

    let clock = Clock()
    let meter: WorkloadMeter

    init() { meter = WorkloadMeter { [clock] in clock.now } }

    private func publish(_ tasks: [(token: String, queue: String)]) {
        meter.handedOver(tasks)
        meter.published(to: tasks.map(\.queue))
    }

    private func tasks(_ count: Int, every seconds: Double, _ then: (String) -> Void) {
        for number in 0..<count {
            publish([("t\(number)", "q")])
            then("t\(number)")
            clock.advance(seconds)
        }
    }

    @Test func `a queue to which nothing came has no workload`() {
        #expect(meter.workload("q") == nil)
    }

    @Test(arguments: [(5, 2.0), (600, 2.0), (6_000, 0.1)])
    func `the arrival rate is right from the first seconds on`(count: Int, interval: Double) throws {
        tasks(count, every: interval) { _ in }
        let rate = try #require(meter.workload("q")).arrivalsPerSecond
        #expect(abs(rate * interval - 1) < 0.25, "\(rate)")
        clock.advance(600)
        #expect(try #require(meter.workload("q")).arrivalsPerSecond < 0.001 / interval)
    }

    @Test func `the worker's word on its time counts before what is seen`() throws {
        publish([("t", "q")])
        clock.advance(100)
        #expect(meter.heard(.success, token: "t", duration: 0.5) == "q")
        #expect(meter.workload("q")?.serviceSeconds == 0.5)
        #expect(meter.heard(.success, token: "t", duration: 9) == nil, "it has ended")
    }

    @Test func `without it the time since started counts, and the time in the queue does not`() {
        publish([("t", "q")])
        clock.advance(100)
        meter.heard(.started, token: "t")
        clock.advance(2)
        meter.heard(.heartbeat, token: "t")
        clock.advance(1)
        meter.heard(.failure, token: "t")
        #expect(meter.workload("q")?.serviceSeconds == 3)
    }

    @Test func `without any sign the time since the publication counts, unless tasks had to wait`() {
        publish([("a", "q")])
        meter.looked("q", waiting: 5)
        publish([("b", "q")])
        clock.advance(2)
        meter.heard(.success, token: "b")
        #expect(meter.workload("q")?.serviceSeconds == nil)
        meter.heard(.success, token: "a")
        #expect(meter.workload("q")?.serviceSeconds == 2)
    }

    @Test func `open tasks are remembered within bounds`() {
        publish((0..<30_000).map { ("t\($0)", "q") })
        #expect(meter.heard(.success, token: "t19999") == "q")
        #expect(meter.heard(.success, token: "t20000") == nil)
        clock.advance(4_000)
        publish([("new", "q")])
        #expect(meter.heard(.success, token: "new") == "q")
        publish([("gone", "q")])
        meter.forget(["gone"])
        #expect(meter.heard(.success, token: "gone") == nil)
    }

    @Test(
        arguments: [
            // waiting, per second, service, prefetch → workers
            (0, 0.0, 2.0, 10, 0), (0, 10.0, 2.0, 10, 3), (0, 10.0, 2.0, 1, 25), (600, 0.0, 1.0, 10, 2),
            (0, 0.1, 0.02, 10, 1), (0, 1_000.0, 0.02, 1, 25),
        ] as [(Int, Double, Double, Int, Int)])
    func `the suggestion follows Little's law`(
        waiting: Int, rate: Double, service: Double, prefetch: Int, workers: Int
    ) {
        let queue = QueueStatistics(
            name: "q", messages: waiting, consumers: 1,
            workload: .init(arrivalsPerSecond: rate, serviceSeconds: service))
        #expect(queue.workersSuggested(prefetch: prefetch) == workers)
    }

    @Test func `where the service time is not known, one worker is better than none`() {
        var queue = QueueStatistics(
            name: "q", messages: 0, consumers: 0, workload: .init(arrivalsPerSecond: 5, serviceSeconds: nil))
        #expect(queue.workersSuggested(prefetch: 10) == 1)
        queue.workload?.arrivalsPerSecond = 0
        #expect(queue.workersSuggested(prefetch: 10) == 0)
        queue.messages = 3
        #expect(queue.workersSuggested(prefetch: 10) == 1)
        queue.workload = nil
        queue.messages = 0
        #expect(queue.workersSuggested(prefetch: 10) == nil)
    }
}
