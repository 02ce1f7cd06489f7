package import Logging

/// How this process logs.
package struct LogConfiguration: Sendable {
    package enum Format: String, Sendable, Hashable, CaseIterable {
        /// One line for people: time, level, logger, message, `key=value`.
        case text
        /// One JSON object in a line.
        case json
    }

    package var level: Logger.Level
    package var format: Format
    package var sink: LogSink

    package init(level: Logger.Level = .info, format: Format = .text, sink: LogSink = .standardError) {
        self.level = level
        self.format = format
        self.sink = sink
    }

    /// The level of that name in any case of letters; `warn` is `warning`.
    package static func level(_ name: String) -> Logger.Level? {
        let name = name.lowercased()
        return name == "warn" ? .warning : Logger.Level(rawValue: name)
    }

    /// The names that `level` understands, for messages.
    package static let levelNames = Logger.Level.allCases.map(\.rawValue)

    package func logger(_ label: String) -> Logger {
        Logger(label: label) { BatonLogHandler(label: $0, configuration: self) }
    }

    /// Makes this the way of every `Logger(label:)` of the process, also of libraries'. Once per process, at its start.
    package func bootstrap() {
        LoggingSystem.bootstrap { BatonLogHandler(label: $0, configuration: self) }
    }
}
