import Interpreter
import JSONValue

@testable import Orchestrator

/// Whoever wants an execution, and insists.
struct SimulatedClient {
    /// A call is under way, and its answer not here.
    var wantsCall = false
    var arn: String?
    /// Over the broker: how often the outcome came.
    var replies = 0
    var refused = false
    var asked = 0

    mutating func callFailed() {}
}

extension Simulation {
    static func machineARN(_ index: Int) -> String { "\(account):stateMachine:machine\(index)" }

    /// Creates the machines and the activity.
    func install() {
        let machines = scenario.machines.enumerated().map { ($0.offset, $0.element.serialized()) }
        let now = wallClock
        submit([
            .transact(
                Transaction { writer in
                    var operations: [WriteOperation] = [
                        .insertActivity(
                            ActivityRecord(arn: "\(Self.account):activity:work", name: "work", createdAt: now))
                    ]
                    for (index, definition) in machines {
                        operations.append(
                            .insertStateMachine(
                                StateMachineRecord(
                                    arn: Self.machineARN(index), name: "machine\(index)", kind: .standard,
                                    status: .active, createdAt: now,
                                    revision: StateMachineRevision(
                                        number: try writer.nextRevisionNumber(), id: "r", definition: definition,
                                        roleARN: "role", createdAt: now), settings: .object(JSONObject()))))
                    }
                    return (operations, {})
                } failed: { _ in
                })
        ])
        turn()
        // Faults are counted from here: a world without machines has nothing to lose.
        process.turns = 0
        process.isInstalled = true
    }

    func start(_ index: Int) {
        guard clients[index].arn == nil else { return }
        let start = scenario.starts[index]
        clients[index].asked += 1
        if start.overBroker {
            // A message that a wiped broker lost was never answered: it is sent again, under the same name.
            guard clients[index].replies == 0, !clients[index].refused, clients[index].asked < 200 else { return }
            if broker.isUp, broker.hasInboundQueues { enqueueInbound(.start(index)) }
            return after(broker.isUp ? 120 : 5, .start(index))
        }
        guard process.core != nil else { return after(1, .start(index)) }
        clients[index].wantsCall = true
        let inbox = Inbox(self)
        submit([
            .start(
                StartCommand(
                    stateMachineARN: Self.machineARN(start.machine), name: start.name,
                    inputText: scenario.input.serialized(), input: scenario.input, traceHeader: nil)
            ) { result in inbox.simulation?.started(index, result) }
        ])
    }

    private func started(_ index: Int, _ result: Result<StartedExecution, ServiceError>) {
        clients[index].wantsCall = false
        switch result {
        case .success(let started):
            clients[index].arn = started.arn
            if let seconds = scenario.starts[index].stopAfter { after(seconds, .stop(index)) }
        case .failure(let error) where error.code == .executionAlreadyExists:
            // An earlier call got through, and the execution has ended since.
            clients[index].arn = arn(index)
        case .failure: after(1, .start(index))
        }
    }

    func startDelivery(_ index: Int, _ delivery: BrokerDelivery) -> StartDelivery {
        let start = scenario.starts[index]
        return StartDelivery(
            stateMachine: "machine\(start.machine)", name: start.name, input: scenario.input.serialized(),
            reply: .init(queue: "replies", correlationID: String(index)), traceHeader: nil, delivery: delivery)
    }

    func arn(_ index: Int) -> String {
        let start = scenario.starts[index]
        return "\(Self.account):execution:machine\(start.machine):\(start.name)"
    }

    func stop(_ index: Int) {
        guard process.core != nil else { return after(1, .stop(index)) }
        let inbox = Inbox(self)
        submit([
            .stop(executionARN: arn(index), StateFailure(error: "Stopped", cause: nil)) { result in
                if case .failure = result { inbox.simulation?.after(1, .stop(index)) }
            }
        ])
    }

    /// SendTaskSuccess or SendTaskFailure, tried until it is answered.
    func answerToken(_ token: String, _ answer: TokenAnswer) {
        guard process.core != nil else { return after(1, .answerToken(token: token, answer)) }
        outstandingTokenAnswers[token] = answer
        let inbox = Inbox(self)
        submit([
            .tokenAnswer(token: token, answer) { result in
                guard let simulation = inbox.simulation else { return }
                simulation.outstandingTokenAnswers[token] = nil
                if case .failure(let error) = result, error.code == .serviceUnavailable {
                    simulation.after(1, .answerToken(token: token, answer))
                }
            }
        ])
    }
}
