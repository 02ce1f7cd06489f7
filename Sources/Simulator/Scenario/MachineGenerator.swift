import JSONValue
import StatesLanguage
import TestSupport

/// The machines of a run: some that are started from outside, and those that they start in turn.
struct MachineGenerator {
    /// Started by clients, first in `all`.
    private(set) var entries: [Scenario.Machine] = []
    private var helpers: [Scenario.Machine] = []

    var all: [Scenario.Machine] { entries + helpers }

    init(seed: UInt64, using random: inout SeededGenerator) {
        var programs = ProgramGenerator(random: SeededGenerator(fixed: seed ^ 0xA5A5))
        let features = Features(
            nests: Int.random(in: 0..<3, using: &random) == 0,
            distributes: Int.random(in: 0..<3, using: &random) == 0,
            isExpress: Int.random(in: 0..<4, using: &random) == 0)
        let count = Int.random(in: 1...2, using: &random)
        for index in 0..<count {
            let program = Self.machine(&programs)
            let isExpress = features.isExpress && index == count - 1
            let graft = Graft(
                features: features, isExpress: isExpress, starts: Array(index + 1..<count + 2), answers: count + 1)
            let changed = graft.changed(program.definition, using: &random)
            if changed == program.definition, !isExpress {
                entries.append(program)
                continue
            }
            let machine = Scenario.Machine(definition: changed, isExpress: isExpress)
            entries.append(machine.compiled == nil ? program : machine)
        }
        guard features.nests else { return }
        helpers = [Self.machine(&programs), Scenario.Machine(definition: Self.answerer)]
    }

    private static func machine(_ programs: inout ProgramGenerator) -> Scenario.Machine {
        while true {
            // A block may have states that nothing leads to, which is refused: seen here, that costs little.
            let program = programs.machine()
            guard isConnected(program) else { continue }
            let machine = Scenario.Machine(definition: program)
            if machine.compiled != nil { return machine }
        }
    }

    /// Whether every state of a block, and of the blocks in it, can be reached.
    private static func isConnected(_ block: JSON) -> Bool {
        guard let states = block["States"]?.objectValue, let start = block["StartAt"]?.stringValue else { return false }
        var reached: Set<String> = []
        var next = [start]
        while let name = next.popLast() {
            guard reached.insert(name).inserted, let state = states[name] else { continue }
            let targets = [state] + (state["Choices"]?.arrayValue ?? []) + (state["Catch"]?.arrayValue ?? [])
            next += targets.compactMap { $0["Next"]?.stringValue }
            if let other = state["Default"]?.stringValue { next.append(other) }
        }
        guard states.keys.allSatisfy(reached.contains) else { return false }
        return states.members.allSatisfy { member in
            let blocks = member.value["Branches"]?.arrayValue ?? member.value["ItemProcessor"].map { [$0] } ?? []
            return blocks.allSatisfy(isConnected)
        }
    }

    /// Answers the task whose token it gets.
    private static let answerer: JSON = [
        "StartAt": "Wait",
        "States": [
            "Wait": ["Type": "Wait", "Seconds": 1, "Next": "Answer"],
            "Answer": [
                "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
                "Parameters": ["TaskToken.$": "$.token", "Output": "{\"answer\": 1}"], "End": true,
            ],
        ],
    ]
}

struct Features {
    var nests: Bool
    var distributes: Bool
    var isExpress: Bool
}

/// Puts into a program what the generator of programs knows nothing of: tasks that Baton carries out itself, and map
/// runs.
struct Graft {
    var features: Features
    var isExpress: Bool
    /// The machines that may be started, by number.
    var starts: [Int]
    /// The machine that answers tokens.
    var answers: Int

    func changed(_ machine: JSON, using random: inout SeededGenerator) -> JSON {
        guard case .object(var block) = machine, case .object(let states)? = block["States"] else { return machine }
        var changed = states
        for (name, state) in states.members {
            guard case .object(var state) = state else { continue }
            switch state["Type"]?.stringValue {
            case "Task": change(task: &state, using: &random)
            case "Map":
                state["ItemProcessor"] = state["ItemProcessor"].map { self.changed($0, using: &random) }
                if features.distributes, !isExpress, Int.random(in: 0..<2, using: &random) == 0 {
                    distribute(&state, using: &random)
                }
            case "Parallel":
                state["Branches"] = state["Branches"]?.arrayValue.map { branches in
                    .array(branches.map { self.changed($0, using: &random) })
                }
            default: break
            }
            changed[name] = .object(state)
        }
        block["States"] = .object(changed)
        return .object(block)
    }

    private func change(task: inout JSONObject, using random: inout SeededGenerator) {
        let isJSONata = task["QueryLanguage"] != nil
        let arguments = isJSONata ? "Arguments" : "Parameters"
        func call(_ resource: String, _ parameters: JSON) {
            task["Resource"] = .string("arn:aws:states:::" + resource)
            task["Parameters"] = nil
            task["Arguments"] = nil
            task[arguments] = parameters
            task["HeartbeatSeconds"] = nil
        }
        if isExpress {
            // Neither activities nor tokens.
            let resource = task["Resource"]?.stringValue ?? ""
            if resource.contains("activity") {
                task["Resource"] = "arn:aws:lambda:us-east-1:123456789012:function:f"
            } else if resource.hasSuffix("waitForTaskToken") {
                call("lambda:invoke", ["FunctionName": "f", "Payload": 1])
            }
        }
        guard features.nests, Int.random(in: 0..<3, using: &random) == 0 else { return }
        let machine = starts[Int.random(in: 0..<starts.count, using: &random)]
        let input: JSON = ["items": [1, 2], "seconds": 1]
        let parameters: JSON = ["StateMachineArn": .string(Scenario.machineARN(machine)), "Input": input]
        switch Int.random(in: 0..<(isExpress ? 4 : 8), using: &random) {
        case 0: call("states:startExecution", parameters)
        case 1: call("aws-sdk:sfn:startExecution", parameters)
        case 2:
            let arn = "\(Scenario.account):execution:machine0:run-\(Int.random(in: 0...3, using: &random))"
            call("aws-sdk:sfn:stopExecution", ["ExecutionArn": .string(arn), "Error": "Stopped"])
        case 3:
            call(
                "aws-sdk:sfn:listExecutions", ["StateMachineArn": .string(Scenario.machineARN(machine))])
        case 4, 5: call("states:startExecution.sync", parameters)
        case 6: call("states:startExecution.sync:2", parameters)
        default:
            let token: JSON =
                isJSONata ? ["token": "{% $states.context.Task.Token %}"] : ["token.$": "$$.Task.Token"]
            call(
                "states:startExecution.waitForTaskToken",
                ["StateMachineArn": .string(Scenario.machineARN(answers)), "Input": token])
            task["TimeoutSeconds"] = 20
        }
    }

    private func distribute(_ map: inout JSONObject, using random: inout SeededGenerator) {
        guard case .object(var processor)? = map["ItemProcessor"] else { return }
        func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }
        let type: JSON = oneIn(3) ? "EXPRESS" : "STANDARD"
        // Children of the Express type are held to the Express language.
        processor["ProcessorConfig"] = ["Mode": "DISTRIBUTED", "ExecutionType": type]
        map["ItemProcessor"] = .object(processor)
        let arguments = map["QueryLanguage"] == nil ? "Parameters" : "Arguments"
        if oneIn(3) {
            map["InputPath"] = nil
            map["Items"] = nil
            map["ItemReader"] = [
                "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": ["InputType": "JSON"],
                arguments: ["Bucket": "bucket", "Key": .string(oneIn(6) ? "missing.json" : "items.json")],
            ]
        }
        if oneIn(3) {
            map["ResultWriter"] = [
                "Resource": "arn:aws:states:::s3:putObject", arguments: ["Bucket": "bucket", "Prefix": "results"],
            ]
        }
        if oneIn(4) { map["ItemBatcher"] = ["MaxItemsPerBatch": .int(Int64.random(in: 1...3, using: &random))] }
    }
}
