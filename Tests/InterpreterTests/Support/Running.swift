import Interpreter
import JSONValue
import StatesLanguage
import Testing

/// Runs a definition with an input to its end, or as far as it goes.
func play(
    _ definition: String, _ input: JSON = [:], limits: InterpreterLimits = .init(), seed: UInt64 = 1,
    functions: @escaping FunctionHost = { _, _, _ in nil }
) throws -> World {
    var world = World(
        try StateMachineDefinition.compile(definition), input: input, limits: limits, seed: seed, functions: functions)
    world.run()
    #expect(world.problems == [])
    return world
}

extension World {
    var output: JSON? { execution.outcome?.output }
    var error: String? { execution.outcome?.failure?.error }
    var cause: String? { execution.outcome?.failure?.cause }

    func details(_ type: String, _ number: Int = 0) -> JSON? {
        let found = history.filter { $0["type"]?.stringValue == type }
        guard found.indices.contains(number), case .object(let event) = found[number] else { return nil }
        return event.first { $0.key.hasSuffix("EventDetails") }?.value
    }
}

/// One state on its own; `fields` without the braces.
func machine(_ fields: String, more: String = "") -> String {
    "{\"StartAt\":\"S\",\"States\":{\"S\":{\(fields)}\(more.isEmpty ? "" : "," + more)}}"
}

let function = "\"Type\":\"Task\",\"Resource\":\"arn:aws:lambda:us-east-1:123456789012:function:f\""
let activity = "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:us-east-1:123456789012:activity:work\""
let callback =
    "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke.waitForTaskToken\","
    + "\"Parameters\":{\"FunctionName\":\"f\",\"Payload\":{\"token.$\":\"$$.Task.Token\"}}"
