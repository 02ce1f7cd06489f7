import Interpreter
import JSONValue
import Orchestrator

/// Which operations the engine may have called beside its thread.
struct SimulatedCaller: ServiceCaller {
    func canCall(_ service: String, _ action: String) -> Bool {
        service == "aws-sdk:sfn" && ["startExecution", "listExecutions", "stopExecution"].contains(action)
    }

    /// The simulation answers in its place.
    func call(_ service: String, _ action: String, _ parameters: JSON) async throws(ServiceError) -> JSON {
        throw ServiceError(.internalFailure, "not called")
    }
}

// Calls beside the engine, and buckets.
extension Simulation {
    func call(_ call: ServiceCall, _ lane: Lane) {
        let seconds = dice.seconds(0.01...2, "call", UInt64(call.task.execution), UInt64(call.task.task))
        after(seconds, .serviceCalled(call, life: process.life, lane))
    }

    func serviceCalled(_ call: ServiceCall, _ lane: Lane) {
        let inbox = Inbox(self)
        let life = process.life
        let task = call.task
        let answer: @Sendable (Result<JSON, ServiceError>) -> Void = { result in
            guard let simulation = inbox.simulation, simulation.process.life == life else { return }
            simulation.submit([.serviceAnswered(task, result)], lane)
        }
        switch call.action {
        case "startExecution":
            let arn = call.parameters["StateMachineArn"]?.stringValue ?? ""
            let text = call.parameters["Input"]?.stringValue ?? "{}"
            let input = (try? JSON(parsing: text)) ?? .object(JSONObject())
            let began: @Sendable (Result<StartedExecution, ServiceError>) -> Void = { result in
                answer(
                    result.map { ["ExecutionArn": .string($0.arn), "StartDate": .string($0.startedAt.rfc3339)] })
            }
            if isExpress(arn) {
                resolve(arn) { target, simulation in
                    simulation.submit(
                        [
                            .startExpress(
                                ExpressStart(target: target, name: nil, inputText: text, input: input),
                                .awaitsStart(began))
                        ], .express)
                } failed: {
                    answer(.failure($0))
                }
            } else {
                submit([
                    .start(
                        StartCommand(
                            stateMachineARN: arn, name: nil, inputText: text, input: input, traceHeader: nil),
                        began)
                ])
            }
        case "stopExecution":
            submit([
                .stop(
                    executionARN: call.parameters["ExecutionArn"]?.stringValue ?? "",
                    StateFailure(error: "Stopped", cause: nil)
                ) { answer($0.map { ["StopDate": .string($0.rfc3339)] }) }
            ])
        default: answer(.success(["Executions": []]))
        }
    }

    /// What an ARN leads to, from the durable engine.
    func resolve(
        _ arn: String, _ found: @escaping (StartTarget, Simulation) -> Void,
        failed: @escaping (ServiceError) -> Void
    ) {
        let inbox = Inbox(self)
        // Proof: engine, callbacks and simulation run on one thread.
        nonisolated(unsafe) let (found, failed) = (found, failed)
        let life = process.life
        submit([
            .resolve(arn) { result in
                guard let simulation = inbox.simulation, simulation.process.life == life else { return }
                switch result {
                case .success(let target): found(target, simulation)
                case .failure(let error): failed(error)
                }
            }
        ])
    }

    func isExpress(_ arn: String) -> Bool {
        scenario.machines.indices.contains { scenario.machines[$0].isExpress && Scenario.machineARN($0) == arn }
    }

    // MARK: Buckets

    func run(_ job: MapRunJob) {
        verdict.mapRuns += 1
        let number: Int64 = if case .read(let number, _) = job { number } else { 0 }
        let seconds = dice.seconds(0.01...5, "object", UInt64(number), now.bitPattern)
        after(seconds, .objectJob(job, life: process.life))
    }

    func objectJob(_ job: MapRunJob) {
        switch job {
        case .read(let number, let request):
            func portion(_ first: Int, _ content: MapItemsPortion.Content) -> MapItemsPortion {
                MapItemsPortion(mapRun: number, first: first, content: content)
            }
            guard request.parameters["Key"]?.stringValue == "items.json" else {
                let failure = StateFailure(error: "States.ItemReaderFailed", cause: "no such key")
                return hand([portion(0, .failure(failure))])
            }
            hand([
                portion(0, .items(count: 3, bytes: Array("[10,11,12]".utf8))),
                portion(3, .items(count: 2, bytes: Array("[13,14]".utf8))), portion(5, .end),
            ])
        case .write(let run, _, let destination):
            if dice.chance(10, "bucket refuses", UInt64(run.number)) {
                let failure = StateFailure(error: "States.ResultWriterFailed", cause: "refused")
                submit([.resultsWritten(mapRun: run.number, .failure(MapItemFailure(failure: failure)))])
            } else {
                submit([
                    .resultsWritten(
                        mapRun: run.number,
                        .success(["MapRunArn": .string(run.arn), "Bucket": .string(destination.bucket)]))
                ])
            }
        }
    }

    /// One portion after the other, each when the one before is on disk.
    func hand(_ portions: [MapItemsPortion]) {
        guard let first = portions.first else { return }
        let rest = Array(portions.dropFirst())
        let inbox = Inbox(self)
        let life = process.life
        submit([
            .mapItems(first) { result in
                guard let simulation = inbox.simulation, simulation.process.life == life else { return }
                switch result {
                case .success: simulation.after(0.05, .mapItems(rest, life: life))
                case .failure(let error):
                    guard case .items = first.content else { return }
                    let failure = StateFailure(error: "States.ItemReaderFailed", cause: error.message)
                    simulation.after(
                        0.05,
                        .mapItems(
                            [MapItemsPortion(mapRun: first.mapRun, first: 5, content: .failure(failure))],
                            life: life))
                }
            }
        ])
    }
}
