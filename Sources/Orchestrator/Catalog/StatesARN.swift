/// The ARN of something that belongs to the service.
///
/// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html lists the forms.
package struct StatesARN: Sendable, Hashable {
    package var partition: String
    package var region: String
    package var account: String
    package var resource: Resource

    package enum Resource: Sendable, Hashable {
        /// The qualifier is a version's number or an alias.
        case stateMachine(name: String, qualifier: String? = nil)
        case execution(stateMachine: String, name: String)
        case activity(name: String)
        case express(stateMachine: String, name: String, id: String)
        /// The name is `MACHINE/LABEL`.
        case mapRun(name: String, id: String)

        package var kind: Kind {
            switch self {
            case .stateMachine: .stateMachine
            case .execution: .execution
            case .activity: .activity
            case .express: .express
            case .mapRun: .mapRun
            }
        }
    }

    package enum Kind: String, Sendable {
        case stateMachine, execution, activity, express, mapRun
    }

    package init(partition: String, region: String, account: String, resource: Resource) {
        self.partition = partition
        self.region = region
        self.account = account
        self.resource = resource
    }

    package var text: String {
        let tail =
            switch resource {
            case .stateMachine(let name, nil): "stateMachine:\(name)"
            case .stateMachine(let name, let qualifier?): "stateMachine:\(name):\(qualifier)"
            case .execution(let stateMachine, let name): "execution:\(stateMachine):\(name)"
            case .activity(let name): "activity:\(name)"
            case .express(let stateMachine, let name, let id): "express:\(stateMachine):\(name):\(id)"
            case .mapRun(let name, let id): "mapRun:\(name):\(id)"
            }
        return "arn:\(partition):states:\(region):\(account):\(tail)"
    }

    /// - Throws: `InvalidArn` with AWS's words.
    package init(parsing text: String) throws(ServiceError) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard parts[0] == "arn" else { throw Self.invalid("Invalid ARN prefix: \(text)") }
        guard parts.count >= 7, !parts[1].isEmpty, !parts[5].isEmpty else {
            throw Self.invalid("Invalid ARN: \(text)")
        }
        guard parts[2] == "states" else { throw Self.invalid("Invalid service in ARN: \(parts[2])") }
        guard let kind = Kind(rawValue: parts[5]) else { throw Self.invalid("Invalid resource type: \(parts[5])") }
        let names = parts[6...]
        guard !names.contains("") else { throw Self.invalid("Invalid ARN: \(text)") }
        let resource: Resource? =
            switch (kind, names.count) {
            case (.stateMachine, 1): .stateMachine(name: parts[6])
            case (.stateMachine, 2): .stateMachine(name: parts[6], qualifier: parts[7])
            case (.execution, 2): .execution(stateMachine: parts[6], name: parts[7])
            case (.activity, 1): .activity(name: parts[6])
            case (.express, 3): .express(stateMachine: parts[6], name: parts[7], id: parts[8])
            case (.mapRun, 2): .mapRun(name: parts[6], id: parts[7])
            default: nil
            }
        guard let resource else { throw Self.invalid("Invalid ARN: \(text)") }
        self.init(partition: parts[1], region: parts[3], account: parts[4], resource: resource)
    }

    /// Refuses text that is not the ARN of one of these kinds of resources.
    @discardableResult
    package static func expect(_ kinds: Kind..., in text: String) throws(ServiceError) -> StatesARN {
        let arn = try StatesARN(parsing: text)
        guard kinds.contains(arn.resource.kind) else {
            throw invalid("Resource type not valid in this context: \(arn.resource.kind.rawValue)")
        }
        return arn
    }

    /// Whether a text is the ARN of a state machine, a version or an alias, without taking it apart.
    package static func isStateMachine(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var parts = 0
            var start = 0
            for end in 0...bytes.count where end == bytes.count || bytes[end] == UInt8(ascii: ":") {
                let part = bytes[start..<end]
                let isRight =
                    switch parts {
                    case 0: part.elementsEqual("arn".utf8)
                    case 2: part.elementsEqual("states".utf8)
                    case 3, 4: true
                    case 5: part.elementsEqual("stateMachine".utf8)
                    case 1, 6, 7: !part.isEmpty
                    default: false
                    }
                guard isRight else { return false }
                parts += 1
                start = end + 1
            }
            return parts >= 7
        }
    }

    /// The number that a qualifier is, where it names a version rather than an alias.
    package static func versionNumber(_ qualifier: some StringProtocol) -> Int? {
        guard qualifier.utf8.allSatisfy({ (0x30...0x39).contains($0) }), qualifier.utf8.first != 0x30 else {
            return nil
        }
        return Int(qualifier)
    }

    /// Splits the ARN of a state machine, of one of its versions, or of one of its aliases.
    package static func stateMachine(
        _ text: String
    ) throws(ServiceError) -> (machineARN: String, qualifier: Qualifier?) {
        let arn = try expect(.stateMachine, in: text)
        guard case .stateMachine(let name, let qualifier?) = arn.resource else { return (text, nil) }
        var machine = arn
        machine.resource = .stateMachine(name: name)
        return (machine.text, versionNumber(qualifier).map(Qualifier.version) ?? .alias(qualifier))
    }

    package enum Qualifier: Sendable, Hashable {
        case version(Int)
        case alias(String)
    }

    package static func invalid(_ reason: String) -> ServiceError {
        ServiceError(.invalidArn, "Invalid Arn: '\(reason)'")
    }
}
