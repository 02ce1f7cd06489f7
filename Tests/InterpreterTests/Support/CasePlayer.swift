import Foundation
import Interpreter
import JSONValue
import StatesLanguage
import TestSupport

/// Plays a recorded case against the interpreter alone.
struct CasePlayer {
    struct Verdict {
        /// Status, output, error and cause.
        var output: [String] = []
        var types: [String] = []
        var full: [String] = []
        var problems: [String] = []
    }

    private let recorded: RecordedCase
    private var variables: [String: JSON] = [
        "account": "123456789012", "region": "us-east-1", "role": "arn:aws:iam::123456789012:role/test",
    ]
    private var worlds: [String: World] = [:]
    private var machines: [String: (definition: StateMachineDefinition, name: String)] = [:]
    private(set) var verdict = Verdict()

    init(_ recorded: RecordedCase) { self.recorded = recorded }

    static func play(_ recorded: RecordedCase) -> Verdict {
        var player = CasePlayer(recorded)
        do {
            try player.play()
        } catch {
            player.fail("\(error)")
        }
        return player.verdict
    }

    private mutating func fail(_ text: String) {
        verdict.output.append(text)
        verdict.types.append(text)
        verdict.full.append(text)
    }

    private mutating func play() throws {
        if recorded.value["kind"]?.stringValue == "script" {
            try playScript()
        } else {
            try playExecution()
        }
    }

    // MARK: One execution

    private mutating func playExecution() throws {
        let text = fill(recorded.value["machine"]?["definition"]?.stringValue ?? "")
        let definition = try StateMachineDefinition.compile(text)
        let input = fill(recorded.value["input"]?.stringValue ?? "{}")
        let world = try run(definition, machine: "machine", name: "run", input: input)
        let expected = recorded.value["expected"] ?? .null
        compareOutcome(expected, world)
        compareHistory(expected["history"]?.arrayValue ?? [], world.history)
    }

    private mutating func compareOutcome(_ expected: JSON, _ world: World) {
        var unifier = recorded.unifier
        unifier.compare(expected["status"] ?? .null, .string(world.execution.status.rawValue), "$.status")
        let outcome = world.execution.outcome
        for (name, actual) in [
            ("output", outcome?.output.map { JSON.string($0.serialized()) }),
            ("error", outcome?.failure?.error.map(JSON.string)), ("cause", outcome?.failure?.cause.map(JSON.string)),
        ] {
            switch (expected[name], actual) {
            case (nil, nil): break
            case (let wanted?, let got?): unifier.compare(wanted, got, "$.\(name)")
            case (let wanted, let got):
                verdict.output.append(
                    "$.\(name): recorded \(wanted?.serialized() ?? "nothing"), got \(got?.serialized() ?? "nothing")")
            }
        }
        verdict.output += unifier.differences
    }

    private mutating func compareHistory(_ expected: [JSON], _ actual: [JSON]) {
        var unifier = recorded.unifier
        let comparison = HistoryComparison(expected: expected, actual: actual, unifier: &unifier)
        if !comparison.sameTypes {
            func types(_ events: [JSON]) -> String {
                events.map { $0["type"]?.stringValue ?? "?" }.joined(separator: " ")
            }
            verdict.types.append("recorded \(types(expected)), got \(types(actual))")
        }
        verdict.full += comparison.differences
    }

    // MARK: Scripts

    private mutating func playScript() throws {
        for step in recorded.steps {
            guard let call = step["call"]?.stringValue, let id = step["id"]?.stringValue else { continue }
            let parameters = step["params"] ?? .null
            func text(_ key: String) -> String { fill(parameters[key]?.stringValue ?? "") }
            switch call {
            case "stepfunctions.CreateStateMachine":
                let name = text("name")
                let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:\(name)"
                machines[arn] = (try StateMachineDefinition.compile(text("definition")), name)
                variables[id] = ["stateMachineArn": .string(arn)]
            case "stepfunctions.StartExecution":
                guard let machine = machines[text("stateMachineArn")] else { throw Unplayable() }
                let name = parameters["name"] == nil ? "run-\(worlds.count)" : text("name")
                let arn = "arn:aws:states:us-east-1:123456789012:execution:\(machine.name):\(name)"
                let input = parameters["input"] == nil ? "{}" : text("input")
                worlds[arn] = try run(machine.definition, machine: machine.name, name: name, input: input)
                variables[id] = ["executionArn": .string(arn)]
            case "stepfunctions.DescribeExecution":
                guard let world = worlds[text("executionArn")], let outcome = world.execution.outcome else { break }
                var response = JSONObject([("status", .string(outcome.status.rawValue))])
                response["output"] = outcome.output.map { .string($0.serialized()) }
                response["error"] = outcome.failure?.error.map(JSON.string)
                response["cause"] = outcome.failure?.cause.map(JSON.string)
                variables[id] = .object(response)
            case "stepfunctions.GetExecutionHistory":
                guard let world = worlds[text("executionArn")] else { throw Unplayable() }
                variables[id] = [
                    "events": .array(world.history), "ResponseMetadata": ["HTTPHeaders": [:], "HTTPStatusCode": 200],
                ]
            default: throw Unplayable()
            }
        }
        var compared = 0
        for check in recorded.checks {
            guard let expected = check["expected"], let reference = check["actual"],
                let actual = resolve(reference)
            else { continue }
            if let events = expected["events"]?.arrayValue, let got = actual["events"]?.arrayValue {
                compareHistory(events, got)
                compared += 1
            } else if check["key"]?.stringValue?.hasPrefix("creat") != true {
                var unifier = recorded.unifier
                unifier.compare(expected, actual, check["key"]?.stringValue ?? "$")
                verdict.output += unifier.differences
                verdict.full += unifier.differences
                compared += 1
            }
        }
        if compared == 0 { fail("nothing was compared") }
    }

    private func resolve(_ reference: JSON) -> JSON? {
        switch reference {
        case .object(let object):
            if let path = object["$ref"]?.stringValue { return value(at: path) }
            if let path = object["$json"]?.stringValue {
                return value(at: path)?.stringValue.flatMap { try? JSON(parsing: $0) }
            }
            var resolved = JSONObject()
            for (key, value) in object { resolved[key] = resolve(value) ?? .null }
            return .object(resolved)
        case .array(let elements): return .array(elements.map { resolve($0) ?? .null })
        case .string(let text): return .string(fill(text))
        default: return reference
        }
    }

    private func value(at path: String) -> JSON? {
        var value: JSON?
        for (position, key) in path.split(separator: ".").enumerated() {
            value = position == 0 ? variables[String(key)] : value?[String(key)]
        }
        return value
    }

    // MARK: Common

    private struct Unplayable: Error {}

    private mutating func run(
        _ definition: StateMachineDefinition, machine: String, name: String, input: String
    ) throws -> World {
        let functions = recorded.value["functions"]?.objectValue ?? JSONObject()
        var behaviours: [String: JSON] = [:]
        for (key, value) in functions { behaviours[fill(key)] = value }
        let identity = ExecutionIdentity(
            key: 7, partition: 0, arn: "arn:aws:states:us-east-1:123456789012:execution:\(machine):\(name)", name: name,
            stateMachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:\(machine)",
            stateMachineName: machine, roleARN: "arn:aws:iam::123456789012:role/test",
            startedAt: Timestamp(milliseconds: 1_735_689_600_123))
        var world = World(definition, input: try JSON(parsing: input), identity: identity) { name, input, random in
            behaviours[name].map { Self.answer($0, input, &random) }
        }
        world.run()
        verdict.problems += world.problems
        return world
    }

    private static func answer(_ behaviour: JSON, _ input: JSON, _ random: inout SeededGenerator) -> FunctionAnswer {
        switch behaviour["do"]?.stringValue {
        case "echo": return .success(input)
        case "return":
            if let text = behaviour["repeat"]?.stringValue, let times = behaviour["times"]?.intValue {
                return .success(.string(String(repeating: text, count: Int(times))))
            }
            return .success(behaviour["value"] ?? .null)
        case "prefix": return .success(.string((behaviour["text"]?.stringValue ?? "") + (input.stringValue ?? "")))
        case "sleep":
            var answer = answer(behaviour["then"] ?? .null, input, &random)
            answer.seconds += behaviour["seconds"]?.doubleValue ?? 0
            return answer
        default:
            let error = behaviour["errorType"]?.stringValue ?? ""
            let trace = (behaviour["stackTrace"]?.arrayValue ?? []).map { $0.serialized() }.joined(separator: ", ")
            let uuid = UUID().uuidString.lowercased()
            let cause =
                "{\"errorMessage\": \(behaviour["errorMessage"]?.serialized() ?? "null"), "
                + "\"errorType\": \(JSON.string(error).serialized()), \"requestId\": \"\(uuid)\", "
                + "\"stackTrace\": [\(trace)]}"
            return .failure(error, cause)
        }
    }

    private func fill(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let start = rest.range(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound]
            let name = String(rest[start.upperBound..<end])
            rest = rest[rest.index(after: end)...]
            if let value = value(at: name)?.stringValue {
                result += value
            } else if name.hasPrefix("uuid") {
                result += "00000000-0000-4000-8000-00000000000" + name.dropFirst(4)
            } else {
                result += "abcdefg" + name.dropFirst()
            }
        }
        return result + rest
    }
}
