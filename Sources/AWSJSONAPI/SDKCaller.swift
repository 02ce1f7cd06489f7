package import JSONValue
package import Orchestrator

/// The API's operations as the `aws-sdk:sfn` integration calls them: names begin with a capital letter, and times are
/// texts in RFC 3339.
package struct SDKCaller: ServiceCaller {
    private let responder: APIResponder

    package init(responder: APIResponder) { self.responder = responder }

    package func canCall(_ service: String, _ action: String) -> Bool {
        service == "aws-sdk:sfn" && responder.hasOperation(Self.capitalized(action))
    }

    package func call(
        _ service: String, _ action: String, _ parameters: JSON
    ) async throws(ServiceError) -> JSON {
        let answer = try await responder.call(operation: Self.capitalized(action), Self.lowered(parameters))
        return Self.shown(answer)
    }

    // MARK: Spelling

    private static func lowered(_ value: JSON) -> JSON {
        renamed(value) { name in name.prefix(1).lowercased() + name.dropFirst() }
    }

    private static func capitalized(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

    private static func renamed(_ value: JSON, _ name: (String) -> String) -> JSON {
        switch value {
        case .array(let elements): .array(elements.map { renamed($0, name) })
        case .object(let object):
            .object(JSONObject(object.members.map { (name($0.key), renamed($0.value, name)) }))
        default: value
        }
    }

    /// An answer in the SDK's spelling. What clients named themselves keeps its name.
    private static func shown(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements): return .array(elements.map(shown))
        case .object(let object):
            let members = object.members.compactMap { member -> (String, JSON)? in
                guard !member.value.isNull else { return nil }
                let name = capitalized(member.key)
                if member.key.hasSuffix("Date") || member.key == "timestamp", let seconds = member.value.doubleValue {
                    let time = Timestamp(microseconds: Int64((seconds * 1_000_000).rounded()))
                    return (name, .string(time.rfc3339))
                }
                return (name, member.key == "variableReferences" ? member.value : shown(member.value))
            }
            return .object(JSONObject(members))
        default: return value
        }
    }
}

extension APIResponder {
    /// Whether the Step Functions API has this operation.
    func hasOperation(_ name: String) -> Bool { operations["AWSStepFunctions." + name] != nil }

    /// One operation, without HTTP around it.
    func call(operation name: String, _ request: JSON) async throws(ServiceError) -> JSON {
        guard let operation = operations["AWSStepFunctions." + name] else {
            throw ServiceError(.unknownOperation, "The operation '\(name)' is not supported")
        }
        try ShapeCheck.check(request, against: operation.members)
        return try await operation.handle(Fields(request), Call(hangUp: OneShot())).body
    }
}
