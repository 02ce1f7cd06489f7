package import Authentication
import JSONValue
package import Logging
import SignatureV4

/// Who may call the API and read the metrics.
package struct APIAccess: Sendable {
    private let authenticator: Authenticator?
    private let metricsAreOpen: Bool
    private let logger: Logger?

    /// - Parameters:
    ///   - authenticator: nil lets everybody in: for listeners that only this machine reaches.
    ///   - metricsAreOpen: whether `/metrics` is for everybody also where the API is not.
    ///   - logger: is told who was refused.
    package init(authenticator: Authenticator? = nil, metricsAreOpen: Bool = false, logger: Logger? = nil) {
        self.authenticator = authenticator
        self.metricsAreOpen = metricsAreOpen
        self.logger = logger
    }

    var looksAtHeaders: Bool { authenticator != nil }

    /// Nil where nobody has to say who he is.
    func identify(
        _ request: APIRequest, _ body: [UInt8], now: Timestamp
    ) throws(Refusal) -> Authenticator.Caller? {
        guard let authenticator else { return nil }
        do throws(AuthenticationError) {
            return try authenticator.identify(request.signable, body: body, now: now)
        } catch {
            note(error, request.target)
            throw Refusal(error)
        }
    }

    func authorize(_ caller: Authenticator.Caller?, _ target: String, _ body: JSON) throws(Refusal) {
        guard let authenticator, let caller else { return }
        let activity = body["activityArn"]?.stringValue
        do throws(AuthenticationError) {
            try authenticator.authorize(caller, target, activity: activity, resource: Self.resource(body))
        } catch {
            note(error, target)
            throw Refusal(error)
        }
    }

    func spend(_ caller: Authenticator.Caller?, _ target: String, now: Timestamp) throws(Refusal) {
        guard let authenticator, let caller else { return }
        do throws(AuthenticationError) {
            try authenticator.spend(caller, on: target, now: now)
        } catch {
            note(error, target)
            throw Refusal(error)
        }
    }

    /// Signed, or with key and secret as user and password; every role that may look may scrape.
    func mayScrape(_ request: APIRequest, now: Timestamp) -> Bool {
        guard let authenticator, !metricsAreOpen else { return true }
        let principal: Principal?
        let header = request.signable.header("authorization")
        if let header, header.lowercased().hasPrefix("basic ") {
            principal = authenticator.identify(basic: header, now: now)
        } else {
            principal = (try? authenticator.identify(request.signable, body: [], now: now))?.principal
        }
        return principal?.may("Baton.ServerInfo") ?? false
    }

    /// What the call is about, for the refusal.
    private static func resource(_ body: JSON) -> String? {
        for member in [
            "stateMachineArn", "executionArn", "activityArn", "stateMachineVersionArn", "stateMachineAliasArn",
            "mapRunArn", "resourceArn",
        ] {
            if let arn = body[member]?.stringValue { return arn }
        }
        return nil
    }

    private func note(_ error: AuthenticationError, _ target: String?) {
        logger?.info(
            "refused a call",
            metadata: ["code": "\(error.code.rawValue)", "operation": "\(target ?? "")", "reason": "\(error.message)"])
    }
}
