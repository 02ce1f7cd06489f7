import BrokerFixture
import JSONValue
import Logging
import Telemetry
import Testing

@testable import WorkerSDK

/// What tasks of one worker have to do with each other, and with the end of it.
extension WorkerRuntimeTests {
    @Test func `answers that come together may travel together, and each is acknowledged`() async throws {
        try await withWorker(prefetch: 50, handler: { input, _ in input }) { bench in
            bench.transport.deliver((1...50).map { task("\($0)", body: "\($0)", batch: 20) }, to: work)
            var (answers, acknowledged): ([String], [Int]) = ([], [])
            while acknowledged.count < 50 {
                switch await bench.transport.next() {
                case .published("success", to: "results", let body): answers.append(body)
                case .batch(let members, to: "results"):
                    #expect(members.count <= 20)
                    answers += members.map(\.body)
                case .acknowledged(let tickets):
                    acknowledged += tickets
                    #expect(acknowledged.count <= answers.count)
                case let other: Issue.record("\(other)")
                }
            }
            #expect(Set(answers) == Set((1...50).map { "\($0)" }))
            #expect(answers.count == 50)
            #expect(acknowledged.sorted() == Array(1...50))
        }
    }

    @Test func `every answer of a batch that is lost is sent again`() async throws {
        try await withWorker(prefetch: 3, handler: { input, _ in input }) { bench in
            bench.transport.losesAll(true)
            bench.transport.deliver((1...3).map { task("\($0)", body: "\($0)", batch: 1_000) }, to: work)
            var (answers, acknowledged): ([String], [Int]) = ([], [])
            func next() async {
                switch await bench.transport.next() {
                case .published("success", to: "results", let body): answers.append(body)
                case .batch(let members, to: "results"): answers += members.map(\.body)
                case .acknowledged(let tickets): acknowledged += tickets
                case let other: Issue.record("\(other)")
                }
            }
            while answers.count < 3 { await next() }
            #expect(acknowledged == [])
            bench.transport.losesAll(false)
            bench.clock.advance(by: .milliseconds(100))
            while acknowledged.count < 3 { await next() }
            #expect(answers.sorted() == ["1", "1", "2", "2", "3", "3"])
            #expect(acknowledged.sorted() == [1, 2, 3])
            #expect(bench.metrics.render().contains("baton_worker_answers_retried_total 3\n"))
        }
    }

    @Test func `a worker that is cancelled answers nothing`() async throws {
        let bench = Bench()
        let gate = Gate()
        let runtime = try WorkerRuntime(
            configuration: WorkerConfiguration(name: "test"),
            handlers: [
                work: TaskHandler(work, prefetch: nil) { input, _ in
                    await gate.pass()
                    return input
                }
            ],
            clock: bench.clock, metrics: bench.metrics, logger: Self.quiet)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await runtime.run(on: bench.transport, stop: bench.stops) }
            bench.transport.deliver([task("a"), task("b")], to: work)
            for _ in 0..<2 { await gate.arrival() }
            group.cancelAll()
        }
        #expect(await bench.transport.next() == .closed)
        let metrics = bench.metrics.render()
        #expect(metrics.contains(#"baton_worker_tasks_total{handler="work",outcome="handed_back"} 2"#))
        #expect(metrics.contains(#"baton_worker_running{handler="work"} 0"#))
    }

    @Test func `a copy that comes after the end runs again`() async throws {
        try await withWorker(handler: { input, _ in input }) { bench in
            for ticket in 1...3 {
                bench.transport.deliver(task(), to: work, redelivered: ticket > 1)
                #expect(await bench.transport.next() == .published("success", to: "results", body: "1"))
                #expect(await bench.transport.next() == .acknowledged([ticket]))
            }
            #expect(bench.metrics.render().contains("baton_worker_redelivered_total 2\n"))
        }
    }

    @Test func `what handlers log names their task`() async throws {
        let lines = Recorder<Logger.Metadata>()
        try await withWorker(
            logger: Logger(label: "test") { _ in MetadataRecorder(lines: lines) },
            handler: { input, context in
                var context = context
                context.logger[metadataKey: "own"] = "x"
                context.logger.warning("look")
                return input
            }
        ) { bench in
            bench.transport.deliver(task(), to: work)
            #expect(await bench.transport.next() == .published("success", to: "results", body: "1"))
        }
        #expect(
            lines.values.map { $0.mapValues(\.description) }.contains([
                "handler": "work", "execution": "e", "state": "S", "attempt": "1", "own": "x",
            ]))
    }

    /// Keeps the metadata of what is logged.
    private struct MetadataRecorder: LogHandler {
        let lines: Recorder<Logger.Metadata>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.append(metadata) }
    }
}
