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
