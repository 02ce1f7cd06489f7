import JSONValue
import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite struct LogHandlerTests {
    private func lines(
        _ format: LogConfiguration.Format, level: Logger.Level = .info, _ log: (Logger) -> Void
    ) -> [String] {
        let box = Box()
        let configuration = LogConfiguration(level: level, format: format, sink: LogSink { box.append($0) })
        let logger = Logger(label: "baton.test") { label in
            BatonLogHandler(label: label, configuration: configuration) { Timestamp(milliseconds: 1_700_000_000_123) }
        }
        log(logger)
        return box.lines
    }

    private final class Box: Sendable {
        private let all = Mutex<[String]>([])
        func append(_ bytes: [UInt8]) { all.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) } }
        var lines: [String] { all.withLock { $0 } }
    }

    @Test func `text is one line for people`() {
        let lines = lines(.text) { logger in
            logger.info("it works", metadata: ["b": "two words", "a": "1", "c": "", "d": "x=\"y\""])
            logger.warning("line one\nline two")
            logger.debug("not shown")
        }
        #expect(
            lines == [
                "2023-11-14T22:13:20.123Z info     baton.test: it works a=1 b=\"two words\" c=\"\" d=\"x=\\\"y\\\"\"\n",
                "2023-11-14T22:13:20.123Z warning  baton.test: line one line two\n",
            ])
    }

    @Test func `JSON is one object in a line`() throws {
        let lines = lines(.json) { logger in
            var logger = logger
            logger[metadataKey: "execution"] = "e"
            logger.error(
                "no \"luck\"\n",
                metadata: [
                    "count": .stringConvertible(3), "ok": .stringConvertible(true), "list": ["a", "b"],
                    "map": ["k": "v"], "level": "clash",
                ])
        }
        #expect(
            lines == [
                #"{"time":"2023-11-14T22:13:20.123Z","level":"error","logger":"baton.test","message":"no \"luck\"\n","#
                    + #""count":3,"execution":"e","level_":"clash","list":["a","b"],"map":{"k":"v"},"ok":true}"# + "\n"
            ])
    }

    @Test(arguments: [("INFO", Logger.Level.info), ("warn", .warning), ("Trace", .trace), ("loud", nil)])
    func `levels are known by name`(name: String, level: Logger.Level?) {
        #expect(LogConfiguration.level(name) == level)
    }
}
