import AMQP
import AMQPBroker
import AWSJSONAPI
import Authentication
import CBatonShims
import ExecutionLogs
import Interpreter
import Logging
import MemoryStore
import ObjectStorage
import Orchestrator
import SQLiteStore
import ServiceLifecycle
import StatesLanguage
import TaskProtocol
import Telemetry
import UnixSignals

/// The orchestrator as a process: opens the database, connects the parts, and runs them until a signal.
struct ServerProgram {
    let settings: ServerSettings

    func run() async throws {
        settings.logConfiguration.bootstrap()
        let logger = Logger(label: "baton")
        let listen = try ListenAddress(settings.listen)
        let security = try ServerSecurity(settings, logger: Logger(label: "baton.security"))
        guard listen.isLoopback || security.keys != nil || settings.allowRemoteWithoutCredentials else {
            throw CommandError(
                .cannotStart,
                "Baton will not listen at \(listen), where others could reach it without credentials: listen at "
                    + "127.0.0.1, give it access keys with --keys ('baton keys generate' makes one), or add "
                    + "--allow-remote-without-credentials where the network keeps strangers out.")
        }
        if !listen.isLoopback, security.certificates == nil {
            logger.warning("others can read along: serve HTTPS with --tls-certificate and --tls-key")
        }
        do {
            let metrics = MetricsRegistry()
            let store = try SQLiteStore(
                path: settings.database, metrics: StoreMetrics(metrics), logger: Logger(label: "baton.store"))
            try await serve(store, listen: listen, security: security, metrics: metrics, logger: logger)
            try store.close()
        } catch let error as StoreError {
            throw CommandError(.cannotStart, error.message)
        } catch let error as ListenerError {
            throw CommandError(.cannotStart, "\(error.message.capitalizedFirst), with --listen or BATON_LISTEN.")
        }
        logger.notice("stopped")
    }

    private func serve(
        _ store: SQLiteStore, listen: ListenAddress, security: ServerSecurity, metrics: MetricsRegistry,
        logger: Logger
    ) async throws {
        let broker = AMQPBroker(
            BrokerConfiguration(
                url: try AMQPURL(settings.amqpURL), names: TopologyNames(prefix: settings.prefix),
                servesExpress: true, logger: Logger(label: "baton.broker")),
            metrics: metrics)
        var configuration = EngineConfiguration()
        configuration.account = "arn:\(settings.partition):states:\(settings.region):\(settings.account)"
        configuration.language = .current.at(settings.jsonataLevel.compatibility)
        settings.quotas.apply(to: &configuration)
        configuration.retainClosed = settings.retainClosed
        let log = settings.logFolder.map {
            FileExecutionLog(folder: $0, metrics: metrics, logger: Logger(label: "baton.logs"))
        }
        let engine = try Engine(
            configuration: configuration, store: store, broker: broker,
            objects: Buckets(
                folders: settings.buckets,
                service: S3Service.make(region: settings.region, environment: environmentValue) ?? NoObjectStore()),
            log: log, metrics: metrics, logger: Logger(label: "baton.engine")
        ) {
            store.releaseMemory()
            baton_release_memory()
        }
        let express = try expressEngine(beside: engine, configuration, broker, log: log, metrics: metrics)
        let router = EngineRouter(standard: engine, express: express.engine)
        let catalog = Catalog(
            engine: router, store: store,
            identity: AccountIdentity(
                partition: settings.partition, region: settings.region, account: settings.account),
            queues: ActivityQueues(declare: { broker.declare($0) }, remove: { broker.remove($0) }),
            clock: { WallTime.now() }, support: configuration.language)
        var surroundings = Surroundings(
            version: BatonVersion.number, brokerStatus: { broker.status }, queues: { await broker.queues() },
            storeProblem: { (engine.storeFailure ?? store.damage)?.message }, renderMetrics: { metrics.render() },
            limits: settings.quotas.requestLimits, historyEvents: configuration.limits.events,
            logs: settings.logFolder.map { LogFolder(folder: $0) })
        surroundings.workerPrefetch = settings.workerPrefetch
        let shutdown = OneShot()
        // Requests that wait for an Express execution do not hold up the end for its five minutes.
        let draining = shutdown.whenFired { express.engine.beginDraining(seconds: Self.drainSeconds) }
        defer { draining.cancel() }
        let responder = APIResponder(
            catalog: catalog, engine: router, surroundings: surroundings, metrics: metrics, shutdown: shutdown,
            access: security.access(account: settings.account, metricsAreOpen: settings.metricsAccess == .open),
            clock: { WallTime.now() }, pageTokenKey: try await store.property("page_token_key").map { Array($0.utf8) },
            throttle: settings.throttle.isEmpty ? nil : try ThrottleLimits(parsing: settings.throttle))
        engine.use(SDKCaller(responder: responder))
        express.engine.use(SDKCaller(responder: responder))
        let database = store.path
        let server = APIServer(
            configuration: APIServer.Configuration(
                host: listen.host, port: listen.port,
                allowRemoteWithoutCredentials: settings.allowRemoteWithoutCredentials,
                checksCredentials: security.keys != nil, certificates: security.certificates),
            responder: responder, maximumRequestBytes: surroundings.maximumRequestBytes, shutdown: shutdown,
            logger: Logger(label: "baton.http")
        ) { port in
            let address = ListenAddress(host: listen.host, port: port)
            let scheme = security.certificates == nil ? "http" : "https"
            Terminal.standard.line(
                "Baton \(BatonVersion.number) is ready at \(scheme)://\(address), database \(database)")
        }
        // Shut down in reverse: nothing comes in any more before the engine ends.
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: EngineService(engine: engine, broker: broker),
                        successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: security, successTerminationBehavior: .ignore),
                    .init(service: express, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(
                        service: APIService(server: server), successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "baton.lifecycle"))
        ).run()
        log?.close()
    }

    /// How long the end of the server waits for Express executions.
    private static let drainSeconds = 5.0

    private func expressEngine(
        beside engine: Engine<SQLiteStore, AMQPBroker>, _ configuration: EngineConfiguration, _ broker: AMQPBroker,
        log: FileExecutionLog?, metrics: MetricsRegistry
    ) throws -> ExpressService {
        guard let lane = broker.express else {
            throw CommandError(.cannotStart, "The broker does not serve Express executions.")
        }
        var express = EngineConfiguration.express(
            beside: configuration.partition, openExecutions: settings.expressLimit)
        express.account = configuration.account
        express.limits.payloadBytes = configuration.limits.payloadBytes
        express.limits.variableBytes = configuration.limits.variableBytes
        express.limits.mapConcurrency = configuration.limits.mapConcurrency
        express.language = configuration.language
        express.expressionSeconds = configuration.expressionSeconds
        let expressEngine = try Engine(
            configuration: express, store: MemoryStore(functions: engine.knownFunctions), broker: lane, log: log,
            metrics: metrics, logger: Logger(label: "baton.express"), releaseMemory: baton_release_memory)
        engine.handOverExpressStarts { [weak expressEngine] in expressEngine?.start($0) }
        return ExpressService(engine: expressEngine, lane: lane, drainSeconds: Self.drainSeconds)
    }
}

/// The engine of Express executions. On shutdown those that are open may end, for a while.
private struct ExpressService: Service {
    let engine: Engine<MemoryStore, ExpressLane>
    let lane: ExpressLane
    let drainSeconds: Double

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await engine.run() }
            group.addTask {
                guard (try? await gracefulShutdown()) != nil else { return }
                await engine.drain(seconds: drainSeconds)
                lane.shutdown()
            }
            await group.next()
            group.cancelAll()
        }
    }
}

private struct APIService: Service {
    let server: APIServer

    func run() async throws { try await server.run() }
}

/// The engine and its broker, until a graceful shutdown has taken what was on its way to the end.
private struct EngineService: Service {
    let engine: Engine<SQLiteStore, AMQPBroker>
    let broker: AMQPBroker

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await engine.run() }
            group.addTask {
                // Throws where the process ends without grace; then there is nothing to wait for.
                guard (try? await gracefulShutdown()) != nil else { return }
                await broker.shutdown()
            }
            await group.next()
            group.cancelAll()
        }
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
