import ArgumentParser
import Hummingbird
import Logging

/// What an HTTP server can acknowledge at most: each request is one row in SQLite, on disk before its answer, and
/// requests that come meanwhile share the next commit. Nothing is looked at and nothing else is done.
@main
struct HTTPCeiling: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-http-ceiling", abstract: "Answers every POST once its body is on disk.")

    @Option var database: String
    @Option var port: Int

    func run() async throws {
        let log = try GroupCommit(path: database)
        defer { log.close() }
        let router = Router()
        router.get("/health/ready") { _, _ in "ready" }
        router.post("/") { request, _ -> Response in
            let body = try await request.body.collect(upTo: 1 << 20)
            let number = await log.append(Array(body.readableBytesView))
            return Response(
                status: .ok, headers: [.contentType: "application/x-amz-json-1.0"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: #"{"executionArn":"\#(number)","startDate":0}"#)))
        }
        var logger = Logger(label: "bench-http-ceiling")
        logger.logLevel = .warning
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            logger: logger)
        try await application.run()
    }
}
