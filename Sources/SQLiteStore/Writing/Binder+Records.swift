import Interpreter
import JSONValue
import Orchestrator
import StatesLanguage

extension Binder {
    /// For `json_each`.
    mutating func keys(_ keys: [Int64]) {
        text("[\(keys.map(String.init).joined(separator: ","))]")
    }

    mutating func position(_ position: TimerPosition) {
        time(position.due)
        integer(position.key.execution)
        integer(position.key.timer)
    }

    mutating func stateMachine(_ record: StateMachineRecord) {
        text(record.arn)
        text(record.name)
        text(record.kind.rawValue)
        text(record.status.rawValue)
        time(record.createdAt)
        integer(record.revision.number)
        text(record.settings.serialized())
        integer(record.lastVersion)
    }

    mutating func newMapRun(_ record: MapRunRecord) {
        integer(record.number)
        text(record.arn)
        integer(record.execution)
        integer(record.revision)
        text(record.pointer)
        text(record.label)
        text(record.executionType.rawValue)
        time(record.startedAt)
        text(record.plan.serialized())
        state(of: record)
    }

    /// What changes about a map run.
    mutating func state(of record: MapRunRecord) {
        text(record.status.rawValue)
        text(record.phase.rawValue)
        time(record.stoppedAt)
        integer(record.redriveCount)
        time(record.redrivenAt)
        integer(record.maxConcurrency)
        integer(record.toleratedFailureCount)
        real(record.toleratedFailurePercentage)
        text(record.outcome?.rawValue)
        text(record.failure?.error)
        text(record.failure?.cause)
        text(record.progress.stored.serialized())
    }
}

extension [RedriveToken] {
    /// What the column `redrive_tokens` holds; nil for none.
    var stored: String? {
        guard !isEmpty else { return nil }
        return JSON.array(map { ["token": .string($0.token), "time": .int($0.time.microseconds)] }).serialized()
    }

    /// Reads `stored`; whatever else stands there is no token.
    init(stored: String?) {
        let elements = stored.flatMap { try? JSON(parsing: $0) }?.arrayValue ?? []
        self = elements.compactMap { element in
            guard let token = element["token"]?.stringValue, let time = element["time"]?.intValue else { return nil }
            return RedriveToken(token: token, time: Timestamp(microseconds: time))
        }
    }
}

extension ScheduledTask.Target {
    var queueName: String {
        switch self {
        case .activity(_, let name), .function(let name): name
        // No activity and no function has a colon in its name.
        case .service(let name, let action): "\(name):\(action)"
        }
    }

    var activityARN: String? {
        switch self {
        case .activity(let arn, _): arn
        case .function, .service: nil
        }
    }
}
