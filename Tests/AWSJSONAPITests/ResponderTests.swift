import BatonTestKit
import Interpreter
import JSONValue
import Orchestrator
import Testing

@testable import AWSJSONAPI

@Suite(.timeLimit(.minutes(10))) struct ResponderTests {
    @Test func `a machine lives from creation to deletion`() async throws {
        try await Service.run { service in
            let arn = try await service.createMachine("m")
            #expect(arn == "\(Service.prefix):stateMachine:m")
            #expect(try await service.createMachine("m") == arn)
            var answer = try await service.call("DescribeStateMachine", ["stateMachineArn": .string(arn)])
            #expect(answer["status"] == "ACTIVE")
            #expect(answer.body["revisionId"] == nil)
            #expect(answer.body["creationDate"]?.doubleValue == 1_735_689_600)

            answer = try await service.call(
                "CreateStateMachine",
                ["name": "m", "definition": .string(Service.task("a")), "roleArn": Service.role])
            #expect(answer.code == "StateMachineAlreadyExists")
            #expect(answer.message == "State Machine Already Exists: '\(arn)'")

            answer = try await service.call(
                "UpdateStateMachine", ["stateMachineArn": .string(arn), "definition": .string(Service.task("a"))])
            let revision = answer["revisionId"]
            #expect(revision.count == 36)
            answer = try await service.call(
                "UpdateStateMachine", ["stateMachineArn": .string(arn), "roleArn": Service.role])
            #expect(answer["revisionId"] == revision, "a change of nothing is no revision")

            #expect(try await service.call("DeleteStateMachine", ["stateMachineArn": .string(arn)]).status == 200)
            answer = try await service.call("DescribeStateMachine", ["stateMachineArn": .string(arn)])
            #expect(answer.code == "StateMachineDoesNotExist")
        }
    }

    @Test func `a deleted machine waits for its executions`() async throws {
        try await Service.run { service in
            _ = try await service.call("CreateActivity", ["name": "a"])
            let arn = try await service.createMachine("m", Service.task("a"))
            let execution = try await service.call("StartExecution", ["stateMachineArn": .string(arn)])["executionArn"]
            _ = try await service.call("DeleteStateMachine", ["stateMachineArn": .string(arn)])
            let machine: JSON = ["stateMachineArn": .string(arn)]
            #expect(try await service.call("DescribeStateMachine", machine)["status"] == "DELETING")
            #expect(try await service.call("StartExecution", machine).code == "StateMachineDeleting")
            #expect(
                try await service.call("UpdateStateMachine", machine.adding("roleArn", Service.role)).code
                    == "StateMachineDeleting")
            _ = try await service.call("StopExecution", ["executionArn": .string(execution)])
            #expect(try await service.call("ListStateMachines").body["stateMachines"] == [])
            #expect(try await service.call("DescribeStateMachine", machine).code == "StateMachineDoesNotExist")
            #expect(try await service.createMachine("m") == arn)
        }
    }

    static let refusals: [(String, JSON, String, String)] = [
        ("DescribeStateMachine", ["stateMachineArn": "x"], "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: x'"),
        (
            "UpdateStateMachine", ["stateMachineArn": .string("\(Service.prefix):stateMachine:x")],
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"
        ),
        (
            "StartExecution", ["stateMachineArn": .string("\(Service.prefix):stateMachine:x")],
            "StateMachineDoesNotExist", "State Machine Does Not Exist: '\(Service.prefix):stateMachine:x'"
        ),
        (
            "StartExecution", ["stateMachineArn": .string("\(Service.prefix):stateMachine:x"), "name": "a b"],
            "InvalidName", "Invalid Name: 'a b'"
        ),
        (
            "StopExecution", ["executionArn": .string("\(Service.prefix):activity:x")], "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: activity'"
        ),
        (
            "DescribeActivity", ["activityArn": .string("\(Service.prefix):activity:x")], "ActivityDoesNotExist",
            "Activity Does Not Exist: '\(Service.prefix):activity:x'"
        ),
        ("CreateActivity", ["name": "a*"], "InvalidName", "Invalid Name: 'a*'"),
        ("SendTaskHeartbeat", ["taskToken": "t"], "InvalidToken", "Invalid Token: 'Invalid token'"),
        (
            "TagResource", ["resourceArn": .string("\(Service.prefix):stateMachine:x"), "tags": []], "ResourceNotFound",
            "Resource not found: '\(Service.prefix):stateMachine:x'"
        ),
    ]

    @Test(arguments: refusals)
    func `refusals carry AWS's names and words`(
        _ operation: String, _ request: JSON, _ code: String, _ message: String
    ) async throws {
        try await Service.run { service in
            let answer = try await service.call(operation, request)
            #expect(answer.status == 400)
            #expect(answer.code == code)
            #expect(answer.message == message)
        }
    }

    @Test func `what is not a request of the API is refused before anything happens`() async throws {
        try await Service.run { service in
            let target = "AWSStepFunctions.CreateActivity"
            func request(
                _ text: String = #"{"name":"a"}"#, target: String? = target, origin: String? = nil
            ) -> APIRequest {
                APIRequest(
                    method: "POST", path: "/", target: target, origin: origin, body: .bytes(Array(text.utf8)))
            }
            let refused: [(APIRequest, String)] = [
                (request(target: nil), "UnknownOperationException"),
                (request(target: "CreateActivity"), "UnknownOperationException"),
                (request(target: "AWSStepFunctions.Nonsense"), "UnknownOperationException"),
                (request(target: "Baton.CreateActivity"), "UnknownOperationException"),
                (request("{"), "SerializationException"),
                (request("[]"), "SerializationException"),
                (request("\u{FEFF}{}"), "SerializationException"),
                (request(""), "ValidationException"),
                (request(origin: "http://example.com"), "ValidationException"),
                (APIRequest(method: "POST", path: "/", target: target, body: .tooLarge), "ValidationException"),
            ]
            for (request, code) in refused {
                let answer = try await service.send(request)
                #expect(answer.code == code)
                #expect(answer.status == 400)
            }
            let activities = try await service.call("ListActivities").body["activities"]
            #expect(activities == [])
            let page = await service.responder.respond(to: APIRequest(method: "GET", path: "/"))
            #expect(page.status == 405)
        }
    }

    @Test func `listings go on where they left off`() async throws {
        try await Service.run { service in
            for number in 0..<5 { _ = try await service.call("CreateActivity", ["name": .string("a\(number)")]) }
            var names: [String] = []
            var request: JSON = ["maxResults": 2]
            while true {
                let answer = try await service.call("ListActivities", request)
                names += (answer.body["activities"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
                guard let token = answer.body["nextToken"] else { break }
                request = ["maxResults": 2, "nextToken": token]
            }
            #expect(names == ["a0", "a1", "a2", "a3", "a4"])
            #expect(try await service.call("ListStateMachines", request).code == "InvalidToken")
        }
    }

    @Test(arguments: [1, 3, 100])
    func `histories page both ways`(_ size: Int) async throws {
        try await Service.run { service in
            let arn = try await service.createMachine("m")
            let execution = try await service.call("StartExecution", ["stateMachineArn": .string(arn)])["executionArn"]
            for reversed in [false, true] {
                var ids: [Int64] = []
                var request: JSON = [
                    "executionArn": .string(execution), "maxResults": .int(Int64(size)),
                    "reverseOrder": .bool(reversed),
                ]
                while true {
                    let answer = try await service.call("GetExecutionHistory", request)
                    let events = answer.body["events"]?.arrayValue ?? []
                    #expect(events.count <= size)
                    ids += events.compactMap { $0["id"]?.intValue }
                    guard let token = answer.body["nextToken"] else { break }
                    request = request.adding("nextToken", token)
                }
                #expect(ids == (reversed ? [4, 3, 2, 1] : [1, 2, 3, 4]))
            }
        }
    }

    @Test func `a failing database is the server's fault`() async throws {
        try await Service.run { service in
            service.store.failReads(StoreError(.inputOutput, "disk on fire"))
            let answer = try await service.call("ListActivities")
            #expect(answer.status == 503)
            #expect(answer.code == "ServiceUnavailable")
        }
    }

    @Test func `readiness says what is missing`() async throws {
        try await Service.run { service in
            #expect(try await service.send(APIRequest(method: "GET", path: "/health/ready")).status == 200)
            service.broker.disconnect(reason: "gone fishing")
            let answer = try await service.send(APIRequest(method: "GET", path: "/health/ready"))
            #expect(answer.status == 503)
            #expect(answer.body["broker"]?["status"] == "connecting")
            #expect(answer.body["reasons"]?.serialized().contains("gone fishing") == true)
            #expect(try await service.send(APIRequest(method: "GET", path: "/health/live")).status == 200)
        }
    }

    @Test func `requests are counted by what is known`() async throws {
        try await Service.run { service in
            _ = try await service.call("ListActivities")
            _ = try await service.call("ListActivities", ["maxResults": 1001])
            _ = try await service.call("AWSStepFunctions.Invented")
            let text = String(
                decoding: await service.responder.respond(to: APIRequest(method: "GET", path: "/metrics")).body,
                as: UTF8.self)
            for line in [
                #"baton_api_requests_total{operation="AWSStepFunctions.ListActivities",code="OK"} 1"#,
                #"baton_api_requests_total{operation="AWSStepFunctions.ListActivities",code="ValidationException"} 1"#,
                #"baton_api_requests_total{operation="unknown",code="UnknownOperationException"} 1"#,
            ] { #expect(text.contains(line), "\(line) is missing") }
            #expect(!text.contains("Invented"))
        }
    }
}

extension JSON {
    func adding(_ key: String, _ value: JSON) -> JSON {
        var object = objectValue ?? JSONObject()
        object[key] = value
        return .object(object)
    }
}
