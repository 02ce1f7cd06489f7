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
    }
}

extension ScheduledTask.Target {
    var queueName: String {
        switch self {
        case .activity(_, let name), .function(let name): name
        }
    }

    var activityARN: String? {
        switch self {
        case .activity(let arn, _): arn
        case .function: nil
        }
    }
}
