import JSONValue
import Logging
import Synchronization
import Testing
import WorkerSDK

@Suite struct WorkerTests {
    struct Person: Decodable, Sendable {
        var name: String
        var age: Int?
    }

    struct Greeting: Encodable, Sendable {
        var text: String
        var url = "a/b"
    }

    private var worker: Worker {
        var worker = Worker("test")
        worker.activity("greet") { (person: Person, context: TaskContext) in
            guard person.name != "nobody" else { throw TaskFailure(error: "Greeting.Nobody", cause: context.state) }
            return Greeting(text: "Hello, \(person.name)!")
        }
        worker.activity("echo", raw: { input, _ in input })
        worker.function("echo", raw: { input, _ in ["function": input] })
        return worker
    }

    @Test func `typed handlers are called without a broker`() async throws {
        let output = try await worker.invoke(activity: "greet", input: ["name": "Ada", "extra": 1])
        #expect(output.serialized() == #"{"text":"Hello, Ada!","url":"a/b"}"#)
    }

    @Test func `raw handlers see numbers as they are`() async throws {
        let input: JSON = ["n": .number("12345678901234567890"), "d": 1.0]
        #expect(try await worker.invoke(activity: "echo", input: input).serialized() == input.serialized())
        #expect(try await worker.invoke(function: "echo", input: 1).serialized() == #"{"function":1}"#)
    }

    @Test(
        arguments: [
            (#"{"name": "nobody"}"#, TaskFailure(error: "Greeting.Nobody", cause: "Test")),
            ("{}", TaskFailure(error: "InvalidInput", cause: "name is missing")),
            (#"{"name": 1}"#, TaskFailure(error: "InvalidInput", cause: "name is not of type String")),
            (#"{"name": "x", "age": "y"}"#, TaskFailure(error: "InvalidInput", cause: "age is not of type Int")),
        ] as [(String, TaskFailure)])
    func `failures are what the workflow would see`(text: String, failure: TaskFailure) async throws {
        let input = try JSON(parsing: text)
        await #expect(throws: failure) { try await worker.invoke(activity: "greet", input: input) }
    }

    @Test func `progress can be watched`() async throws {
        var worker = Worker("test")
        worker.activity(
            "slow",
            raw: { input, context in
                await context.progress(["step": 1])
                await context.progress(["step": 2])
                return input
            })
        let box = Box()
        let context = TaskContext.test(onProgress: { box.add($0.serialized()) })
        _ = try await worker.invoke(activity: "slow", input: nil, context: context)
        #expect(box.all == [#"{"step":1}"#, #"{"step":2}"#])
    }

    private final class Box: Sendable {
        private let values = Mutex<[String]>([])
        func add(_ value: String) { values.withLock { $0.append(value) } }
        var all: [String] { values.withLock { $0 } }
    }

    @Test(
        arguments: [
            ([:], nil),
            (["BATON_WORKER_PREFETCH": "0"], "BATON_WORKER_PREFETCH is 0; it has to be a number from 1 to 65535"),
            (["BATON_WORKER_PREFETCH": "x"], "BATON_WORKER_PREFETCH is x; it has to be a number from 1 to 65535"),
            (
                ["BATON_LOG_LEVEL": "loud"],
                "BATON_LOG_LEVEL is loud; it has to be one of trace, debug, info, notice, warning, error, critical"
            ),
            (["BATON_LOG_FORMAT": "xml"], "BATON_LOG_FORMAT is xml; it has to be text or json"),
        ] as [([String: String], String?)])
    func `the environment is checked`(environment: [String: String], message: String?) {
        do {
            _ = try WorkerConfiguration.fromEnvironment(name: "w", environment: environment)
            #expect(message == nil)
        } catch {
            #expect(error.description == message)
        }
    }

    @Test func `the environment configures`() throws {
        let configuration = try WorkerConfiguration.fromEnvironment(
            name: "w",
            environment: [
                "BATON_AMQP_URL": "amqp://h/", "BATON_WORKER_PREFETCH": "3", "BATON_WORKER_LEASE": "60",
                "BATON_WORKER_IDENTITY": "w-7", "BATON_LOG_LEVEL": "debug", "BATON_LOG_FORMAT": "json",
                "BATON_PREFIX": "p", "BATON_WORKER_METRICS_PORT": "9100", "BATON_WORKER_DRAIN_TIMEOUT": "1",
            ])
        #expect(configuration.amqpURL == "amqp://h/")
        #expect(configuration.prefetch == 3)
        #expect(configuration.lease == .seconds(60))
        #expect(configuration.identity == "w-7")
        #expect(configuration.logLevel == .debug)
        #expect(configuration.logFormat == .json)
        #expect(configuration.prefix == "p")
        #expect(configuration.metricsPort == 9100)
        #expect(configuration.drainTimeout == .seconds(1))
    }

    @Test(arguments: ["http://x", "amqp://host:notaport/"])
    func `a bad URL is said at once`(url: String) async {
        await #expect(throws: WorkerConfigurationError.self) {
            var worker = Worker(WorkerConfiguration(name: "w", amqpURL: url))
            worker.activity("a", raw: { input, _ in input })
            try await worker.run()
        }
    }

    @Test func `a worker without handlers does not run`() async {
        await #expect(throws: WorkerConfigurationError("the worker has no handlers")) {
            try await Worker("w").run()
        }
    }
}
