import BatonTestKit
import Interpreter
import JSONValue
import Logging
import Orchestrator
import Telemetry

@testable import AWSJSONAPI

/// The API over the real engine, with store, broker and clock in memory.
struct Service: Sendable {
    let engine: Engine<InMemoryStore, InMemoryBroker>
    let broker: InMemoryBroker
    let store: InMemoryStore
    let clock: VirtualClock
    let metrics: MetricsRegistry
    let shutdown: OneShot
    let responder: APIResponder

    static func run(
        pollTimeout: Duration = .seconds(60), _ body: (Service) async throws -> Void
    ) async throws {
        let (store, broker, clock) = (InMemoryStore(), InMemoryBroker(), VirtualClock())
        let (metrics, shutdown) = (MetricsRegistry(), OneShot())
        let engine = try Engine(
            store: store, broker: broker, clock: clock, metrics: metrics, logger: Logger(label: "test"))
        let catalog = Catalog(
            engine: engine, store: store,
            queues: ActivityQueues(declare: { broker.declare($0) }, remove: { broker.remove($0) }),
            clock: { clock.now() })
        let responder = APIResponder(
            catalog: catalog, engine: engine,
            surroundings: Surroundings(
                version: "1.2.3", brokerStatus: { broker.status }, queues: { await broker.queues() },
                renderMetrics: { metrics.render() }),
            metrics: metrics, shutdown: shutdown, pollTimeout: pollTimeout, clock: { clock.now() })
        let service = Service(
            engine: engine, broker: broker, store: store, clock: clock, metrics: metrics, shutdown: shutdown,
            responder: responder)
        let running = Task { await engine.run() }
        defer { running.cancel() }
        try await body(service)
        running.cancel()
        await running.value
    }

    /// Calls an AWS operation; an error's answer comes as its `__type`, with the message.
    func call(_ operation: String, _ request: JSON = [:], hangUp: OneShot = OneShot()) async throws -> Answer {
        let target = operation.contains(".") ? operation : "AWSStepFunctions.\(operation)"
        return try await send(
            APIRequest(method: "POST", path: "/", target: target, body: .bytes(Array(request.serialized().utf8))),
            hangUp: hangUp)
    }

    func send(_ request: APIRequest, hangUp: OneShot = OneShot()) async throws -> Answer {
        let response = await answer(request, hangUp)
        let body = try JSON(parsing: response.body)
        return Answer(
            status: response.status, body: body, code: body["__type"]?.stringValue,
            message: body["message"]?.stringValue, undelivered: response.undelivered)
    }

    /// As the server asks.
    private func answer(_ request: APIRequest, _ hangUp: OneShot) async -> APIResponse {
        let answer = await withCheckedContinuation { continuation in
            responder.begin(request, hangUp: hangUp) { continuation.resume(returning: $0) }
        }
        return switch answer {
        case .ready(let make): make()
        case .waits(let make): await make()
        }
    }

    struct Answer {
        var status: Int
        var body: JSON
        var code: String?
        var message: String?
        var undelivered: (@Sendable () -> Void)?

        subscript(member: String) -> String { body[member]?.stringValue ?? "" }
    }

    static let prefix = "arn:aws:states:us-east-1:000000000000"
    static let role: JSON = "arn:aws:iam::000000000000:role/test"
    static let pass = #"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#

    static func task(_ activity: String) -> String {
        #"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"\#(prefix):activity:\#(activity)","End":true}}}"#
    }

    func createMachine(_ name: String, _ definition: String = pass) async throws -> String {
        try await call(
            "CreateStateMachine",
            ["name": .string(name), "definition": .string(definition), "roleArn": Self.role])["stateMachineArn"]
    }
}
