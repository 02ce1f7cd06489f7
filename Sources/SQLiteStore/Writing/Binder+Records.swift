import Interpreter
import JSONValue
import Orchestrator

extension Binder {
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
