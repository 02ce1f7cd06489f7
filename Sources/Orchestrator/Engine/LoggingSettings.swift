package import Interpreter
package import JSONValue

/// What a machine's loggingConfiguration asks for; nil for one that asks for nothing.
///
/// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
package struct LoggingSettings: Sendable, Hashable {
    package enum Level: String, Sendable { case all = "ALL", error = "ERROR", fatal = "FATAL" }

    package var level: Level
    package var includesData: Bool
    /// The log group's name: `/aws/vendedlogs/states/orders`.
    package var logGroup: String

    package init(level: Level, includesData: Bool, logGroup: String) {
        self.level = level
        self.includesData = includesData
        self.logGroup = logGroup
    }

    /// Of a machine's revision, as its record keeps it.
    package init?(_ settings: JSON) {
        guard let configuration = settings["loggingConfiguration"],
            let level = configuration["level"]?.stringValue.flatMap(Level.init),
            let arn = configuration["destinations"]?.arrayValue?.first?["cloudWatchLogsLogGroup"]?["logGroupArn"],
            let group = arn.stringValue.flatMap(Self.logGroup)
        else { return nil }
        self.init(
            level: level, includesData: configuration["includeExecutionData"]?.boolValue ?? false, logGroup: group)
    }

    /// The group's name in `arn:P:logs:R:A:log-group:NAME:*`.
    package static func logGroup(ofARN arn: String) -> String? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 7, parts[2] == "logs", parts[5] == "log-group", !parts[6].isEmpty else { return nil }
        return String(parts[6])
    }

    /// Whether an event is logged: everything, failures of states and tasks, or the execution's own end without
    /// success.
    package func includes(_ kind: JournalEvent.Kind) -> Bool {
        switch (level, kind) {
        case (.all, _), (_, .executionFailed), (_, .executionTimedOut), (_, .executionAborted): return true
        case (.fatal, _): return false
        case (.error, .stateEntered(let state, _, _)): return state == .fail
        case (.error, _):
            let type = History.type(of: kind)
            return type.hasSuffix("Failed") || type.hasSuffix("TimedOut") || type.hasSuffix("Aborted")
        }
    }
}

extension EngineCore {
    /// Puts aside what is to be logged of a step, for after the commit.
    mutating func log(
        _ events: [JournalEvent], of live: LiveExecution, _ effects: inout Effects
    ) throws(StoreError) {
        if live.logging == nil {
            // Rebuilt from the journal.
            live.logging = .some(try logging(ofRevision: live.record.revision))
        }
        guard case .some(.some(let settings)) = live.logging else { return }
        let logged = events.filter { $0.id != nil && settings.includes($0.kind) }
        guard !logged.isEmpty else { return }
        effects.log.append(
            LoggedEvents(
                logGroup: settings.logGroup, executionARN: live.record.identity.arn,
                redriveCount: live.record.identity.redriveCount, includesData: settings.includesData, events: logged))
    }

    private mutating func logging(ofRevision number: Int64) throws(StoreError) -> LoggingSettings? {
        if let known = loggingOfRevisions[number] { return known }
        let settings = try writer.revision(number: number).flatMap { LoggingSettings($0.settings) }
        if loggingOfRevisions.count >= 1_000 { loggingOfRevisions.removeAll() }
        loggingOfRevisions[number] = .some(settings)
        return settings
    }
}
