import Interpreter
import JSONValue
import Orchestrator

/// Whoever wants an execution, and insists.
struct SimulatedClient {
    /// A call is under way, and its answer not here.
    var wantsCall = false
    var arn: String?
    /// Over the broker: what came, by what it says of the execution.
    var replies: Set<String> = []
    var refused = false
    var asked = 0
    var redrives = 0
    var redriveAttempts = 0
    /// Answers of StartSyncExecution.
    var outcomes = 0

    mutating func replied(_ message: OutboxMessage) {
        replies.insert("\(message.executionARN) \(message.type) \(String(decoding: message.body, as: UTF8.self))")
    }
}

extension Simulation {
    /// Creates the machines and the activity.
    func install() {
        let machines = scenario.machines.enumerated().map { number, machine in
            (number, machine.definition.serialized(), machine.isExpress)
        }
        let now = wallClock
        submit([
            .transact(
                Transaction { writer in
                    var operations: [WriteOperation] = [
                        .insertActivity(
                            ActivityRecord(arn: "\(Scenario.account):activity:work", name: "work", createdAt: now))
                    ]
                    for (index, definition, isExpress) in machines {
                        operations.append(
                            .insertStateMachine(
                                StateMachineRecord(
                                    arn: Scenario.machineARN(index), name: "machine\(index)",
                                    kind: isExpress ? .express : .standard,
                                    status: .active, createdAt: now,
                                    revision: StateMachineRevision(
                                        number: try writer.nextRevisionNumber(), id: "r", definition: definition,
                                        roleARN: "role", createdAt: now), settings: .object(JSONObject()))))
                    }
                    return (operations, {})
                } failed: { _ in
                })
        ])
        turn(.standard)
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
            guard clients[index].replies.isEmpty, !clients[index].refused, clients[index].asked < 200 else { return }
            let takes = broker.isUp && broker.hasInboundQueues && broker.blockedUntil <= now
            if takes {
                enqueueInbound(.start(index))
                if start.isDoubled { enqueueInbound(.malformedStart) }
                if clients[index].asked == 1 { planLater(index) }
            } else {
                clients[index].asked -= 1
            }
            return after(takes ? 120 : 5, .start(index))
        }
        guard process.core != nil else { return after(1, .start(index)) }
        clients[index].wantsCall = true
        if scenario.machines[start.machine].isExpress { return startExpress(index) }
        request(index)
        if start.isDoubled { request(index, insists: false) }
    }

    private func request(_ index: Int, insists: Bool = true) {
        let inbox = Inbox(self)
        let life = process.life
        submit([
            .start(command(index, scenario.input)) { result in
                inbox.simulation?.started(index, result, life: life, insists: insists)
            }
        ])
    }

    private func command(_ index: Int, _ input: JSON) -> StartCommand {
        let start = scenario.starts[index]
        return StartCommand(
            stateMachineARN: Scenario.machineARN(start.machine), name: start.name, inputText: input.serialized(),
            input: input, traceHeader: nil)
    }

    private func started(_ index: Int, _ result: Result<StartedExecution, ServiceError>, life: Int, insists: Bool) {
        // A process that was presumed dead may answer late, and be right.
        if life == process.life { clients[index].wantsCall = false }
        let isFirst = clients[index].arn == nil
        switch result {
        case .success(let started):
            if let arn = clients[index].arn, arn != started.arn {
                violation("\(arn) was started a second time as \(started.arn)")
            }
            clients[index].arn = started.arn
        case .failure(let error) where error.code == .executionAlreadyExists:
            // An earlier call got through, and the execution has ended since.
            clients[index].arn = arn(index)
        case .failure:
            if isFirst, insists, life == process.life { after(1, .start(index)) }
            return
        }
        if isFirst {
            planLater(index)
            if scenario.starts[index].isDoubled { after(0.5, .startTwin(index)) }
        }
    }

    private func planLater(_ index: Int) {
        if let seconds = scenario.starts[index].stopAfter { after(seconds, .stop(index)) }
        if let seconds = scenario.starts[index].redriveAfter { after(seconds, .redrive(index)) }
    }

    /// The name is taken: with the same input it is the same execution, with another it is refused.
    func startTwin(_ index: Int) {
        guard process.core != nil, !scenario.machines[scenario.starts[index].machine].isExpress else { return }
        let inbox = Inbox(self)
        let arn = arn(index)
        submit([
            .start(command(index, scenario.input)) { result in
                guard case .success(let started) = result, started.arn != arn else { return }
                inbox.simulation?.violation("\(arn) was started again as \(started.arn)")
            },
            .start(command(index, "another input")) { result in
                if case .success = result { inbox.simulation?.violation("\(arn) was started with another input") }
            },
        ])
    }

    // MARK: Express

    private func startExpress(_ index: Int) {
        let start = scenario.starts[index]
        let (text, input) = (scenario.input.serialized(), scenario.input)
        counters.syncCalls += 1
        let number = counters.syncCalls
        resolve(Scenario.machineARN(start.machine)) { target, simulation in
            let inbox = Inbox(simulation)
            simulation.syncCalls[number] = index
            simulation.submit(
                [
                    .startExpress(
                        ExpressStart(target: target, name: start.name, inputText: text, input: input),
                        .awaitsEnd { result in inbox.simulation?.ended(number, result) })
                ], .express)
        } failed: { [weak self] _ in
            guard let self else { return }
            clients[index].wantsCall = false
            after(1, .start(index))
        }
    }

    private func ended(_ number: Int, _ result: Result<EndedExecution, ServiceError>) {
        guard let index = syncCalls.removeValue(forKey: number) else {
            return violation("a call of StartSyncExecution was answered twice")
        }
        clients[index].wantsCall = false
        switch result {
        case .success(let ended):
            clients[index].arn = ended.arn
            clients[index].outcomes += 1
            verdict.executions += 1
            verdict.expressExecutions += 1
            verdict.ends[ended.status.rawValue, default: 0] += 1
            compareWithOracle(ended, index)
        case .failure: after(1, .start(index))
        }
    }

    /// A start message for an EXPRESS machine.
    func handOver(_ message: ExpressMessage) { submit([.startExpress(message.start, .nobody)], .express) }

    // MARK: What else clients do

    func startDelivery(_ index: Int, _ delivery: BrokerDelivery) -> StartDelivery {
        let start = scenario.starts[index]
        return StartDelivery(
            stateMachine: "machine\(start.machine)", name: start.name, input: scenario.input.serialized(),
            reply: .init(queue: "replies", correlationID: String(index)), traceHeader: nil, delivery: delivery)
    }

    func arn(_ index: Int) -> String {
        let start = scenario.starts[index]
        return "\(Scenario.account):execution:machine\(start.machine):\(start.name)"
    }

    func stop(_ index: Int) {
        guard process.core != nil else { return after(1, .stop(index)) }
        let inbox = Inbox(self)
        submit([
            .stop(executionARN: arn(index), StateFailure(error: "Stopped", cause: nil)) { result in
                guard case .failure(let error) = result, error.code == .serviceUnavailable else { return }
                inbox.simulation?.after(1, .stop(index))
            }
        ])
    }

    func redrive(_ index: Int) {
        clients[index].redriveAttempts += 1
        guard clients[index].redriveAttempts < 8 else { return }
        guard process.core != nil else { return after(2, .redrive(index)) }
        let inbox = Inbox(self)
        let token = "redrive-\(index)"
        submit([
            .redrive(executionARN: arn(index), clientToken: token) { result in
                guard let simulation = inbox.simulation else { return }
                switch result {
                case .success:
                    simulation.clients[index].redrives += 1
                    simulation.verdict.redrives += 1
                case .failure: simulation.after(5, .redrive(index))
                }
            }
        ])
    }

    /// SendTaskSuccess or SendTaskFailure, tried until it is answered.
    func answerToken(_ token: String, _ answer: TokenAnswer) {
        guard process.core != nil else { return after(1, .answerToken(token: token, answer)) }
        outstandingTokenAnswers[token] = answer
        let inbox = Inbox(self)
        let lane = SimulatedBroker.lane(ofToken: token)
        submit(
            [
                .tokenAnswer(token: token, answer) { result in
                    guard let simulation = inbox.simulation else { return }
                    simulation.outstandingTokenAnswers[token] = nil
                    if case .failure(let error) = result, error.code == .serviceUnavailable {
                        simulation.after(1, .answerToken(token: token, answer))
                    }
                }
            ], lane)
    }
}
