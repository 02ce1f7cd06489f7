import Dispatch
import Foundation
import Orchestrator
import Synchronization
import Telemetry
import Testing

@testable import SQLiteStore

/// The write-ahead log has bounds under load, whoever reads.
@Suite struct LogKeeperTests {
    private let large = String(repeating: "x", count: 200_000)

    private func bytes(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? 0
    }

    @Test func `under load the log begins anew again and again`() async throws {
        try await withFolder { folder in
            let registry = MetricsRegistry()
            let metrics = StoreMetrics(registry)
            let bounds = LogBounds(target: 250, limit: 1_000)
            let store = try SQLiteStore(
                path: "\(folder)/baton.db", migrations: Migration.all, bounds: bounds, metrics: metrics)
            let writer = try store.makeWriter()
            for key in Int64(1)...300 { try writer.write(.insertExecution(Sample.execution(key, input: large))) }
            // 15,000 pages were written, 50 at a time. An attempt that meets a commit copies a part, and the next one comes
            // when the log is an eighth longer.
            #expect(try bytes(store.path) < 3 * bounds.limit * 4_120)
            #expect(metrics.checkpoints.value > 10)
            try store.close()
        }
    }

    @Test func `readers that overlap do not keep the log from beginning anew`() async throws {
        try await withFolder { folder in
            let registry = MetricsRegistry()
            let metrics = StoreMetrics(registry)
            let store = try SQLiteStore(
                path: "\(folder)/baton.db", migrations: Migration.all,
                bounds: LogBounds(target: 250, limit: 1_000, patience: 200), metrics: metrics)
            let writer = try store.makeWriter()
            // Hand over hand: no reader ends its transaction before the other has begun one, so that a checkpoint always
            // meets one that knows an older state.
            let (path, begun, end) = (store.path, DispatchSemaphore(value: 0), Flag())
            let reading = DispatchGroup()
            reading.enter()
            Thread.detachNewThread {
                defer { reading.leave() }
                guard var (last, next) = try? (RawDatabase(path), RawDatabase(path)) else { return }
                _ = try? last.execute("BEGIN; SELECT count(*) FROM functions")
                begun.signal()
                while !end.isSet {
                    try? next.execute(
                        """
                        BEGIN; SELECT count(*) FROM functions;
                        WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000)
                        SELECT count(*) FROM n
                        """)
                    try? last.execute("COMMIT")
                    swap(&last, &next)
                }
            }
            try #require(begun.wait(timeout: .now() + 60) == .success)
            for key in Int64(1)...200 { try writer.write(.insertExecution(Sample.execution(key, input: large))) }
            end.set()
            reading.wait()
            let pages = try bytes(path) / 4_120
            print("log of \(pages) pages after 10,000, with overlapping readers")
            #expect(pages < 6_000)
            #expect(metrics.checkpointsHeldUp.value > 0)
            try store.close()
        }
    }

    @Test func `a long reader lets the log grow while it reads, and not beyond`() async throws {
        try await withFolder { folder in
            let registry = MetricsRegistry()
            let metrics = StoreMetrics(registry)
            let store = try SQLiteStore(
                path: "\(folder)/baton.db", migrations: Migration.all, bounds: LogBounds(target: 250, limit: 1_000),
                metrics: metrics)
            let writer = try store.makeWriter()
            try writer.write(.rememberFunction(name: "f"))
            let reader = try RawDatabase(store.path)
            try reader.execute("BEGIN; SELECT count(*) FROM functions")
            let clock = ContinuousClock()
            var longest = Duration.zero
            for key in Int64(1)...150 {
                let time = try clock.measure {
                    try writer.write(.insertExecution(Sample.execution(key, input: large)))
                }
                longest = max(longest, time)
            }
            let grown = try bytes(store.path)
            #expect(grown > 28 << 20)
            // Attempts become rarer: an eighth of the log lies between two.
            let attempts = metrics.checkpointsHeldUp.value
            #expect((2...30).contains(attempts), "\(attempts)")
            print("log of \(grown >> 20) MB, \(attempts) attempts, the longest commit \(longest)")
            try reader.execute("COMMIT")
            for key in Int64(1_000)...1_100 { try writer.write(.insertExecution(Sample.execution(key, input: large))) }
            #expect(try bytes(store.path) <= grown + grown / 4)
            #expect(registry.render().contains("baton_wal_checkpoints_total"))
            try store.close()
        }
    }
}

private final class Flag: Sendable {
    private let state = Mutex(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
