import BatonTestKit
import JSONValue
import Orchestrator
import Testing

@testable import AWSJSONAPI

/// GetActivityTask: what ends a poll, and where its task goes.
@Suite(.timeLimit(.minutes(10))) struct LongPollTests {
    static let activity: JSON = ["activityArn": .string("\(Service.prefix):activity:a")]

    private func prepare(_ service: Service) async throws -> String {
        _ = try await service.call("CreateActivity", ["name": "a"])
        return try await service.createMachine("m", Service.task("a"))
    }

    private func start(_ service: Service, _ machine: String) async throws -> String {
        try await service.call("StartExecution", ["stateMachineArn": .string(machine)])["executionArn"]
    }

    @Test func `a task is handed out and answered`() async throws {
        try await Service.run { service in
            let execution = try await start(service, prepare(service))
            let task = try await service.call("GetActivityTask", Self.activity)
            #expect(task["input"] == "{}")
            _ = try await service.call("SendTaskSuccess", ["taskToken": .string(task["taskToken"]), "output": "7"])
            let described = try await service.call("DescribeExecution", ["executionArn": .string(execution)])
            #expect(described["status"] == "SUCCEEDED")
            #expect(described["output"] == "7")
        }
    }

    @Test func `an output has to be JSON`() async throws {
        try await Service.run { service in
            _ = try await start(service, prepare(service))
            let token = try await service.call("GetActivityTask", Self.activity)["taskToken"]
            let answer = try await service.call("SendTaskSuccess", ["taskToken": .string(token), "output": "{"])
            #expect(answer.code == "InvalidOutput")
            #expect(
                try await service.call("SendTaskSuccess", ["taskToken": .string(token), "output": "{}"]).status == 200)
        }
    }

    @Test(arguments: ["hang-up", "shutdown", "both before"])
    func `a poll ends empty`(_ reason: String) async throws {
        try await Service.run { service in
            _ = try await prepare(service)
            let hangUp = OneShot()
            if reason == "both before" {
                hangUp.fire()
                service.shutdown.fire()
            }
            async let poll = service.call("GetActivityTask", Self.activity, hangUp: hangUp)
            if reason == "hang-up" { hangUp.fire() }
            if reason == "shutdown" { service.shutdown.fire() }
            let answer = try await poll
            #expect(answer.status == 200)
            #expect(answer.body == [:])
        }
    }

    @Test func `a task that could not be delivered goes to the next`() async throws {
        try await Service.run { service in
            let execution = try await start(service, prepare(service))
            let lost = try await service.call("GetActivityTask", Self.activity)
            #expect(!lost["taskToken"].isEmpty)
            let giveBack = try #require(lost.undelivered)
            giveBack()
            let found = try await service.call("GetActivityTask", Self.activity)
            #expect(!found["taskToken"].isEmpty)
            _ = try await service.call("SendTaskSuccess", ["taskToken": .string(found["taskToken"]), "output": "1"])
            let described = try await service.call("DescribeExecution", ["executionArn": .string(execution)])
            #expect(described["status"] == "SUCCEEDED")
        }
    }

    @Test func `hundreds of polls share the tasks`() async throws {
        try await Service.run { service in
            let machine = try await prepare(service)
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<200 {
                    group.addTask { try await service.call("GetActivityTask", Self.activity)["taskToken"] }
                }
                for _ in 0..<200 { _ = try await start(service, machine) }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(tokens).count == 200)
            #expect(!tokens.contains(""))
        }
    }
}
