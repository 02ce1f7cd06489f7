import JSONValue
import Logging
import TaskProtocol
import Telemetry
import Testing

@testable import WorkerSDK

@Suite(.timeLimit(.minutes(10))) struct WorkerRuntimeTests {
    private typealias Entry = InMemoryTransport.Entry
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let work = TaskSource.activity("work")

    /// Everything that a test touches.
    struct Bench: Sendable {
        let transport = InMemoryTransport()
        let clock = VirtualClock()
        let metrics = MetricsRegistry()
        let stop: AsyncStream<Void>.Continuation
        let stops: AsyncStream<Void>
        init() { (stops, stop) = AsyncStream.makeStream() }
    }

    func task(
        _ token: String = "t", body: String = "1", heartbeat: Int64? = nil, deadline: Timestamp? = nil,
        batch: Int? = nil
    ) -> ProtocolEnvelope {
        TaskMessage(
            token: token, messageID: "id-\(token)", replyTo: "results", execution: "e", stateMachine: "m", state: "S",
            attempt: 1, heartbeatSeconds: heartbeat, deadline: deadline, answerBatch: batch,
            body: Array(body.utf8)
        ).encoded()
    }

    /// Runs a worker while `test` plays the broker, and ends it.
    func withWorker(
        prefetch: Int = 2, logger: Logger = quiet,
        handler: @escaping @Sendable (JSON, TaskContext) async throws -> JSON,
        _ test: (Bench) async throws -> Void
    ) async throws {
        let bench = Bench()
        let configuration = WorkerConfiguration(
            name: "test", identity: "test-1", prefetch: prefetch, lease: .seconds(600), drainTimeout: .seconds(20))
        let runtime = try WorkerRuntime(
            configuration: configuration, handlers: [work: TaskHandler(work, prefetch: nil, raw: handler)],
            clock: bench.clock, metrics: bench.metrics, logger: logger,
            wallTime: { Timestamp(milliseconds: 1_000_000) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runtime.run(on: bench.transport, stop: bench.stops) }
            do {
                try await test(bench)
            } catch {
                group.cancelAll()
                throw error
            }
            bench.stop.yield()
            bench.stop.yield()
            try await group.waitForAll()
        }
    }

    @Test func `an answer is confirmed, then the task is acknowledged`() async throws {
        try await withWorker(handler: { input, context in
            [
                "got": input, "key": .string(context.idempotencyKey), "attempt": .int(Int64(context.attempt)),
                "state": .string(context.state),
            ]
        }) { bench in
            let ticket = bench.transport.deliver(task(), to: work)
            let body = #"{"got":1,"key":"id-t","attempt":1,"state":"S"}"#
            #expect(await bench.transport.next() == .published("success", to: "results", body: body))
            #expect(await bench.transport.next() == .acknowledged([ticket]))
        }
    }

    @Test(arguments: [
        (TaskFailure(error: "A.B", cause: "c") as any Error, #"{"error":"A.B","cause":"c"}"#),
        (Broken.reason(7), #"{"error":"Broken","cause":"reason(7)"}"#),
        (CancellationError(), #"{"error":"CancellationError","cause":"CancellationError()"}"#),
    ])
    func `what a handler throws is the failure`(error: any Error, body: String) async throws {
        try await withWorker(handler: { _, _ in throw error }) { bench in
            bench.transport.deliver(task(), to: work)
            #expect(await bench.transport.next() == .published("failure", to: "results", body: body))
            #expect(await bench.transport.next() == .acknowledged([1]))
        }
    }

    enum Broken: Error { case reason(Int) }

    @Test func `an input that is not JSON is answered and acknowledged`() async throws {
        try await withWorker(handler: { input, _ in input }) { bench in
            bench.transport.deliver(task(body: "{"), to: work)
            guard case .published("failure", to: "results", let body) = await bench.transport.next() else {
                Issue.record("no failure")
                return
            }
            #expect(body.hasPrefix(#"{"error":"InvalidInput""#))
            #expect(await bench.transport.next() == .acknowledged([1]))
        }
    }

    @Test func `a task that cannot be understood is answered where it says whom`() async throws {
        try await withWorker(handler: { input, _ in input }) { bench in
            var envelope = task()
            envelope.headers[HeaderName.attempt] = "x"
            bench.transport.deliver(envelope, to: work)
            let body = #"{"error":"InvalidTask","cause":"header baton-attempt is not a number"}"#
            #expect(await bench.transport.next() == .published("failure", to: "results", body: body))
            #expect(await bench.transport.next() == .acknowledged([1]))
        }
    }

    @Test func `one that does not say is kept in the dead queue`() async throws {
        try await withWorker(handler: { input, _ in input }) { bench in
            bench.transport.deliver(ProtocolEnvelope(body: Array("what".utf8)), to: work)
            #expect(await bench.transport.next() == .published("", to: "baton.dead", body: "what"))
            #expect(await bench.transport.next() == .acknowledged([1]))
            #expect(bench.metrics.render().contains("baton_worker_malformed_total 1\n"))
        }
    }

    @Test func `an output that is too large is a failure`() async throws {
        try await withWorker(handler: { _, _ in .string(String(repeating: "x", count: 262_143)) }) { bench in
            bench.transport.deliver(task(), to: work)
            guard case .published("failure", to: "results", let body) = await bench.transport.next() else {
                Issue.record("no failure")
                return
            }
            #expect(body.hasPrefix(#"{"error":"States.DataLimitExceeded""#))
        }
    }

    @Test func `heartbeats go on while the handler works`() async throws {
        let gate = Gate()
        try await withWorker(handler: { input, _ in
            await gate.pass()
            return input
        }) { bench in
            bench.transport.deliver(task(heartbeat: 30), to: work)
            await gate.arrival()
            bench.clock.advance(by: .milliseconds(250))
            #expect(await bench.transport.next() == .published("started", to: "results", body: ""))
            for _ in 0..<3 {
                bench.clock.advance(by: .seconds(10))
                #expect(await bench.transport.next() == .published("heartbeat", to: "results", body: ""))
            }
            gate.open()
            #expect(await bench.transport.next() == .published("success", to: "results", body: "1"))
            #expect(await bench.transport.next() == .acknowledged([1]))
        }
    }

    @Test func `progress is a heartbeat with a value`() async throws {
        try await withWorker(handler: { input, context in
            await context.progress(["done": 0.5])
            return input
        }) { bench in
            bench.transport.deliver(task(), to: work)
            #expect(await bench.transport.next() == .published("heartbeat", to: "results", body: #"{"done":0.5}"#))
            #expect(await bench.transport.next() == .published("success", to: "results", body: "1"))
        }
    }

    @Test func `past the lease the task is acknowledged and its room not given away`() async throws {
        let gate = Gate()
        try await withWorker(handler: { input, _ in
            await gate.pass()
            return input
        }) { bench in
            bench.transport.deliver(task(), to: work)
            await gate.arrival()
            bench.clock.advance(by: .milliseconds(250))
            #expect(await bench.transport.next() == .published("started", to: "results", body: ""))
            bench.clock.advance(by: .seconds(600))
            #expect(await bench.transport.next() == .published("heartbeat", to: "results", body: ""))
            #expect(await bench.transport.next() == .acknowledged([1]))
            #expect(await bench.transport.next() == .capacity(1, "work"))
            bench.clock.advance(by: .seconds(200))
            #expect(await bench.transport.next() == .published("heartbeat", to: "results", body: ""))
            gate.open()
            #expect(await bench.transport.next() == .published("success", to: "results", body: "1"))
            #expect(await bench.transport.next() == .capacity(2, "work"))
        }
    }

    @Test func `a cancellation cancels the handler and acknowledges`() async throws {
        let gate = Gate()
        let ended = Gate()
        try await withWorker(handler: { input, _ in
            await gate.pass()
            #expect(Task.isCancelled)
            ended.open()
            return input
        }) { bench in
            bench.transport.deliver(task("other"), to: work)
            await gate.arrival()
            bench.transport.send(.control(CancelMessage(token: "unknown").encoded()))
            bench.transport.send(.control(ProtocolEnvelope(type: "noise")))
            bench.transport.send(.control(CancelMessage(token: "other").encoded()))
            #expect(await bench.transport.next() == .acknowledged([1]))
            await ended.pass()
        }
    }

    @Test func `past the deadline the task is failed, and the handler's result dropped`() async throws {
        let gate = Gate()
        try await withWorker(handler: { input, _ in
            await gate.pass()
            return input
        }) { bench in
            bench.transport.deliver(task(deadline: Timestamp(milliseconds: 1_010_000)), to: work)
            await gate.arrival()
            bench.clock.advance(by: .seconds(1))
            #expect(await bench.transport.next() == .published("started", to: "results", body: ""))
            bench.clock.advance(by: .seconds(11))
            let body = #"{"error":"States.Timeout","cause":"the task's deadline has passed"}"#
            #expect(await bench.transport.next() == .published("failure", to: "results", body: body))
            #expect(await bench.transport.next() == .acknowledged([1]))
        }
    }

    @Test func `an answer that is lost is sent again before the acknowledgement`() async throws {
        try await withWorker(handler: { input, _ in input }) { bench in
            bench.transport.willPublish([.lost, .refused("no queue")])
            bench.transport.deliver(task(), to: work)
            for pause in [100, 200] {
                #expect(await bench.transport.next() == .published("success", to: "results", body: "1"))
                bench.clock.advance(by: .milliseconds(pause))
            }
            #expect(await bench.transport.next() == .published("success", to: "results", body: "1"))
            #expect(await bench.transport.next() == .acknowledged([1]))
            #expect(bench.metrics.render().contains("baton_worker_answers_retried_total 2\n"))
        }
    }

    @Test func `a second copy of a running task does not run`() async throws {
        let gate = Gate()
        try await withWorker(handler: { input, _ in
            await gate.pass()
            return input
        }) { bench in
            bench.transport.deliver(task(), to: work)
            await gate.arrival()
            bench.transport.deliver(task(), to: work, redelivered: true)
            // Another task makes sure that the copy has been seen.
            bench.transport.deliver(task("u"), to: work)
            await gate.arrival()
            gate.open()
            var acknowledged: [Int] = []
            var answers = 0
            while acknowledged.count < 3 {
                switch await bench.transport.next() {
                case .acknowledged(let tickets): acknowledged += tickets
                case .published("success", to: _, body: _): answers += 1
                case let other: Issue.record("\(other)")
                }
            }
            #expect(answers == 2)
            #expect(acknowledged.sorted() == [1, 2, 3])
        }
    }

    @Test func `a stopped worker finishes what it has begun`() async throws {
        let gate = Gate()
        try await withWorker(handler: { input, _ in
            await gate.pass()
            return input
        }) { bench in
            bench.transport.deliver(task(), to: work)
            await gate.arrival()
            bench.stop.yield()
            #expect(await bench.transport.next() == .stoppedConsuming)
            gate.open()
            #expect(await bench.transport.next() == .published("success", to: "results", body: "1"))
            #expect(await bench.transport.next() == .acknowledged([1]))
            #expect(await bench.transport.next() == .closed)
        }
    }

    @Test func `after the drain timeout handlers are cancelled and their tasks left to others`() async throws {
        let gate = Gate()
        try await withWorker(handler: { input, _ in
            await gate.pass()
            try Task.checkCancellation()
            return input
        }) { bench in
            bench.transport.deliver(task(), to: work)
            await gate.arrival()
            bench.stop.yield()
            #expect(await bench.transport.next() == .stoppedConsuming)
            bench.clock.advance(by: .seconds(1))
            #expect(await bench.transport.next() == .published("started", to: "results", body: ""))
            bench.clock.advance(by: .seconds(20))
            #expect(await bench.transport.next() == .closed)
            let metrics = bench.metrics.render()
            #expect(metrics.contains(#"baton_worker_tasks_total{handler="work",outcome="handed_back"} 1"#))
        }
    }

    @Test func `many tasks run at once`() async throws {
        let gate = Gate()
        try await withWorker(
            prefetch: 50,
            handler: { input, _ in
                await gate.pass()
                return input
            }
        ) { bench in
            for number in 0..<50 { bench.transport.deliver(task("\(number)"), to: work) }
            for _ in 0..<50 { await gate.arrival() }
            #expect(bench.metrics.render().contains(#"baton_worker_running{handler="work"} 50"#))
            gate.open()
            var acknowledged = 0
            while acknowledged < 50 {
                if case .acknowledged(let tickets) = await bench.transport.next() { acknowledged += tickets.count }
            }
        }
    }
}
