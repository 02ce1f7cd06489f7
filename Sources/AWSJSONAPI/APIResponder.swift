import Authentication
package import JSONValue
package import Orchestrator
package import Telemetry

/// The whole HTTP interface as a function: a request in, a response out, no socket.
///
/// `POST /` is the API in AWS JSON 1.0 (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html); `GET` serves
/// `/metrics`, `/health/live` and `/health/ready`.
package final class APIResponder: Sendable {
    let operations: [String: Operation]
    private let metrics: APIMetrics
    private let health: Health
    /// Puts what the queues look like now into the metrics.
    private let refreshQueueMetrics: @Sendable () async -> Void
    private let surroundings: Surroundings
    private let throttle: Throttle?
    private let access: APIAccess
    private let clock: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - shutdown: ends the long polls, with empty answers, when it fires.
    ///   - pollTimeout: how long GetActivityTask waits.
    ///   - access: who may call; everybody, unless keys are configured.
    ///   - clock: for the expiry of page tokens and signatures, and for the throttle.
    ///   - pageTokenKey: signs page tokens; without one they do not outlive the server.
    ///   - throttle: what limits the rate of requests; nothing does without one.
    package init(
        catalog: Catalog<some ExecutionStore>, engine: any ExecutionEngine, surroundings: Surroundings,
        metrics: MetricsRegistry, shutdown: OneShot = OneShot(), pollTimeout: Duration = .seconds(60),
        access: APIAccess = APIAccess(), clock: @escaping @Sendable () -> Timestamp, pageTokenKey: [UInt8]? = nil,
        throttle: ThrottleLimits? = nil
    ) {
        let waiting = metrics.gauge("baton_api_long_polls", help: "GetActivityTask calls that wait for a task.")
        let table = OperationTable(
            catalog: catalog, engine: engine, surroundings: surroundings,
            tokens: PageTokens(key: pageTokenKey, clock: clock),
            polls: LongPolls(timeout: pollTimeout, shutdown: shutdown, waiting: waiting))
        let queueMetrics = QueueMetrics(
            operations: table, registry: metrics, prefetch: surroundings.workerPrefetch, clock: clock)
        refreshQueueMetrics = { await queueMetrics.refresh() }
        operations = table.all().mapValues { surroundings.limits.applied(to: $0) }
        self.metrics = APIMetrics(registry: metrics, operations: operations.keys)
        health = Health(surroundings: surroundings)
        self.surroundings = surroundings
        self.throttle = throttle.map { Throttle(limits: $0, clock: clock) }
        self.access = access
        self.clock = clock
    }

    /// Whether requests have to come with all their headers.
    var looksAtHeaders: Bool { access.looksAtHeaders }

    /// - Parameter hangUp: fires when the client is gone; a long poll ends then.
    package func respond(to request: APIRequest, hangUp: OneShot = OneShot()) async -> APIResponse {
        switch (request.method, request.path) {
        case ("POST", "/"), ("POST", ""): return await call(request, hangUp: hangUp)
        case ("GET", "/metrics"):
            guard access.mayScrape(request, now: clock()) else {
                return APIResponse(
                    status: 401, contentType: "text/plain; charset=utf-8",
                    challenge: #"Basic realm="Baton", charset="UTF-8""#,
                    body: Array("The metrics want an access key: signed, or as user and password.\n".utf8))
            }
            await refreshQueueMetrics()
            return APIResponse(
                status: 200, contentType: MetricsRegistry.contentType, body: Array(surroundings.renderMetrics().utf8))
        case ("GET", "/health/live"): return Self.json(200, ["status": "live"])
        case ("GET", "/health/ready"):
            let (isReady, report) = await health.readiness()
            return Self.json(isReady ? 200 : 503, report)
        case (_, "/"), (_, "/metrics"), (_, "/health/live"), (_, "/health/ready"):
            return Self.text(
                405, "The AWS Step Functions API is served as POST /; see also GET /health/ready and /metrics.")
        default: return Self.text(404, "There is nothing at \(request.path).")
        }
    }

    /// What a request leads to.
    enum Answer: Sendable {
        /// The function makes it, on whatever thread wants it.
        case ready(@Sendable () -> APIResponse)
        /// The function waits: it wants a task.
        case waits(@Sendable () async -> APIResponse)
    }

    /// A body up to this size is looked at on the thread that read it.
    private static let smallBody = 16_384

    /// Begins to answer. Where that takes no more than a message to the engine, it takes no task either.
    ///
    /// - Parameter finish: called once: at once, or later by another thread.
    func begin(_ request: APIRequest, hangUp: OneShot, finish: @escaping @Sendable (Answer) -> Void) {
        guard request.method == "POST", request.path == "/", case .bytes(let bytes) = request.body,
            bytes.count <= Self.smallBody, let target = request.target, let operation = operations[target],
            let begin = operation.begin
        else {
            return finish(.waits { await self.respond(to: request, hangUp: hangUp) })
        }
        let started = ContinuousClock.now
        let requestID = RandomUUID.make()
        do throws(Refusal) {
            let prepared = try prepare(request, operation, hangUp: hangUp)
            begin(prepared.fields, prepared.call) { outcome in
                switch outcome {
                case .ends(let result):
                    finish(.ready { self.conclude(result().mapError(Refusal.init), target, requestID, since: started) })
                case .takesMore:
                    finish(
                        .waits {
                            self.conclude(await self.perform(prepared), target, requestID, since: started)
                        })
                }
            }
        } catch {
            finish(.ready { self.conclude(.failure(error), target, requestID, since: started) })
        }
    }

    private func call(_ request: APIRequest, hangUp: OneShot) async -> APIResponse {
        let started = ContinuousClock.now
        let requestID = RandomUUID.make()
        let result: Result<Reply, Refusal>
        do throws(Refusal) {
            result = await perform(try prepare(request, hangUp: hangUp))
        } catch {
            result = .failure(error)
        }
        return conclude(result, request.target, requestID, since: started)
    }

    /// The response, and its place in the metrics.
    private func conclude(
        _ result: Result<Reply, Refusal>, _ target: String?, _ requestID: String, since started: ContinuousClock.Instant
    ) -> APIResponse {
        let response: APIResponse
        var code: String?
        switch result {
        case .success(let reply):
            response = APIResponse(
                status: 200, contentType: Self.contentType, requestID: requestID, body: Self.bytes(reply.body),
                undelivered: reply.undelivered)
        case .failure(let refusal):
            code = refusal.code
            response = Self.show(refusal, requestID: requestID)
        }
        metrics.count(target, code: code, duration: ContinuousClock.now - started)
        return response
    }

    /// A call that was looked at: all that is left is to do it.
    private struct Prepared: Sendable {
        var operation: Operation
        var fields: Fields
        var call: Call
    }

    /// - Parameter known: the operation, where it was looked up already.
    private func prepare(
        _ request: APIRequest, _ known: Operation? = nil, hangUp: OneShot
    ) throws(Refusal) -> Prepared {
        // Without credentials, a page in somebody's browser must not be able to speak for the user who looks at it.
        guard request.origin == nil else {
            throw Refusal(.validation, "Requests from web pages (with an Origin header) are not answered")
        }
        guard case .bytes(let bytes) = request.body else {
            throw Refusal(
                .validation, "The request is larger than \(surroundings.maximumRequestBytes) bytes")
        }
        let caller = try access.identify(request, bytes, now: clock())
        guard let target = request.target else {
            throw Refusal(.unknownOperation, "The X-Amz-Target header, which names the operation, is missing")
        }
        guard let operation = known ?? operations[target] else {
            throw Refusal(.unknownOperation, "The operation '\(target)' is not supported")
        }
        guard throttle?.admits(target) ?? true else { throw Refusal(.throttling, "Rate exceeded") }
        let body: JSON
        do throws(JSONError) {
            body = bytes.isEmpty ? .object(JSONObject()) : try JSON(parsing: bytes).withoutNulls
        } catch {
            throw Refusal(.serialization, "The request is not JSON: \(error.description)")
        }
        try access.authorize(caller, target, body)
        do throws(ServiceError) {
            try ShapeCheck.check(body, against: operation.members)
        } catch {
            throw Refusal(error)
        }
        try access.spend(caller, target, now: clock())
        return Prepared(
            operation: operation, fields: Fields(body), call: Call(hangUp: hangUp, principal: caller?.principal))
    }

    private func perform(_ prepared: Prepared) async -> Result<Reply, Refusal> {
        do throws(ServiceError) {
            return .success(try await prepared.operation.handle(prepared.fields, prepared.call))
        } catch {
            return .failure(Refusal(error))
        }
    }

    private static let contentType = "application/x-amz-json-1.0"

    private static func show(_ refusal: Refusal, requestID: String) -> APIResponse {
        APIResponse(
            status: refusal.status, contentType: contentType, requestID: requestID,
            body: bytes(["__type": .string(refusal.code), "message": .string(refusal.message)]))
    }

    private static func json(_ status: Int, _ body: JSON) -> APIResponse {
        APIResponse(status: status, contentType: "application/json", body: bytes(body))
    }

    private static func text(_ status: Int, _ text: String) -> APIResponse {
        APIResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array((text + "\n").utf8))
    }

    private static func bytes(_ value: JSON) -> [UInt8] {
        var bytes: [UInt8] = []
        value.serialize(into: &bytes)
        return bytes
    }
}
