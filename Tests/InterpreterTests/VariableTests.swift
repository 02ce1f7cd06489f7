import Interpreter
import JSONValue
import StatesLanguage
import Testing

/// Variables in states with paths: what sets them, who sees them, and their limits.
@Suite struct VariableTests {
    @Test(arguments: [
        // All expressions see what was there before the first assignment.
        (
            #"""
            {"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Assign": {"x": 1, "y": 2}, "Next": "B"},
                "B": {"Type": "Pass", "Assign": {"x.$": "$y", "y.$": "$x"}, "Next": "C"},
                "C": {"Type": "Pass", "Parameters": {"x.$": "$x", "y.$": "$y"}, "End": true}}}
            """#, #"{"x":2,"y":1}"#
        ),
        // Branches and iterations see what is around them, and keep what is theirs.
        (
            #"""
            {"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
                "B": {"Type": "Map", "ItemsPath": "$.items", "Next": "D", "ResultPath": "$.items", "ItemProcessor": {
                    "StartAt": "E", "States": {
                        "E": {"Type": "Pass", "Assign": {"own.$": "States.MathAdd($x, $)"}, "Next": "F"},
                        "F": {"Type": "Pass", "InputPath": "$own", "End": true}}}},
                "D": {"Type": "Pass", "OutputPath": "$.items", "Assign": {"own": 1}, "End": true}}}
            """#, "[2,3]"
        ),
        // A rule's variables stand in for those of its state.
        (
            #"""
            {"StartAt": "A", "States": {
                "A": {"Type": "Choice", "Assign": {"x": "state"}, "Default": "B", "Choices": [
                    {"Variable": "$.items[0]", "NumericEquals": 1, "Assign": {"x": "rule"}, "Next": "B"}]},
                "B": {"Type": "Pass", "InputPath": "$x", "End": true}}}
            """#, #""rule""#
        ),
        // A Pass state's result, before ResultPath puts it anywhere.
        (
            #"""
            {"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Result": {"a": 5}, "ResultPath": "$.r", "Assign": {"x.$": "$.a"}, "Next": "B"},
                "B": {"Type": "Pass", "OutputPath": "$x", "End": true}}}
            """#, "5"
        ),
    ])
    func `variables are set and seen`(definition: String, output: String) throws {
        let world = try play(definition, ["items": [1, 2]])
        #expect(world.execution.outcome?.output == (try JSON(parsing: output)))
    }

    @Test func `a Catcher's variables see the error, and those of the failed branch are gone`() throws {
        let world = try play(
            #"""
            {"StartAt": "A", "States": {
                "A": {"Type": "Parallel", "End": true, "Assign": {"never": 1}, "Branches": [{"StartAt": "B", "States": {
                        "B": {"Type": "Pass", "Assign": {"inner": 1}, "Next": "C"},
                        "C": {"Type": "Fail", "Error": "E", "Cause": "why"}}}],
                    "Catch": [{"ErrorEquals": ["E"], "Assign": {"e.$": "$.Cause"}, "Next": "D"}]},
                "D": {"Type": "Pass", "Parameters": {"e.$": "$e"}, "Next": "F"},
                "F": {"Type": "Pass", "Assign": {"x.$": "$inner"}, "End": true}}}
            """#)
        #expect(world.execution.outcome?.failure?.error == "States.Runtime")
        let exit = world.history.first {
            $0["type"] == "PassStateExited" && $0["stateExitedEventDetails"]?["name"] == "D"
        }
        #expect(exit?["stateExitedEventDetails"]?["output"] == #"{"e":"why"}"#)
    }

    @Test func `history tells what was set, as text`() throws {
        let world = try play(
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x.$": "$", "y": "z"}, "End": true}}}"#,
            ["a": 1])
        let details = world.history.first { $0["type"] == "PassStateExited" }?["stateExitedEventDetails"]
        #expect(details?["assignedVariables"] == ["x": #"{"a":1}"#, "y": #""z""#])
        #expect(details?["assignedVariablesDetails"] == ["truncated": false])
    }

    @Test(arguments: [(100, 1_000, "A"), (1_000, 90, "B"), (1_000, 1_000, nil)] as [(Int, Int, String?)])
    func `variables have limits`(payload: Int, all: Int, failing: String?) throws {
        var limits = InterpreterLimits()
        limits.payloadBytes = payload
        limits.variableBytes = all
        let world = try play(
            #"""
            {"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Assign": {"a.$": "$.text", "b.$": "$.text"}, "InputPath": "$", "Next": "B"},
                "B": {"Type": "Pass", "Assign": {"c.$": "$.text"}, "End": true}}}
            """#, ["text": .string(String(repeating: "x", count: failing == "B" ? 40 : 60))], limits: limits)
        let failure = world.execution.outcome?.failure
        #expect(failure?.error == (failing == nil ? nil : "States.DataLimitExceeded"))
        if let failing { #expect(failure?.cause?.contains("state '\(failing)'") == true) }
    }

    @Test func `what is nested too deeply fails the state that makes it`() throws {
        let world = try play(
            #"""
            {"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Parameters": {"x.$": "$"}, "Next": "B"},
                "B": {"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": true, "Next": "C"}],
                    "Default": "A"},
                "C": {"Type": "Succeed"}}}
            """#)
        #expect(world.execution.outcome?.failure?.error == "States.DataLimitExceeded")
        #expect(world.history.count { $0["type"] == "PassStateExited" } == JSON.maximumDepth - 1)
    }
}
