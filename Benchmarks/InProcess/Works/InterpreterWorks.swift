import Interpreter
import JSONValue
import StatesLanguage

/// The interpreter by itself: states entered and left per second, without store, broker and clock.
enum InterpreterWorks {
    static let all = [
        transitions("interpreter/pass", definition: passes(100), perExecution: 100, calls: 15_000),
        transitions("interpreter/choice", definition: choices(50), perExecution: 100, calls: 15_000),
        transitions("interpreter/task", definition: tasks(20), perExecution: 20, calls: 25_000),
    ]

    private static let small: JSON = ["a": 1, "b": [1, 2, 3], "name": "Ada"]

    private static func transitions(
        _ name: String, definition text: String, perExecution: Int, calls: Int
    ) -> Work {
        Work(name, unit: "transitions/s", least: 1_000_000, count: Double(perExecution), calls: calls) {
            let definition = try StateMachineDefinition.compile(text)
            return {
                let status = run(definition, small)
                guard status == .succeeded else { throw WorkFailed("\(name) ended as \(status)") }
            }
        }
    }

    private static func run(_ definition: StateMachineDefinition, _ input: JSON) -> ExecutionStatus {
        let now = Timestamp(microseconds: 0)
        var random = SplitMix(state: 1)
        var (execution, step) = Execution.start(
            identity, definition: definition, input: input, limits: InterpreterLimits(), at: now, using: &random)
        while execution.status == .running {
            if step.wantsResume {
                step = execution.handle(.resume, at: now, using: &random)
            } else if case .scheduleTask(let task)? = step.commands.first {
                let answer = Stimulus.taskSucceeded(task: task.task, output: input, worker: nil)
                step = execution.handle(answer, at: now, using: &random)
            } else {
                break
            }
        }
        return execution.status
    }

    private static let identity = ExecutionIdentity(
        key: 1, partition: 0, arn: "arn:aws:states:us-east-1:000000000000:execution:m:e", name: "e",
        stateMachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", stateMachineName: "m", roleARN: "r",
        startedAt: Timestamp(microseconds: 0))

    // MARK: Definitions

    private static func passes(_ count: Int) -> String { machine(count) { _ in #""Type":"Pass""# } }

    private static func tasks(_ count: Int) -> String {
        machine(count) { _ in #""Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a""# }
    }

    /// So many pairs of a Choice and the Pass that it leads to.
    private static func choices(_ pairs: Int) -> String {
        var states: [String] = []
        for number in 0..<pairs {
            states.append(
                """
                "C\(number)":{"Type":"Choice","Default":"P\(number)",\
                "Choices":[{"Variable":"$.a","NumericGreaterThan":5,"Next":"P\(number)"},\
                {"Variable":"$.name","StringEquals":"Ada","Next":"P\(number)"}]}
                """)
            let way = number + 1 == pairs ? #""End":true"# : #""Next":"C\#(number + 1)""#
            states.append(#""P\#(number)":{"Type":"Pass",\#(way)}"#)
        }
        return #"{"StartAt":"C0","States":{\#(states.joined(separator: ","))}}"#
    }

    private static func machine(_ count: Int, _ state: (Int) -> String) -> String {
        let states = (0..<count).map { number in
            let way = number + 1 == count ? #""End":true"# : #""Next":"S\#(number + 1)""#
            return #""S\#(number)":{\#(state(number)),\#(way)}"#
        }
        return #"{"StartAt":"S0","States":{\#(states.joined(separator: ","))}}"#
    }
}

/// Numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
