import Interpreter
import JSONValue
import StatesLanguage

/// The engine's core over a database on disk, in one thread: everything that happens in a Baton for a step, but for
/// what broker and HTTP take.
enum EngineWorks {
    static let all = [
        engine("engine/start", definition: machine(1, pass), unit: "executions/s", perExecution: 1, calls: 250),
        engine(
            "engine/pass", definition: machine(10, pass), unit: "transitions/s", least: 20_000, perExecution: 10,
            calls: 200),
        engine("engine/task", definition: machine(1, task), unit: "tasks/s", perExecution: 1, calls: 150),
        engine("engine/onboarding", definition: machine(4, task), unit: "tasks/s", perExecution: 4, calls: 70),
    ]

    private static let input = #"{"email":"ada@example.com","name":"Ada Lovelace","plan":"pro","userId":"u-12345"}"#
    private static let answer: JSON = ["userId": "u-12345", "status": "DONE", "at": "2026-01-01T00:00:00Z"]
    private static let executions = 50

    private static func engine(
        _ name: String, definition: String, unit: String, least: Double? = nil, perExecution: Int, calls: Int
    ) -> Work {
        Work(name, unit: unit, least: least, count: Double(executions * perExecution), calls: calls) {
            let engine = try EngineHarness(definition: definition, input: input, answer: answer)
            return {
                guard engine.run(executions) else { throw WorkFailed("\(name): not all executions succeeded") }
            }
        }
    }

    private static func pass(_ number: Int) -> String { #""Type":"Pass""# }

    private static func task(_ number: Int) -> String {
        """
        "Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:step-\(number)","TimeoutSeconds":60,\
        "Retry":[{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":3}]
        """
    }

    private static func machine(_ count: Int, _ state: (Int) -> String) -> String {
        let states = (0..<count).map { number in
            let way = number + 1 == count ? #""End":true"# : #""Next":"S\#(number + 1)""#
            return #""S\#(number)":{\#(state(number)),\#(way)}"#
        }
        return #"{"StartAt":"S0","States":{\#(states.joined(separator: ","))}}"#
    }
}
