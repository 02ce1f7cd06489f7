import JSONValue
import Orchestrator

/// Whether the server lives, and whether it can do all of its work.
struct Health: Sendable {
    let surroundings: Surroundings

    /// Ready is a server whose broker is connected and whose store takes writes. One that is not still accepts starts
    /// as long as the store works: what cannot be handed out waits.
    func readiness() async -> (isReady: Bool, report: JSON) {
        let broker = surroundings.brokerStatus()
        var reasons: [String] = []
        switch broker {
        case .connected: break
        case .connecting(let error):
            reasons.append("the broker is not connected" + (error.map { ": \($0)" } ?? ""))
        case .blocked(let reason):
            reasons.append("the broker takes no messages: \(reason)")
        }
        let problem = await surroundings.storeProblem()
        if let problem { reasons.append("the database takes no writes: \(problem)") }
        return (
            reasons.isEmpty,
            [
                "status": .string(reasons.isEmpty ? "ready" : "not ready"),
                "reasons": .array(reasons.map(JSON.string)),
                "broker": Self.show(broker),
                "store": JSON(members: [
                    ("status", .string(problem == nil ? "ok" : "failing")), ("reason", JSON(optional: problem)),
                ]),
            ]
        )
    }

    static func show(_ status: BrokerStatus) -> JSON {
        switch status {
        case .connecting(let error):
            JSON(members: [("status", "connecting"), ("reason", JSON(optional: error))])
        case .connected(let server): ["status": "connected", "server": .string(server)]
        case .blocked(let reason): ["status": "blocked", "reason": .string(reason)]
        }
    }
}
