import Interpreter
import JSONValue
import Testing

@testable import Simulator

@Suite struct OracleTests {
    /// Histories that come near the limit of events end where timing lets them; how many steps it takes to get there
    /// makes no difference.
    @Test(arguments: [
        (passes(10), true), (passes(58), true), (passes(59), false), (passes(120), false), (passes(1_000), false),
        (maps(1), true), (maps(2), true), (maps(3), false),
    ]) func `long histories are not foretold`(definition: JSON, isForetold: Bool) throws {
        let machine = Scenario.Machine(definition: definition, isExpress: true)
        _ = try #require(machine.compiled)
        let identity = ExecutionIdentity(
            key: 1, partition: -1, arn: "arn", name: "name", stateMachineARN: "machine", stateMachineName: "machine",
            roleARN: "role", startedAt: Timestamp(microseconds: Simulation.epoch))
        let oracle = Oracle(dice: Dice(seed: 1))
        let outcome = oracle.outcome(of: machine, input: ["items": [1, 2, 3, 4]], execution: identity)
        #expect((outcome != nil) == isForetold)
        if isForetold { #expect(outcome?.status == .succeeded) }
    }

    private static func passes(_ count: Int) -> JSON {
        var states = JSONObject()
        for number in 1..<count { states["S\(number)"] = ["Type": "Pass", "Next": .string("S\(number + 1)")] }
        states["S\(count)"] = ["Type": "Pass", "End": true]
        return ["StartAt": "S1", "States": .object(states)]
    }

    /// Maps within maps.
    private static func maps(_ depth: Int) -> JSON {
        guard depth > 0 else { return ["StartAt": "S0", "States": ["S0": ["Type": "Pass", "End": true]]] }
        let name = "S\(depth)"
        let map: JSON = [
            "Type": "Map", "InputPath": "$$.Execution.Input.items", "ItemProcessor": maps(depth - 1), "End": true,
        ]
        return ["StartAt": .string(name), "States": .object(JSONObject([(name, map)]))]
    }
}
