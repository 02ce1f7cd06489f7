package import JSONValue

/// Makes up definitions in the Amazon States Language, some of which loop, fail or wait for ever.
package struct ProgramGenerator {
    package var random: SeededGenerator
    private var count = 0

    package init(random: SeededGenerator) { self.random = random }

    package mutating func machine() -> JSON {
        count = 0
        var machine = block(depth: 0)
        if chance(10) { machine["TimeoutSeconds"] = .int(Int64.random(in: 1...30, using: &random)) }
        return .object(machine)
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func block(depth: Int) -> JSONObject {
        // A variable of its own for each block: names must not be those of a block around.
        let variable = "v\(count)"
        let names = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            count += 1
            return "S\(count)"
        }
        var states = JSONObject()
        for (index, name) in names.enumerated() {
            // Mostly onwards, now and then back.
            let next = chance(6) ? pick(names) : index + 1 < names.count ? names[index + 1] : nil
            var state = state(next: next, names: names, depth: depth)
            if chance(35) { useJSONata(&state, variable) }
            if chance(30) { assign(variable, &state) }
            states[name] = .object(state)
        }
        return JSONObject([("StartAt", .string(names[0])), ("States", .object(states))])
    }

    private mutating func state(next: String?, names: [String], depth: Int) -> JSONObject {
        var state = JSONObject()
        switch Int.random(in: 0..<(depth < 2 ? 16 : 10), using: &random) {
        case 0...2:
            state["Type"] = "Pass"
            if chance(40) { state["Result"] = .int(Int64.random(in: 0...9, using: &random)) }
            if chance(30) { state["Parameters"] = ["id.$": "States.UUID()", "all.$": "$", "me.$": "$$.State.Name"] }
        case 3...5:
            state["Type"] = "Task"
            task(&state)
            handlers(&state, names)
        case 6:
            state["Type"] = "Wait"
            if chance(80) {
                state["Seconds"] = .int(Int64.random(in: 0...5, using: &random))
            } else {
                state["SecondsPath"] = "$.seconds"
            }
        case 7:
            state["Type"] = "Choice"
            state["Choices"] = [["Variable": "$", "IsNumeric": true, "Next": .string(pick(names))]]
            if chance(80) { state["Default"] = .string(next ?? pick(names)) }
            return state
        case 8:
            state["Type"] = "Succeed"
            return state
        case 9:
            state["Type"] = "Fail"
            state["Error"] = .string(pick(["E1", "E2", "E3"]))
            if chance(50) { state["Cause"] = "because" }
            return state
        case 10...12:
            state["Type"] = "Parallel"
            state["Branches"] = .array(
                (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    .object(block(depth: depth + 1))
                })
            handlers(&state, names)
        default:
            state["Type"] = "Map"
            state["ItemProcessor"] = .object(block(depth: depth + 1))
            state["InputPath"] = "$$.Execution.Input.items"
            if chance(50) { state["MaxConcurrency"] = .int(Int64.random(in: 0...3, using: &random)) }
            if chance(30) { state["ToleratedFailureCount"] = .int(Int64.random(in: 0...2, using: &random)) }
            if chance(30) { state["ItemSelector"] = ["i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value"] }
            handlers(&state, names)
        }
        if chance(20) { state["ResultPath"] = pick([.null, "$.result"]) }
        if state["Type"]?.stringValue == "Wait" { state["ResultPath"] = nil }
        if let next { state["Next"] = .string(next) } else { state["End"] = true }
        return state
    }

    private mutating func task(_ state: inout JSONObject) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: state["Resource"] = "arn:aws:states:us-east-1:123456789012:activity:work"
        case 1: state["Resource"] = "arn:aws:lambda:us-east-1:123456789012:function:f"
        case 2:
            state["Resource"] = "arn:aws:states:::lambda:invoke"
            state["Parameters"] = ["FunctionName": .string(pick(["f", "unknown"])), "Payload.$": "$"]
        default:
            state["Resource"] = "arn:aws:states:::lambda:invoke.waitForTaskToken"
            state["Parameters"] = ["FunctionName": "f", "Payload": ["token.$": "$$.Task.Token"]]
        }
        if chance(50) {
            state["TimeoutSeconds"] = .int(Int64.random(in: 5...20, using: &random))
            if chance(50) { state["HeartbeatSeconds"] = .int(Int64.random(in: 1...4, using: &random)) }
        }
    }

    private mutating func handlers(_ state: inout JSONObject, _ names: [String]) {
        let errors: [JSON] = [["E1"], ["E2", "States.Timeout"], ["States.TaskFailed"], ["States.ALL"]]
        if chance(40) {
            state["Retry"] = [
                [
                    "ErrorEquals": pick(errors), "IntervalSeconds": 1,
                    "MaxAttempts": .int(Int64.random(in: 0...2, using: &random)), "BackoffRate": 1.5,
                    "JitterStrategy": .string(pick(["FULL", "NONE"])),
                ]
            ]
        }
        if chance(40) {
            state["Catch"] = [["ErrorEquals": pick(errors), "Next": .string(pick(names)), "ResultPath": "$.error"]]
        }
    }

    private mutating func assign(_ variable: String, _ state: inout JSONObject) {
        let type = state["Type"]?.stringValue
        guard type != "Succeed", type != "Fail" else { return }
        state["Assign"] =
            state["QueryLanguage"] == nil
            ? [variable + ".$": pick(["$$.State.Name", "States.UUID()", "$"])]
            : [
                variable: pick([
                    "{% $uuid() %}", "{% $states.input %}", 5, .string("{% $exists($\(variable)) ? 1 : [] %}"),
                ])
            ]
    }

    /// Says with expressions what the state said with paths.
    private mutating func useJSONata(_ state: inout JSONObject, _ variable: String) {
        state["QueryLanguage"] = "JSONata"
        for key in ["Result", "ResultPath", "InputPath"] { state[key] = nil }
        let output: [JSON] = [
            ["id": "{% $uuid() %}", "all": "{% $states.input %}"], "{% $random() %}", "{% $none %}",
            [.string("{% $exists($\(variable)) ? $\(variable) : 0 %}")],
        ]
        switch state["Type"]?.stringValue {
        case "Pass":
            state["Parameters"] = nil
            if chance(60) { state["Output"] = pick(output) }
        case "Succeed": if chance(50) { state["Output"] = pick(output) }
        case "Fail": state["Cause"] = "{% $string($states.input) %}"
        case "Wait":
            state["SecondsPath"] = nil
            state["Seconds"] = "{% $floor($random() * 5) %}"
        case "Choice":
            let next = state["Choices"]?.arrayValue?.first?["Next"] ?? .null
            state["Choices"] = [["Condition": pick(["{% $random() > 0.5 %}", true, "{% 1 %}"]), "Next": next]]
        default:
            if case .object(var arguments)? = state["Parameters"] {
                arguments["Payload.$"] = nil
                arguments["Payload"] = "{% $states.context.Task.Token ? $states.context.Task.Token : $states.input %}"
                state["Arguments"] = .object(arguments)
            }
            state["Parameters"] = nil
            if state["Type"]?.stringValue == "Map" {
                state["Items"] = "{% $states.context.Execution.Input.items %}"
                if state["ItemSelector"] != nil {
                    state["ItemSelector"] = ["i": "{% $states.context.Map.Item.Index %}", "in": "{% $states.input %}"]
                }
            }
            if chance(30) { state["Output"] = pick(output + ["{% $states.result %}"]) }
            if case .object(var catcher)? = state["Catch"]?.arrayValue?.first {
                catcher["ResultPath"] = nil
                if chance(50) { catcher["Output"] = pick(["{% $states.errorOutput %}", "{% $none %}"]) }
                if chance(50) { catcher["Assign"] = [variable: "{% $states.errorOutput.Error %}"] }
                state["Catch"] = [.object(catcher)]
            }
        }
    }
}
