import JSONValue
import Logging
import NIOCore
import NIOEmbedded
import NIOExtras
import Telemetry
import Testing

@testable import AWSJSONAPI

/// A connection, byte by byte, with the service behind it and no socket below.
struct Connection: Sendable {
    let channel: NIOAsyncTestingChannel
    let service: Service

    struct Response: Sendable {
        var status: Int
        /// In small letters.
        var headers: [String: String]
        var body: String
    }

    static func open(
        maximumRequestBytes: Int = 100_000, _ body: (Connection) async throws -> Void
    ) async throws {
        try await Service.run { service in
            let api = APIChannel(
                responder: service.responder, maximumRequestBytes: maximumRequestBytes, idleTimeout: .seconds(120),
                transferTimeout: .seconds(60), isSecure: false)
            let channel = NIOAsyncTestingChannel()
            let logger = Logger(label: "test")
            let value = try await channel.eventLoop.flatSubmit { api.setup(channel: channel, logger: logger) }.get()
            try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
            async let serving: Void = api.handle(value: value, logger: logger)
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(Connection(channel: channel, service: service)))
            } catch {
                outcome = .failure(error)
            }
            channel.close(promise: nil)
            await serving
            try outcome.get()
        }
    }

    func send(_ text: String) async throws { try await channel.writeInbound(ByteBuffer(string: text)) }

    func receive() async throws -> Response {
        let text = String(buffer: try await channel.waitForOutboundWrite(as: ByteBuffer.self))
        let end = try #require(text.firstRange(of: "\r\n\r\n"))
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let colon = try #require(line.firstIndex(of: ":"))
            headers[line[..<colon].lowercased()] = String(line[colon...].dropFirst(2))
        }
        return Response(
            status: try #require(Int(lines[0].split(separator: " ")[1])), headers: headers,
            body: String(text[end.upperBound...]))
    }

    func isClosed() async throws -> Bool { try await channel.eventLoop.submit { !channel.isActive }.get() }

    func pass(_ time: TimeAmount) async { await channel.testingEventLoop.advanceTime(by: time) }

    static func post(_ operation: String, _ body: String, headers: String = "", version: String = "1.1") -> String {
        "POST / HTTP/\(version)\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.\(operation)\r\n\(headers)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Answered by the engine, without a task.
    static let quick = post("StartExecution", #"{"stateMachineArn":"\#(Service.prefix):stateMachine:none"}"#)
    static let quickAnswer = "StateMachineDoesNotExist"
    /// Answered by the connection's task.
    static let slow = post("ListActivities", "{}")
    static let slowAnswer = #"{"activities":[]}"#
}

@Suite(.timeLimit(.minutes(10))) struct RequestHandlerTests {
    @Test func `a response has its headers and its length`() async throws {
        try await Connection.open { connection in
            for (request, status) in [(Connection.slow, 200), (Connection.quick, 400)] {
                try await connection.send(request)
                let response = try await connection.receive()
                #expect(response.status == status)
                #expect(response.headers["content-type"] == "application/x-amz-json-1.0")
                #expect(response.headers["content-length"] == String(response.body.utf8.count))
                #expect(response.headers["x-amzn-requestid"]?.count == 36)
                #expect(response.headers["date"]?.hasSuffix(" GMT") == true)
                #expect(Set(response.headers.keys).count == 4)
            }
        }
    }

    @Test func `an execution starts without a task`() async throws {
        try await Connection.open { connection in
            let machine = try await connection.service.createMachine("m")
            try await connection.send(
                Connection.post("StartExecution", #"{"stateMachineArn":"\#(machine)","name":"n","traceHeader":null}"#))
            let response = try await connection.receive()
            #expect(
                response.body
                    == #"{"executionArn":"\#(Service.prefix):execution:m:n","startDate":1735689600.000}"#)
            let metrics = connection.service.metrics.render()
            #expect(
                metrics.contains(
                    #"baton_api_requests_total{operation="AWSStepFunctions.StartExecution",code="OK"} 1"#))
        }
    }

    @Test(arguments: [1, 2, 3, 7, 50, 10_000])
    func `requests in one go are answered in their order, however they are cut`(_ size: Int) async throws {
        try await Connection.open { connection in
            let order = [true, false, false, true, true, false, true]
            let bytes = Array(order.map { $0 ? Connection.quick : Connection.slow }.joined().utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                let part = bytes[start..<min(start + size, bytes.count)]
                try await connection.channel.writeInbound(ByteBuffer(bytes: part))
            }
            for isQuick in order {
                let response = try await connection.receive()
                if isQuick {
                    #expect(response.body.contains(Connection.quickAnswer))
                } else {
                    #expect(response.body == Connection.slowAnswer)
                }
            }
        }
    }

    @Test func `many requests in one go are answered`() async throws {
        try await Connection.open { connection in
            try await connection.send(String(repeating: Connection.post("StartExecution", "{}"), count: 2000))
            for _ in 0..<2000 { #expect(try await connection.receive().body.contains("ValidationException")) }
        }
    }

    @Test func `a body may come in chunks`() async throws {
        try await Connection.open { connection in
            try await connection.send(
                "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.ListActivities\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
            #expect(try await connection.receive().body == Connection.slowAnswer)
        }
    }

    @Test func `HEAD has no body`() async throws {
        try await Connection.open { connection in
            try await connection.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            let response = try await connection.receive()
            #expect(response.status == 405 && response.body.isEmpty)
            try await connection.send(Connection.slow)
            #expect(try await connection.receive().body == Connection.slowAnswer)
        }
    }

    @Test(arguments: [
        ("http://localhost:1/health/live?x=/y", 200), ("/health/live?x", 200), ("http://localhost", 405),
        ("/?x", 405), ("*", 404), ("/health", 404),
    ])
    func `the target's path counts`(_ target: String, _ status: Int) async throws {
        try await Connection.open { connection in
            try await connection.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.receive().status == status)
        }
    }

    @Test func `header names are of any case, and pages of browsers are refused`() async throws {
        try await Connection.open { connection in
            let request = Connection.slow.replacing("X-Amz-Target", with: "x-aMZ-tARGET")
            try await connection.send(request)
            #expect(try await connection.receive().body == Connection.slowAnswer)
            for request in [Connection.quick, Connection.slow] {
                try await connection.send(request.replacing("Host: localhost", with: "oRIGIN: http://x"))
                #expect(try await connection.receive().body.contains("Origin header"))
            }
        }
    }

    @Test func `too large a body is refused at once, and the connection goes on`() async throws {
        try await Connection.open(maximumRequestBytes: 1000) { connection in
            let request = Connection.post("ListActivities", String(repeating: " ", count: 5000))
            try await connection.send(String(request.prefix(2000)))
            #expect(try await connection.receive().body.contains("larger than"))
            try await connection.send(String(request.dropFirst(2000)) + Connection.slow)
            #expect(try await connection.receive().body == Connection.slowAnswer)
        }
    }

    @Test func `what is not HTTP is refused after what came before it`() async throws {
        try await Connection.open { connection in
            try? await connection.send(Connection.slow + Connection.quick + "no HTTP at all\r\n\r\n" + Connection.slow)
            #expect(try await connection.receive().body == Connection.slowAnswer)
            #expect(try await connection.receive().body.contains(Connection.quickAnswer))
            let last = try await connection.receive()
            #expect(last.status == 400 && last.headers["connection"] == "close")
            try await connection.channel.closeFuture.get()
        }
    }

    @Test(arguments: [Connection.quick, Connection.slow])
    func `a client may have the connection closed`(_ request: String) async throws {
        try await Connection.open { connection in
            try await connection.send(request.replacing("Host:", with: "connection: Close\r\nHost:"))
            #expect(try await connection.receive().headers["content-length"] != nil)
            try await connection.channel.closeFuture.get()
        }
    }

    @Test func `an older protocol's connection closes unless it is to be kept`() async throws {
        try await Connection.open { connection in
            let kept = Connection.post("ListActivities", "{}", headers: "Connection: keep-alive\r\n", version: "1.0")
            for request in [kept, Connection.post("ListActivities", "{}", version: "1.0")] {
                #expect(try await !connection.isClosed())
                try await connection.send(request)
                #expect(try await connection.receive().body == Connection.slowAnswer)
            }
            try await connection.channel.closeFuture.get()
        }
    }

    // MARK: The end

    @Test func `who sent everything gets every answer`() async throws {
        try await Connection.open { connection in
            try await connection.send(Connection.slow + Connection.quick)
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            #expect(try await connection.receive().body == Connection.slowAnswer)
            #expect(try await connection.receive().body.contains(Connection.quickAnswer))
            try await connection.channel.closeFuture.get()
        }
    }

    @Test func `a shutdown closes a connection that does nothing`() async throws {
        try await Connection.open { connection in
            try await connection.send(Connection.slow)
            _ = try await connection.receive()
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            try await connection.channel.closeFuture.get()
        }
    }

    @Test func `a shutdown waits for a request that has begun`() async throws {
        try await Connection.open { connection in
            try await connection.send(String(Connection.slow.dropLast()))
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            #expect(try await !connection.isClosed())
            try await connection.send("}")
            #expect(try await connection.receive().body == Connection.slowAnswer)
            try await connection.channel.closeFuture.get()
        }
    }

    @Test func `a request that does not arrive ends the connection, one that arrived does not`() async throws {
        try await Connection.open { connection in
            try await connection.send(Connection.slow)
            _ = try await connection.receive()
            await connection.pass(.seconds(59))
            try await connection.send(String(Connection.slow.dropLast()))
            await connection.pass(.seconds(59))
            #expect(try await !connection.isClosed())
            try await connection.send("}")
            _ = try await connection.receive()
            await connection.pass(.seconds(2))
            #expect(try await !connection.isClosed())
            try await connection.send(String(Connection.slow.dropLast()))
            await connection.pass(.seconds(61))
            #expect(try await connection.isClosed())
        }
    }

    @Test func `a connection without requests is closed after its idle time`() async throws {
        try await Connection.open { connection in
            await connection.pass(.seconds(119))
            try await connection.send(Connection.slow)
            _ = try await connection.receive()
            await connection.pass(.seconds(119))
            #expect(try await !connection.isClosed())
            await connection.pass(.seconds(2))
            #expect(try await connection.isClosed())
        }
    }

    @Test func `a poll outlives the idle time, and ends when its client goes`() async throws {
        try await Connection.open { connection in
            let activity = try await connection.service.call("CreateActivity", ["name": "a"])["activityArn"]
            try await connection.send(Connection.post("GetActivityTask", #"{"activityArn":"\#(activity)"}"#))
            await connection.pass(.seconds(500))
            #expect(try await !connection.isClosed())
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            try await connection.channel.closeFuture.get()
        }
    }
}
