import ExecutionLogs
import Foundation
import Interpreter
import JSONValue
import Logging
import Orchestrator
import Telemetry
import Testing

@Suite struct LogFilesTests {
    private static func temporaryFolder() throws -> String {
        let url = FileManager.default.temporaryDirectory.appending(path: "baton-logs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url.path
    }

    private static func step(_ group: String, _ ids: ClosedRange<Int>, padding: Int = 0) -> LoggedEvents {
        LoggedEvents(
            logGroup: group, executionARN: "arn:x", redriveCount: 0, includesData: true,
            events: ids.map { id in
                JournalEvent(
                    id: id, previousID: id - 1, time: Timestamp(microseconds: 0), scope: 0,
                    kind: .executionSucceeded(output: .string(String(repeating: "x", count: padding))))
            })
    }

    private static func ids(_ page: LogPage) -> [Int] {
        page.events.compactMap { $0["id"]?.stringValue.flatMap { Int($0) } }
    }

    private let logger = Logger(label: "test")

    @Test(arguments: [
        ("/aws/vendedlogs/states/orders", "aws/vendedlogs/states/orders.jsonl"), ("plain", "plain.jsonl"),
        ("/../../etc/passwd", "%2E./%2E./etc/passwd.jsonl"), ("/a b/é", "a%20b/%C3%A9.jsonl"),
        ("/x/.hidden", "x/%2Ehidden.jsonl"),
    ])
    func `a group has its file below the folder`(group: String, path: String) throws {
        let folder = try Self.temporaryFolder()
        let log = FileExecutionLog(folder: folder + "/logs", metrics: MetricsRegistry(), logger: logger)
        log.write([Self.step(group, 1...2)])
        log.close()
        #expect(FileManager.default.fileExists(atPath: "\(folder)/logs/\(path)"))
        let reader = LogFolder(folder: folder + "/logs")
        #expect(try reader.logGroups() == [group.hasPrefix("/") ? group : "/" + group])
        #expect(Self.ids(try reader.events(logGroup: group, from: nil, newest: false, limit: 10)) == [1, 2])
    }

    @Test func `a log is read page by page, and followed`() throws {
        let folder = try Self.temporaryFolder()
        let log = FileExecutionLog(folder: folder, metrics: MetricsRegistry(), logger: logger)
        let reader = LogFolder(folder: folder)
        #expect(throws: ServiceError.self) { try reader.events(logGroup: "g", from: nil, newest: false, limit: 1) }
        log.write([Self.step("g", 1...5), Self.step("other", 1...1)])
        log.close()
        let first = try reader.events(logGroup: "g", from: nil, newest: false, limit: 3)
        #expect(Self.ids(first) == [1, 2, 3])
        let second = try reader.events(logGroup: "g", from: first.position, newest: false, limit: 3)
        #expect(Self.ids(second) == [4, 5])
        let nothing = try reader.events(logGroup: "g", from: second.position, newest: false, limit: 3)
        #expect(nothing.events.isEmpty && nothing.position == second.position)
        log.write([Self.step("g", 6...6)])
        log.close()
        #expect(Self.ids(try reader.events(logGroup: "g", from: nothing.position, newest: false, limit: 3)) == [6])
        #expect(Self.ids(try reader.events(logGroup: "g", from: nil, newest: true, limit: 2)) == [5, 6])
        #expect(throws: ServiceError.self) { try reader.events(logGroup: "g", from: "x", newest: false, limit: 1) }
    }

    @Test func `a full file makes room, and a reader goes on across files`() throws {
        let folder = try Self.temporaryFolder()
        let limits = LogLimits(fileBytes: 4_000, keptFiles: 2)
        let log = FileExecutionLog(folder: folder, limits: limits, metrics: MetricsRegistry(), logger: logger)
        let reader = LogFolder(folder: folder, limits: limits)
        log.write([Self.step("g", 1...1, padding: 1_000)])
        log.close()
        let position = try reader.events(logGroup: "g", from: nil, newest: false, limit: 9).position
        for id in 2...30 {
            log.write([Self.step("g", id...id, padding: 1_000)])
            log.close()
            if id == 5 {
                #expect(
                    Self.ids(try reader.events(logGroup: "g", from: position, newest: false, limit: 9)) == [2, 3, 4, 5])
            }
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(kept == ["g.jsonl", "g.jsonl.1", "g.jsonl.2"])
        let all = Self.ids(try reader.events(logGroup: "g", from: nil, newest: false, limit: 100))
        #expect(all.last == 30 && all == Array((all.first ?? 0)...30) && all.count <= 9)
    }

    @Test func `what does not fit is dropped and counted`() throws {
        let folder = try Self.temporaryFolder()
        let metrics = MetricsRegistry()
        let log = FileExecutionLog(folder: folder, bufferBytes: 5_000, metrics: metrics, logger: logger)
        log.write([Self.step("g", 1...3, padding: 1_000), Self.step("g", 4...6, padding: 1_000)])
        log.close()
        #expect(metrics.render().contains(#"baton_log_events_total{result="dropped"} 3"#))
        #expect(metrics.render().contains(#"baton_log_events_total{result="written"} 3"#))
        // The room comes back.
        log.write([Self.step("g", 7...9, padding: 1_000)])
        log.close()
        #expect(metrics.render().contains(#"baton_log_events_total{result="written"} 6"#))
    }

    @Test func `a folder that cannot be written costs the events, not the engine`() throws {
        let folder = try Self.temporaryFolder()
        try Data().write(to: URL(filePath: folder + "/file"))
        let metrics = MetricsRegistry()
        let log = FileExecutionLog(folder: folder + "/file/logs", metrics: metrics, logger: logger)
        log.write([Self.step("g", 1...3)])
        log.close()
        #expect(metrics.render().contains(#"baton_log_events_total{result="dropped"} 3"#))
    }
}
