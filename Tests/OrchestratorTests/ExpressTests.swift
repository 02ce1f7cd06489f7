import BatonTestKit
import Interpreter
import JSONValue
import Logging
import MemoryStore
import OrderedCollections
import Telemetry
import TestSupport
import Testing

@testable import Orchestrator

/// The engine's core as Express executions have it: over a memory store, under a virtual clock.
@Suite struct ExpressTests {
    private final class Bench {
        let store = MemoryStore()
        let clock = VirtualClock()
        var core: EngineCore<MemoryWriter, SeededGenerator>
        private var revisions: Int64 = 0

        init(openExecutions: Int = 100) throws {
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            core = EngineCore(
                configuration: .express(beside: 0, openExecutions: openExecutions), writer: try store.makeWriter(),
                metrics: EngineMetrics(MetricsRegistry(), isExpress: true), logger: logger,
                random: SeededGenerator(fixed: 3))
            _ = try core.recover(at: clock.now())
            process(.brokerReady)
        }

        @discardableResult
        func process(_ events: EngineEvent...) -> Effects {
            let effects = core.process(events, at: clock.now())
            for reply in effects.replies { reply() }
            return effects
        }

        func machine(_ definition: String, logging: JSON? = nil) -> StateMachineRecord {
            revisions += 1
            return StateMachineRecord(
                arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m", name: "m", kind: .express,
                status: .active, createdAt: clock.now(),
                revision: StateMachineRevision(
                    number: revisions, id: "r", definition: definition, roleARN: "role", createdAt: clock.now(),
                    settings: .object(JSONObject(logging.map { [("loggingConfiguration", $0)] } ?? []))),
                settings: .object(JSONObject()))
        }

        func start(
            _ machine: StateMachineRecord, name: String? = nil, input: JSON = .object(JSONObject()),
            delivery: BrokerDelivery? = nil, reply: ExecutionRecord.ReplyAddress? = nil
        ) -> ExpressStart {
            ExpressStart(
                target: StartTarget(machine: machine, revision: machine.revision), name: name,
                inputText: input.serialized(), input: input, traceHeader: "trace",
                reply: reply, delivery: delivery)
        }

        var isEmpty: Bool {
            get async throws {
                try await store.counts()
                    == StoreCounts(runningExecutions: 0, openTasks: 0, pendingTasks: 0, armedTimers: 0)
                    && core.live.count == 0
            }
        }
    }

    private static let pass = #"{"StartAt":"P","States":{"P":{"Type":"Pass","Result":[1],"End":true}}}"#
    private static let fail =
        #"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"because"}}}"#
    private static let wait = #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}"#
    private static let task = """
        {"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":
        {"FunctionName":"work","Payload":{"a":1}},"OutputPath":"$.Payload","End":true}}}
        """

    @Test func `a synchronous start answers with the end`() async throws {
        let bench = try Bench()
        let box = Box<Result<EndedExecution, ServiceError>>()
        let start = bench.start(bench.machine(Self.pass), name: "n", input: ["x": 1])
        let effects = bench.process(.startExpress(start, .awaitsEnd { box.value = $0 }))
        let ended = try #require(try box.value?.get())
        #expect(ended.status == .succeeded && ended.output == "[1]" && ended.input == #"{"x":1}"#)
        #expect(ended.name == "n" && ended.traceHeader == "trace")
        #expect(ended.arn.hasPrefix("arn:aws:states:us-east-1:000000000000:express:m:n:"))
        #expect(ended.arn.split(separator: ":").count == 9)
        #expect(effects.announce.isEmpty, "Express executions are not announced")
        #expect(try await bench.isEmpty)
    }

    @Test func `a failure is an outcome`() throws {
        let bench = try Bench()
        let box = Box<Result<EndedExecution, ServiceError>>()
        bench.process(.startExpress(bench.start(bench.machine(Self.fail)), .awaitsEnd { box.value = $0 }))
        let ended = try #require(try box.value?.get())
        #expect(ended.status == .failed && ended.error == "E" && ended.cause == "because" && ended.output == nil)
    }

    @Test func `names are taken as often as one likes`() throws {
        let bench = try Bench()
        var arns: Set<String> = []
        for _ in 0..<5 {
            let box = Box<Result<StartedExecution, ServiceError>>()
            let start = bench.start(bench.machine(Self.wait), name: "same")
            bench.process(.startExpress(start, .awaitsStart { box.value = $0 }))
            arns.insert(try #require(try box.value?.get()).arn)
        }
        #expect(arns.count == 5)
    }

    @Test(arguments: [(nil, 300.0), (7, 7.0), (9_000, 300.0)] as [(Int?, Double)])
    func `five minutes are the most`(timeout: Int?, seconds: Double) async throws {
        let bench = try Bench()
        let limit = timeout.map { #","TimeoutSeconds":\#($0)"# } ?? ""
        let definition = #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}\#(limit)}"#
        let box = Box<Result<EndedExecution, ServiceError>>()
        bench.process(.startExpress(bench.start(bench.machine(definition)), .awaitsEnd { box.value = $0 }))
        bench.clock.advance(seconds: seconds - 0.001)
        bench.process(.wake)
        #expect(box.value == nil)
        bench.clock.advance(seconds: 0.001)
        bench.process(.wake)
        let ended = try #require(try box.value?.get())
        #expect(ended.status == .timedOut && ended.error == "States.Timeout")
        #expect(try await bench.isEmpty)
    }

    @Test func `tasks go out under the partition's own token, and late answers do no harm`() async throws {
        let bench = try Bench()
        let box = Box<Result<EndedExecution, ServiceError>>()
        let start = bench.start(bench.machine(Self.task))
        let published = bench.process(.startExpress(start, .awaitsEnd { box.value = $0 })).publish.values
        let row = try #require(published.first)
        #expect(TaskToken(row.token)?.partition == -1)
        bench.process(.published([(row.key, .confirmed)]))
        let answer = TaskAnswer(
            token: row.token, kind: .success(["b": 2]), worker: "w", delivery: BrokerDelivery(id: 1, epoch: 0))
        #expect(bench.process(.answer(answer)).acknowledge.map(\.id) == [1])
        #expect(try box.value?.get().output == #"{"b":2}"#)
        #expect(try await bench.isEmpty)
        let late = bench.process(.answer(answer))
        #expect(late.acknowledge.count == 1 && late.bury.isEmpty)
        let token = Box<Result<Void, ServiceError>>()
        bench.process(.tokenAnswer(token: row.token, .success(1), { token.value = $0 }))
        #expect(throws: ServiceError.self) { try token.value?.get() }
    }

    @Test func `an unknown function fails, a lost queue is served again`() async throws {
        let bench = try Bench()
        let box = Box<Result<EndedExecution, ServiceError>>()
        let machine = bench.machine(Self.task)
        let row = try #require(
            bench.process(.startExpress(bench.start(machine), .awaitsEnd { box.value = $0 })).publish.values.first)
        bench.process(.published([(row.key, .unroutable)]))
        #expect(try box.value?.get().error == "Lambda.ResourceNotFoundException")
        let second = try #require(
            bench.process(.startExpress(bench.start(machine), .nobody)).publish.values.first)
        bench.process(.published([(second.key, .confirmed)]))
        bench.process(.recreated([.function(name: "work")]))
        let again = bench.process(.wake)
        #expect(again.publish.keys.contains(second.key))
    }

    @Test func `more than the limit is refused, and room comes back`() throws {
        let bench = try Bench(openExecutions: 3)
        let machine = bench.machine(Self.wait.replacing("1000", with: "10"))
        let results = Box<[Result<StartedExecution, ServiceError>]>()
        results.value = []
        for _ in 0..<4 {
            bench.process(.startExpress(bench.start(machine), .awaitsStart { results.value?.append($0) }))
        }
        let errors = try #require(results.value).compactMap { result in
            if case .failure(let error) = result { error } else { nil }
        }
        #expect(errors.map(\.code) == [.executionLimitExceeded])
        #expect(errors.first?.message.contains("--express-limit") == true)
        bench.clock.advance(seconds: 10)
        bench.process(.wake)
        let box = Box<Result<StartedExecution, ServiceError>>()
        bench.process(.startExpress(bench.start(machine), .awaitsStart { box.value = $0 }))
        #expect(throws: Never.self) { try box.value?.get() }
    }

    @Test func `a start message is acknowledged, and its reply is sent at the end`() async throws {
        let bench = try Bench()
        let start = bench.start(
            bench.machine(Self.pass), delivery: BrokerDelivery(id: 5, epoch: 0),
            reply: .init(queue: "q", correlationID: "c"))
        let effects = bench.process(.startExpress(start, .nobody))
        #expect(effects.acknowledge.map(\.id) == [5])
        #expect(effects.send.map(\.queue) == ["q"] && effects.send.map(\.type) == ["success"])
        bench.process(.sent(effects.send.map(\.number)))
        bench.clock.advance(seconds: EngineConfiguration().confirmationDelay)
        bench.process(.wake)
        #expect(try bench.core.writer.outbox().isEmpty)
    }

    @Test func `the end of the process lets executions end, for a while`() async throws {
        let bench = try Bench()
        let ended = Box<Result<EndedExecution, ServiceError>>()
        let drained = Box<Result<Void, ServiceError>>()
        bench.process(.startExpress(bench.start(bench.machine(Self.wait)), .awaitsEnd { ended.value = $0 }))
        bench.process(.drain(until: bench.clock.now().adding(seconds: 5), { drained.value = $0 }))
        #expect(drained.value == nil && ended.value == nil)
        #expect(bench.core.nextDeadline(at: bench.clock.now()) == bench.clock.now().adding(seconds: 5))
        bench.clock.advance(seconds: 5)
        bench.process(.wake)
        #expect(drained.value != nil)
        #expect(throws: ServiceError.self) { try ended.value?.get() }
        let idle = try Bench()
        let done = Box<Result<Void, ServiceError>>()
        idle.process(.drain(until: idle.clock.now().adding(seconds: 5), { done.value = $0 }))
        #expect(done.value != nil, "nothing is open")
    }

    @Test func `events are logged as the machine wants it, after the commit`() throws {
        let bench = try Bench()
        for (level, types) in [
            ("ALL", ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
            ("ERROR", ["FailStateEntered", "ExecutionFailed"]), ("FATAL", ["ExecutionFailed"]), ("OFF", []),
        ] {
            let machine = bench.machine(
                Self.fail,
                logging: [
                    "level": .string(level), "includeExecutionData": true,
                    "destinations": [
                        ["cloudWatchLogsLogGroup": ["logGroupArn": "arn:aws:logs:us-east-1:1:log-group:/a/b:*"]]
                    ],
                ])
            let effects = bench.process(.startExpress(bench.start(machine), .nobody))
            #expect(effects.log.flatMap(\.events).map { History.type(of: $0.kind) } == types, "\(level)")
            #expect(effects.log.allSatisfy { $0.logGroup == "/a/b" && $0.includesData })
        }
    }
}
