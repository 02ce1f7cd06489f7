import Interpreter
import JSONValue
import StatesLanguage

/// Runs a definition to its end in no time, with services that live in memory.
struct Simulation {
    typealias Service = (_ activity: String, _ input: JSON, _ attempt: Int) -> Answer

    enum Answer {
        case success(JSON)
        case failure(String)
        /// Nobody ever answers.
        case silence
    }

    /// `auth-create-user ada`, in the order in which they were handed out.
    private(set) var calls: [String] = []
    /// The most tasks that were open at the same time.
    private(set) var mostOpen = 0
    private(set) var outcome: ExecutionOutcome?
    /// Seconds from start to end.
    private(set) var duration = 0.0

    init(_ text: String, input: JSON, service: Service) throws {
        let definition = try StateMachineDefinition.compile(text)
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        let identity = ExecutionIdentity(
            key: 1, partition: 0, arn: "arn:aws:states:us-east-1:000000000000:execution:m:e", name: "e",
            stateMachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", stateMachineName: "m",
            roleARN: "arn:aws:iam::000000000000:role/r", startedAt: start)
        var random = SystemRandomNumberGenerator()
        var now = start
        var (execution, step) = Execution.start(
            identity, definition: definition, input: input, at: now, using: &random)
        var waiting: [ScheduledTask] = []
        // Far more than any example needs: one that goes round in circles fails instead of never ending.
        for _ in 0..<10_000 where outcome == nil {
            for command in step.commands {
                switch command {
                case .scheduleTask(let task): waiting.append(task)
                case .cancelTask(let task, _): waiting.removeAll { $0.task == task }
                case .finish(let end): outcome = end
                case .armTimer, .cancelTimer, .startMapRun, .redriveMapRun, .abortMapRun: break
                }
            }
            mostOpen = max(mostOpen, execution.openTasks.count)
            if outcome != nil { break }
            if step.wantsResume {
                step = execution.handle(.resume, at: now, using: &random)
            } else if !waiting.isEmpty {
                let task = waiting.removeFirst()
                let stimulus = answer(to: task, from: service)
                step = stimulus.map { execution.handle($0, at: now, using: &random) } ?? Step()
            } else if let timer = execution.openTimers.min(by: { $0.due < $1.due }) {
                now = max(now, timer.due)
                step = execution.handle(.timerFired(timer.timer), at: now, using: &random)
            } else {
                break
            }
        }
        duration = now.seconds - start.seconds
    }

    private mutating func answer(to task: ScheduledTask, from service: Service) -> Stimulus? {
        guard case .activity(_, let name) = task.target else { return nil }
        let user = task.input["userId"]?.stringValue.map { " " + $0 } ?? ""
        calls.append(name + user)
        switch service(name, task.input, task.attempt) {
        case .success(let output):
            return .taskSucceeded(task: task.task, output: output, worker: nil)
        case .failure(let error):
            return .taskFailed(task: task.task, failure: StateFailure(error: error, cause: "of \(name)"), worker: nil)
        case .silence:
            return nil
        }
    }

    /// Services that do what the workers do, hints in the user's id included.
    static func workers(_ activity: String, _ input: JSON, _ attempt: Int) -> Answer {
        let user = input["userId"]?.stringValue ?? ""
        switch activity {
        case "billing-create-customer" where user.contains("billing-declined"): return .failure("Billing.CardDeclined")
        case "billing-create-customer" where user.contains("billing-flaky") && attempt < 2:
            return .failure("Billing.Unavailable")
        case "auth-create-user":
            return .success(["userId": .string(user), "authId": "auth-1", "createdAt": "2024-01-01T00:00:00Z"])
        case "billing-create-customer": return .success(["customerId": "cus-1", "plan": input["plan"] ?? nil])
        case "analytics-init-tracking": return .success(["trackingId": "trk-1"])
        case "email-send-welcome": return .success(["messageId": "<1@example.com>"])
        case "auth-delete-user", "billing-delete-customer", "analytics-delete-tracking":
            return .success(["deleted": true])
        default: return .silence
        }
    }
}
