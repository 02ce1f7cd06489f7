import Interpreter
import JSONValue

extension ExecutionRecord {
    /// The version that it was started from, directly or through an alias.
    package var versionARN: String? { version.map { "\(identity.stateMachineARN):\($0)" } }

    /// The alias that it was started through.
    package var aliasARN: String? { alias.map { "\(identity.stateMachineARN):\($0)" } }

    var startedThrough: StartQualifier { StartQualifier(versionARN: versionARN, aliasARN: aliasARN) }
}

/// What the first event of a history says of how the execution was started. It is a property of the execution and no
/// part of the journal.
struct StartQualifier {
    var versionARN: String?
    var aliasARN: String?

    /// The event with it, where it is the one.
    func added(to event: JSON) -> JSON {
        guard versionARN != nil, var details = event["executionStartedEventDetails"]?.objectValue,
            var shown = event.objectValue
        else { return event }
        if let aliasARN { details["stateMachineAliasArn"] = .string(aliasARN) }
        if let versionARN { details["stateMachineVersionArn"] = .string(versionARN) }
        shown["executionStartedEventDetails"] = .object(details)
        return .object(shown)
    }
}
