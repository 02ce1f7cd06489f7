import AWSJSONAPI
import Interpreter
import Orchestrator

/// The limits of the service, AWS's by default: `--limit NAME=VALUE`.
/// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
enum Quota: String, CaseIterable, Sendable {
    case payloadBytes = "payload-bytes"
    case definitionBytes = "definition-bytes"
    case historyEvents = "history-events"
    case variableBytes = "variable-bytes"
    case openExecutions = "open-executions"
    case mapConcurrency = "map-concurrency"
    case expressionMilliseconds = "expression-milliseconds"

    var range: ClosedRange<Int> {
        switch self {
        case .payloadBytes: 1_024...(64 << 20)
        case .definitionBytes: 1_024...(64 << 20)
        case .historyEvents: 100...10_000_000
        case .variableBytes: 1_024...(1 << 30)
        case .openExecutions: 1...1_000_000_000
        case .mapConcurrency: 1...10_000
        case .expressionMilliseconds: 10...600_000
        }
    }
}

struct Quotas: Sendable, Hashable {
    private(set) var values: [Quota: Int] = [:]

    init() {}

    /// Reads `history-events=100000,payload-bytes=1048576`; throws a sentence.
    init(parsing text: String) throws(QuotaError) {
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "_" } }
            guard let quota = sides.first.flatMap({ Quota(rawValue: String($0)) }) else {
                let known = Quota.allCases.map(\.rawValue).joined(separator: ", ")
                throw QuotaError(description: "'\(part)' names no limit: there are \(known)")
            }
            guard sides.count == 2, let value = Int(sides[1]), quota.range.contains(value) else {
                throw QuotaError(
                    description: "'\(part)' has to be \(quota.rawValue)=NUMBER, from \(quota.range.lowerBound) to"
                        + " \(quota.range.upperBound)")
            }
            values[quota] = value
        }
    }

    func apply(to configuration: inout EngineConfiguration) {
        func set<Number: BinaryInteger>(_ quota: Quota, _ field: inout Number) {
            if let value = values[quota] { field = Number(value) }
        }
        set(.payloadBytes, &configuration.limits.payloadBytes)
        set(.historyEvents, &configuration.limits.events)
        set(.variableBytes, &configuration.limits.variableBytes)
        set(.mapConcurrency, &configuration.limits.mapConcurrency)
        set(.openExecutions, &configuration.openExecutions)
        if let value = values[.expressionMilliseconds] { configuration.expressionSeconds = Double(value) / 1_000 }
    }

    /// What requests may hold.
    var requestLimits: RequestLimits {
        var limits = RequestLimits()
        if let value = values[.payloadBytes] { limits.payloadBytes = value }
        if let value = values[.definitionBytes] { limits.definitionBytes = value }
        return limits
    }
}

struct QuotaError: Error, CustomStringConvertible {
    let description: String
}
