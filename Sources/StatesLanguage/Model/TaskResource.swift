/// What a Task's `Resource` names.
package struct TaskResource: Sendable, Hashable {
    /// As written.
    package let arn: String
    package let target: Target
    package let pattern: Pattern

    package enum Target: Sendable, Hashable {
        /// `arn:P:states:R:A:activity:NAME`
        case activity(name: String)
        /// A Lambda function ARN, with or without a qualifier.
        case function(name: String)
        /// `arn:P:states:::SERVICE:ACTION`, such as `lambda` and `invoke`; for SDK integrations the service is
        /// `aws-sdk:NAME`.
        case service(name: String, action: String)
    }

    /// How long the state waits: a service integration pattern.
    package enum Pattern: String, Sendable, Hashable, CaseIterable {
        case requestResponse = ""
        case sync = "sync"
        case sync2 = "sync:2"
        case waitForTaskToken = "waitForTaskToken"

        /// As it follows the action: `.sync`; nothing for request and response.
        package var suffix: String { self == .requestResponse ? "" : "." + rawValue }
    }

    package init(arn: String, target: Target, pattern: Pattern) {
        self.arn = arn
        self.target = target
        self.pattern = pattern
    }
}

extension TaskResource {
    /// Parses the ARN of an activity, of a Lambda function (any partition, region and account; a qualifier is allowed
    /// and no part of the name), or of a service integration. Nil for everything else.
    package init?(parsing arn: String) {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 6, parts[0] == "arn", !parts[1].isEmpty, parts.dropFirst(5).allSatisfy({ !$0.isEmpty })
        else { return nil }
        switch (parts[2], parts[3].isEmpty, parts[5]) {
        case ("states", false, "activity"):
            guard parts.count == 7 else { return nil }
            self.init(arn: arn, target: .activity(name: String(parts[6])), pattern: .requestResponse)
        case ("lambda", false, "function"):
            guard parts.count == 7 || parts.count == 8 else { return nil }
            self.init(arn: arn, target: .function(name: String(parts[6])), pattern: .requestResponse)
        case ("states", true, _):
            guard parts[4].isEmpty else { return nil }
            self.init(integration: parts[5...].joined(separator: ":"), arn: arn)
        default:
            return nil
        }
    }

    /// - Parameter integration: `lambda:invoke.waitForTaskToken`, `aws-sdk:s3:getObject`.
    private init?(integration: String, arn: String) {
        var name = Substring(integration)
        var pattern = Pattern.requestResponse
        for candidate in Pattern.allCases where candidate != .requestResponse && name.hasSuffix(candidate.suffix) {
            pattern = candidate
            name = name.dropLast(candidate.suffix.count)
            break
        }
        guard let colon = name.lastIndex(of: ":") else { return nil }
        let service = name[..<colon]
        let action = name[name.index(after: colon)...]
        guard !service.isEmpty, !action.isEmpty, !action.contains(".") else { return nil }
        let words = service.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == (words[0] == "aws-sdk" ? 2 : 1) else { return nil }
        self.init(
            arn: arn, target: .service(name: String(service), action: String(action)), pattern: pattern)
    }
}
