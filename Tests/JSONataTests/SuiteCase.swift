import Foundation
import JSONValue
import JSONata

/// One case of the official test suite.
struct SuiteCase {
    let id: String
    let expression: String
    let input: JSON?
    let bindings: [String: JSON]
    /// Milliseconds and levels.
    let timeLimit: Int?
    let depth: Int?
    /// The release that passes the case first, if that is not 2.0.6.
    let since: String?
    let expectation: Expectation

    enum Expectation {
        case value(JSON)
        case nothing
        /// While parsing or evaluating; the token counts for parse errors only.
        case code(String, token: JSON?)
        /// While evaluating, with these members.
        case error(JSONObject)
    }

    /// Why the case fails at a level; nil if it passes.
    func failure(at level: CompatibilityLevel) -> String? {
        let expression: JSONata.Expression
        do throws(JSONataError) {
            expression = try JSONata.Expression(self.expression, level: level)
        } catch {
            guard case .code(let code, let token) = expectation else { return "does not parse: \(error)" }
            guard error.code == code else { return "parse error \(error) instead of \(code)" }
            if let token, token.stringValue != error.token {
                return "token \(error.token ?? "nil") instead of \(token)"
            }
            return nil
        }
        do throws(JSONataError) {
            let result = try expression.evaluate(input, bindings: bindings, environment: environment)
            switch expectation {
            case .nothing: return result == nil ? nil : "\(result ?? nil) instead of nothing"
            case .value(let wanted):
                guard let result else { return "nothing instead of \(wanted)" }
                return Self.isSame(result, wanted) ? nil : "\(result) instead of \(wanted)"
            case .code(let code, _): return "\(result.map { "\($0)" } ?? "nothing") instead of \(code)"
            case .error(let members): return "\(result.map { "\($0)" } ?? "nothing") instead of \(members)"
            }
        } catch {
            switch expectation {
            case .code(let code, _): return error.code == code ? nil : "\(error) instead of \(code)"
            case .error(let members):
                for member in members {
                    let actual: JSON? =
                        switch member.key {
                        case "code": .string(error.code)
                        case "message": .string(error.message)
                        case "token": error.token.map { .string($0) }
                        case "value": error.value
                        case "functionName": error.functionName.map { .string($0) }
                        default: nil
                        }
                    if actual?.isEquivalent(to: member.value) != true {
                        return "\(member.key) \(actual ?? nil) instead of \(member.value)"
                    }
                }
                return nil
            default: return "\(error)"
            }
        }
    }

    private var environment: EvaluationEnvironment {
        var limits = EvaluationLimits(depth: depth ?? 1_500, stack: 48 << 20, memory: 4 << 30)
        if let timeLimit {
            let end = ContinuousClock.now + .milliseconds(timeLimit)
            limits.interrupt = { ContinuousClock.now > end }
        }
        return EvaluationEnvironment(now: Timestamp(milliseconds: 1_732_290_000_123), seed: 1, limits: limits)
    }

    /// Numbers as doubles, minus zero not the same as zero.
    static func isSame(_ left: JSON, _ right: JSON) -> Bool {
        if let first = left.doubleValue, let second = right.doubleValue {
            return first == second && first.sign == second.sign
        }
        switch (left, right) {
        case (.array(let first), .array(let second)):
            return first.count == second.count && zip(first, second).allSatisfy { isSame($0, $1) }
        case (.object(let first), .object(let second)):
            return first.count == second.count
                && first.allSatisfy { member in second[member.key].map { isSame(member.value, $0) } ?? false }
        default: return left == right
        }
    }
}

/// The conformance data next to the checkout, or where the environment says.
enum Conformance {
    static let folder: URL? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let given = ProcessInfo.processInfo.environment["BATON_CONFORMANCE"].map { URL(filePath: $0) }
        let folder = (given ?? root.appending(path: "../shared/conformance")).appending(path: "jsonata")
        return FileManager.default.fileExists(atPath: folder.appending(path: "groups").path()) ? folder : nil
    }()

    static func json(_ url: URL) throws -> JSON {
        try JSON(parsing: [UInt8](Data(contentsOf: url)))
    }

    static func suite() throws -> [SuiteCase] {
        guard let folder else { return [] }
        let files = try FileManager.default.contentsOfDirectory(
            at: folder.appending(path: "groups"), includingPropertiesForKeys: nil)
        var datasets: [String: JSON] = [:]
        var cases: [SuiteCase] = []
        for file in files.sorted(by: { $0.path() < $1.path() }) where file.pathExtension == "json" {
            for item in try json(file).arrayValue ?? [] {
                var input = item["data"]
                if let name = item["dataset"]?.stringValue {
                    if datasets[name] == nil {
                        datasets[name] = try json(folder.appending(path: "datasets/\(name).json"))
                    }
                    input = datasets[name]
                }
                let expectation: SuiteCase.Expectation
                if let value = item["result"] {
                    expectation = .value(value)
                } else if let code = item["code"]?.stringValue {
                    expectation = .code(code, token: item["token"])
                } else if let members = item["error"]?.objectValue {
                    expectation = .error(members)
                } else {
                    expectation = .nothing
                }
                cases.append(
                    SuiteCase(
                        id: item["id"]?.stringValue ?? "", expression: item["expr"]?.stringValue ?? "", input: input,
                        bindings: Dictionary(
                            item["bindings"]?.objectValue?.map { ($0.key, $0.value) } ?? [],
                            uniquingKeysWith: { $1 }),
                        timeLimit: item["timelimit"]?.intValue.map { Int($0) },
                        depth: item["depth"]?.intValue.map { Int($0) }, since: item["since"]?.stringValue,
                        expectation: expectation))
            }
        }
        return cases
    }
}
