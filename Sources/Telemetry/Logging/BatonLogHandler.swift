import JSONValue
package import Logging

/// Writes each event as one line, in either format of `LogConfiguration`.
package struct BatonLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: LogConfiguration.Format
    private let sink: LogSink
    private let now: @Sendable () -> Timestamp

    package init(label: String, configuration: LogConfiguration) {
        self.init(label: label, configuration: configuration, now: { WallTime.now() })
    }

    init(label: String, configuration: LogConfiguration, now: @escaping @Sendable () -> Timestamp) {
        self.label = label
        logLevel = configuration.level
        format = configuration.format
        sink = configuration.sink
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error, all["error"] == nil { all["error"] = .string("\(error)") }
        let sorted = all.sorted { $0.key < $1.key }
        let time = now().rfc3339
        let line =
            switch format {
            case .text: textLine(time, event, sorted)
            case .json: jsonLine(time, event, sorted)
            }
        sink.write(line)
    }

    private func textLine(_ time: String, _ event: LogEvent, _ metadata: [(key: String, value: MetadataValue)])
        -> [UInt8]
    {
        let level = event.level.rawValue
        var line = "\(time) \(level)\(String(repeating: " ", count: 8 - level.utf8.count)) \(label): "
        line += Self.oneLine(event.message.description)
        for (key, value) in metadata {
            line += " \(key)=\(Self.bare(value.description))"
        }
        return Array(line.utf8) + [0x0A]
    }

    /// As it is, or as a JSON string where it would not be told from its surroundings.
    private static func bare(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C && $0 != 0x7F }
        return plain && !text.isEmpty ? text : JSON.string(text).serialized()
    }

    /// A message with line ends in it stays one line: nobody can forge a log line through a value.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return text }
        return String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }

    private func jsonLine(_ time: String, _ event: LogEvent, _ metadata: [(key: String, value: MetadataValue)])
        -> [UInt8]
    {
        var object = JSONObject([
            ("time", .string(time)),
            ("level", .string(event.level.rawValue)),
            ("logger", .string(label)),
            ("message", .string(event.message.description)),
        ])
        for (key, value) in metadata {
            object[object[key] == nil ? key : "\(key)_"] = Self.json(value)
        }
        var line: [UInt8] = []
        JSON.object(object).serialize(into: &line)
        line.append(0x0A)
        return line
    }

    private static func json(_ value: MetadataValue) -> JSON {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value): json(convertible: value)
        case .array(let values): .array(values.map(json))
        case .dictionary(let members):
            .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
        }
    }

    /// Numbers and flags stay what they are, so that log stores can calculate with them.
    private static func json(convertible value: any CustomStringConvertible & Sendable) -> JSON {
        switch value {
        case let flag as Bool: .bool(flag)
        case let number as any FixedWidthInteger: Int64(exactly: number).map(JSON.int) ?? .string("\(value)")
        case let number as Double where number.isFinite: .double(number)
        default: .string(value.description)
        }
    }

    private typealias MetadataValue = Logger.Metadata.Value
}
