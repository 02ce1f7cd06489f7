import JSONValue
import TaskProtocol
import Telemetry

/// One task, as the orchestrator would send it.
struct CheckTask: Sendable {
    static let tokenPrefix = "check."

    let token: String
    var envelope: ProtocolEnvelope
    var sentAt = ContinuousClock.now

    init(_ body: [UInt8], line: CheckLine, replyTo: String, heartbeatSeconds: Int64? = nil) {
        let id = String(UInt64.random(in: 0 ... .max), radix: 36)
        token = "\(Self.tokenPrefix)\(line.option).\(id)"
        let now = WallTime.now()
        envelope =
            TaskMessage(
                token: token, messageID: "\(token)#0", replyTo: replyTo, timestamp: now,
                // Nothing of a check stays on a broker for long.
                expirationMilliseconds: 180_000,
                execution: "arn:aws:states:us-east-1:000000000000:execution:check:\(id)",
                stateMachine: "arn:aws:states:us-east-1:000000000000:stateMachine:check", state: "Check",
                heartbeatSeconds: heartbeatSeconds, body: body
            ).encoded()
    }
}

/// The inputs by which a worker is told what to do.
enum CheckInput {
    static let error = "Check.Failed"
    static let cause = "the check asked for it"

    static func echo(_ members: (String, JSON)...) -> [UInt8] {
        JSON.object(JSONObject([("check", "echo")] + members)).bytes
    }

    static let small = echo(
        ("text", "Grüße ✓ \"quoted\" \\ \n\t𝄞"), ("number", 1.5), ("integer", 9_007_199_254_740_991),
        ("list", [1, nil, true, []]), ("object", [:]))

    static let failing = JSON.object(["check": "fail", "error": .string(error), "cause": .string(cause)]).bytes

    static func sleeping(_ seconds: Double) -> [UInt8] {
        JSON.object(["check": "sleep", "seconds": .double(seconds)]).bytes
    }

    /// As large as an input may be. With a space after every `:` and `,`, so that a worker that writes its JSON like
    /// this does not answer with more than it got.
    static let large: [UInt8] = {
        let start = Array(#"{"check": "echo", "payload": ""#.utf8)
        let end = Array(#""}"#.utf8)
        return start + [UInt8](repeating: UInt8(ascii: "x"), count: ProtocolLimits.bodyBytes - start.count - end.count)
            + end
    }()
}

extension JSON {
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        serialize(into: &bytes)
        return bytes
    }
}
