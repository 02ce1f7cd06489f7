// swift-tools-version:6.2
import PackageDescription

// Feature names are not checked by the compiler: a misspelt one is silently ignored.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A layer of Baton: everything it may see is listed here, and nothing else compiles.
func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: strict)
}

func worker(_ name: String) -> Target {
    .executableTarget(
        name: "\(name)-worker",
        dependencies: ["WorkerSDK", "WorkerSupport", "JSONValue", "Telemetry", argumentParser],
        path: "workers/\(name)",
        swiftSettings: strict
    )
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "baton",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "baton", targets: ["baton"]),
        .library(name: "WorkerSDK", targets: ["WorkerSDK"]),
        .library(name: "JSONata", targets: ["JSONata", "JSONValue"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The pure core: no clock, no I/O, no concurrency.
        layer("JSONValue"),
        layer("RegularExpression"),
        layer("JSONPath", ["JSONValue", "RegularExpression"]),
        layer("Intrinsics", ["JSONValue", "JSONPath", crypto]),
        layer("JSONata", ["JSONValue", "RegularExpression"]),
        layer("StatesLanguage", ["JSONValue", "JSONPath", "Intrinsics", "JSONata"]),
        layer("Interpreter", ["JSONValue", "JSONPath", "Intrinsics", "JSONata", "StatesLanguage"]),
        layer("TaskProtocol", ["JSONValue"]),
        // Facts about other services, as data.
        .target(name: "CServiceModels", exclude: ["outputs.txt"]),
        layer(
            "StateTesting", ["JSONValue", "RegularExpression", "StatesLanguage", "Interpreter", "CServiceModels"]),
        layer("Telemetry", ["JSONValue", logging]),
        layer("CrashPoints"),
        layer("SignatureV4", [crypto]),
        layer("Authentication", ["SignatureV4", "JSONValue", logging]),

        // The engine and its ports.
        layer(
            "Orchestrator",
            [
                "JSONValue", "StatesLanguage", "Interpreter", "TaskProtocol", "Telemetry", "CrashPoints", deque, heap,
                orderedCollections, logging,
            ]),

        // Adapters.
        // Functions of SQLite that Swift cannot call.
        .target(name: "CSQLiteShims"),
        layer("MemoryStore", ["Orchestrator", "Interpreter", "JSONValue"]),
        layer(
            "SQLiteStore",
            [
                "Orchestrator", "Interpreter", "StatesLanguage", "JSONValue", "Telemetry", "CrashPoints",
                "CSQLiteShims", grdb, grdbSQLite, logging,
            ]),
        .systemLibrary(
            name: "CRabbitMQ", pkgConfig: "librabbitmq",
            providers: [.apt(["librabbitmq-dev"]), .brew(["rabbitmq-c"])]),
        .target(name: "CBatonShims", dependencies: ["CRabbitMQ"]),
        layer("AMQP", ["CRabbitMQ", "CBatonShims", deque, logging]),
        layer("TaskMessaging", ["AMQP", "TaskProtocol"]),
        layer(
            "AMQPBroker",
            [
                "AMQP", "TaskProtocol", "TaskMessaging", "Orchestrator", "Interpreter", "JSONValue", "Telemetry",
                "CrashPoints", deque, orderedCollections, logging,
            ]),
        layer(
            "AWSJSONAPI",
            [
                "Orchestrator", "Interpreter", "JSONValue", "StateTesting", "StatesLanguage", "Telemetry",
                "Authentication", "SignatureV4", hummingbird, hummingbirdTLS, crypto, deque, lifecycle, logging,
            ]),

        layer("ObjectStorage", ["Orchestrator", "SignatureV4", "JSONValue", httpClient]),
        layer("ExecutionLogs", ["Orchestrator", "Interpreter", "JSONValue", "Telemetry", logging]),

        // For workers.
        layer("WorkerSDK", ["AMQP", "TaskProtocol", "TaskMessaging", "JSONValue", "Telemetry", logging]),
        layer("WorkerCheck", ["AMQP", "TaskProtocol", "TaskMessaging", "JSONValue", "Telemetry", logging]),

        // The program.
        .executableTarget(
            name: "baton",
            dependencies: [
                "JSONValue", "JSONPath", "Intrinsics", "Interpreter", "JSONata", "StatesLanguage", "StateTesting",
                "Orchestrator", "SQLiteStore", "MemoryStore", "ExecutionLogs", "AMQP", "AMQPBroker", "AWSJSONAPI",
                "Authentication", "ObjectStorage", "SignatureV4", "TaskProtocol", "Telemetry", "WorkerCheck",
                "CBatonShims", argumentParser, httpClient, yams, lifecycle,
                logging,
            ],
            swiftSettings: strict
        ),

        // The stub services.
        .target(
            name: "WorkerSupport",
            dependencies: ["WorkerSDK", "JSONValue", "Telemetry", argumentParser, grdbSQLite, logging],
            path: "workers/support",
            swiftSettings: strict
        ),
        worker("auth"),
        worker("billing"),
        worker("analytics"),
        worker("email"),
        // A worker that does what `baton worker check` asks of it.
        .executableTarget(
            name: "check-worker", dependencies: ["WorkerSDK", "JSONValue"], path: "workers/check",
            swiftSettings: strict),

        // What `make bench` measures with: the core in process, a worker that echoes, and a bare HTTP server as ceiling.
        .target(
            name: "BenchmarkWorks",
            dependencies: [
                "Orchestrator", "SQLiteStore", "Interpreter", "StatesLanguage", "JSONValue", "Telemetry", "AMQP",
                "TaskMessaging", "TaskProtocol", orderedCollections, logging,
            ],
            path: "Benchmarks/InProcess/Works", swiftSettings: strict),
        .executableTarget(
            name: "baton-bench", dependencies: ["BenchmarkWorks", argumentParser],
            path: "Benchmarks/InProcess/Counted", swiftSettings: strict),
        .executableTarget(
            name: "bench-worker", dependencies: ["WorkerSDK", "JSONValue", argumentParser, logging],
            path: "Benchmarks/broker/Worker", swiftSettings: strict),
        .executableTarget(
            name: "bench-http-ceiling", dependencies: [hummingbird, grdbSQLite, argumentParser, logging],
            path: "Benchmarks/http/Ceiling", swiftSettings: strict),

        // What `make torture` kills.
        .executableTarget(
            name: "torture-worker",
            dependencies: ["WorkerSDK", "JSONValue", "Telemetry", argumentParser, logging],
            path: "Tests/Torture/Worker",
            swiftSettings: strict
        ),

        // Doubles of the ports, for the tests of whoever uses them.
        layer("BatonTestKit", ["MemoryStore", "Orchestrator", "Interpreter", "JSONValue"]),
        .target(name: "TestSupport", dependencies: ["JSONValue"], path: "Tests/TestSupport", swiftSettings: strict),
        layer(
            "Simulator",
            [
                "BatonTestKit", "MemoryStore", "TestSupport", "Orchestrator", "Interpreter", "StatesLanguage",
                "JSONValue", "Telemetry", heap, orderedCollections, logging,
            ]),
        // `make simulate`: no part of what is shipped.
        .executableTarget(
            name: "baton-simulate", dependencies: ["Simulator", argumentParser], swiftSettings: strict),
        .target(
            name: "BrokerFixture", dependencies: ["AMQP", logging], path: "Tests/BrokerFixture", swiftSettings: strict),

        // Tests
        tests("baton", ["AWSJSONAPI", "Interpreter", "JSONValue", "Orchestrator", "StatesLanguage", "Telemetry"]),
        tests("AMQP", ["CRabbitMQ", "BrokerFixture", "TestSupport", logging]),
        tests(
            "AMQPBroker",
            [
                "AMQP", "BrokerFixture", "BatonTestKit", "Interpreter", "JSONValue", "Orchestrator", "TaskMessaging",
                "TaskProtocol", "Telemetry", "WorkerSDK", logging,
            ]),
        tests("MemoryStore", ["Orchestrator", "Interpreter", "JSONValue"]),
        tests("ExecutionLogs", ["Orchestrator", "Interpreter", "JSONValue", "StatesLanguage", "Telemetry", logging]),
        tests(
            "Orchestrator",
            [
                "BatonTestKit", "MemoryStore", "TestSupport", "Interpreter", "StatesLanguage", "JSONValue", "Telemetry",
                orderedCollections, logging,
            ]),
        tests("TaskProtocol", ["JSONValue"]),
        tests("StateTesting", ["Interpreter", "JSONValue", "StatesLanguage"]),
        tests("Telemetry", ["JSONValue", logging]),
        tests("SignatureV4", []),
        tests("Authentication", ["SignatureV4", "JSONValue", logging]),
        tests(
            "WorkerSDK",
            [
                "AMQP", "BrokerFixture", "TestSupport", "TaskMessaging", "TaskProtocol", "Telemetry", "JSONValue",
                logging,
            ]),
        tests(
            "WorkerSupport",
            [
                "auth-worker", "billing-worker", "analytics-worker", "email-worker", "WorkerSDK", "JSONValue",
                argumentParser,
            ]),
        tests("ObjectStorage", ["Orchestrator", "JSONValue"]),
        tests("Interpreter", ["JSONValue", "StatesLanguage", "TestSupport"]),
        tests("AWSJSONAPI", ["BatonTestKit", "Orchestrator", "Interpreter", "JSONValue", "Telemetry", logging]),
        tests("JSONValue", ["TestSupport"]),
        tests("JSONata", ["JSONValue"]),
        tests("JSONPath", ["JSONValue", "RegularExpression", "TestSupport"]),
        tests("Intrinsics", ["JSONValue", "JSONPath", "TestSupport"]),
        tests("StatesLanguage", ["JSONValue", "JSONPath", "Intrinsics", "TestSupport"]),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulator", "Interpreter", "JSONValue"], swiftSettings: strict),
        .testTarget(
            name: "ExamplesTests", dependencies: ["StatesLanguage", "Interpreter", "JSONValue"],
            swiftSettings: strict),
        tests("BatonTestKit", ["MemoryStore", "Orchestrator", "Interpreter", "JSONValue"]),
        tests(
            "SQLiteStore",
            [
                "BatonTestKit", "Orchestrator", "Interpreter", "StatesLanguage", "JSONValue", "TaskProtocol",
                "Telemetry", "CSQLiteShims", "TestSupport", grdbSQLite, logging,
            ]),
    ],
    cLanguageStandard: .c2x
)

// The fuzz targets are no part of an ordinary build: scripts/fuzz.sh asks for them.
if Context.environment["BATON_FUZZ"] != nil {
    func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
        .executableTarget(
            name: "Fuzz\(name)", dependencies: dependencies, path: "Fuzz/\(name)",
            // libFuzzer brings the main function.
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
    }
    package.targets += [
        fuzzer("JSONParser", ["JSONValue"]),
        fuzzer("JSONPathParser", ["JSONPath", "JSONValue"]),
        fuzzer("JSONataParser", ["JSONata"]),
        fuzzer("JSONataEvaluator", ["JSONata", "JSONValue"]),
    ]
}

// Nor is what times the works in process, with the library for it: scripts/bench.sh asks for it.
if Context.environment["BATON_BENCHMARKS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []))
    package.targets.append(
        .executableTarget(
            name: "in-process",
            dependencies: ["BenchmarkWorks", .product(name: "Benchmark", package: "benchmark")],
            // The library's plugin runs the programs whose folders are directly in one that is called Benchmarks.
            path: "Benchmarks/InProcess", sources: ["Timed"], swiftSettings: strict,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]))
}
