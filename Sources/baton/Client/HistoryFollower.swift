import JSONValue

/// Reads an execution's history as it grows.
///
/// The API has no way to be told of events, so this asks again and again: quickly while things happen, slower while
/// nothing does.
struct HistoryFollower {
    let client: BatonClient
    let executionARN: String
    private var lastID: Int64 = 0
    private(set) var isFinished = false
    private var pause = Duration.milliseconds(50)
    private var outageStarted: ContinuousClock.Instant?

    init(client: BatonClient, executionARN: String) {
        self.client = client
        self.executionARN = executionARN
    }

    /// The events since the last call, in order; empty when there is none.
    mutating func events() async throws(CommandError) -> [JSON] {
        var body: JSONObject = [
            "executionArn": .string(executionARN), "reverseOrder": true, "maxResults": lastID == 0 ? 1000 : 100,
        ]
        var newest: [JSON] = []
        pages: while true {
            let page = try await client.call("GetExecutionHistory", body)
            for event in page["events"]?.arrayValue ?? [] {
                guard let id = event["id"]?.intValue, id > lastID else { break pages }
                newest.append(event)
            }
            guard let next = page["nextToken"], next.stringValue != nil else { break }
            body["nextToken"] = next
        }
        newest.reverse()
        if let last = newest.last {
            lastID = last["id"]?.intValue ?? lastID
            isFinished = HistoryEvent(last)?.isEnd ?? false
        }
        return newest
    }

    /// Waits for the next events; survives a server that restarts within a minute.
    mutating func nextEvents() async throws(CommandError) -> [JSON] {
        while true {
            do {
                let found = try await events()
                outageStarted = nil
                if !found.isEmpty || isFinished {
                    pause = .milliseconds(50)
                    return found
                }
                try await sleep()
                return []
            } catch let error where error.status == .unreachable && lastID > 0 {
                let started = outageStarted ?? .now
                if outageStarted == nil {
                    Terminal.standard.warn("The server at \(client.endpoint.url) does not answer; trying again.")
                }
                outageStarted = started
                guard started.duration(to: .now) < .seconds(60) else { throw error }
                try await sleep()
            }
        }
    }

    private mutating func sleep() async throws(CommandError) {
        do {
            try await Task.sleep(for: pause)
        } catch {
            throw CommandError(.failed, "Interrupted.")
        }
        pause = min(pause * 5 / 4, .milliseconds(500))
    }
}

/// What is read of an event of GetExecutionHistory.
struct HistoryEvent {
    let id: Int64
    let previousID: Int64
    let type: String
    let instant: Timestamp?
    /// The member that describes the event, such as `taskFailedEventDetails`.
    let details: JSON?

    init?(_ event: JSON) {
        guard let id = event["id"]?.intValue, let type = event["type"]?.stringValue else { return nil }
        self.id = id
        self.type = type
        previousID = event["previousEventId"]?.intValue ?? 0
        instant = event["timestamp"]?.instant
        details = event.objectValue?.members.first { $0.key.hasSuffix("EventDetails") }?.value
    }

    var name: String? { details?["name"]?.stringValue }
    var error: String? { details?["error"]?.stringValue }
    var cause: String? { details?["cause"]?.stringValue }

    var isEnd: Bool {
        ["ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"].contains(type)
    }

    /// `error: cause`, as far as they are there.
    var failure: String? {
        let parts = [error, cause].compactMap { $0 }.filter { !$0.isEmpty }
        return parts.isEmpty ? nil : parts.joined(separator: ": ")
    }
}
