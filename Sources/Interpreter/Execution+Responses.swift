import JSONValue
import StatesLanguage

/// What a service's answer looks like in history: the optimized integrations show the HTTP response around it, those
/// of the SDK show the answer alone.
extension Execution {
    func response(
        _ open: OpenTask, _ output: JSON, _ turn: inout Turn
    ) -> JSON {
        switch open.schedule.integration {
        case .activity, .function: output
        case .invoke, .callback: invocationResponse(open, payload: output, &turn)
        case .service("aws-sdk:lambda"):
            open.schedule.isEvent
                ? ["Payload": "", "StatusCode": 202]
                : [
                    "ExecutedVersion": .string(open.schedule.functionVersion),
                    "Payload": .string(output.serialized()), "StatusCode": 200,
                ]
        case .service(let name): name.hasPrefix("aws-sdk:") ? output : withMetadata(output, &turn)
        }
    }

    private func withMetadata(_ output: JSON, _ turn: inout Turn) -> JSON {
        guard case .object(var response) = output else { return output }
        let requestID = turn.uuid()
        let metadata = Self.metadata(
            of: [
                ("connection", "keep-alive"),
                ("Content-Length", .string(String(output.byteCount))),
                ("Content-Type", "application/x-amz-json-1.0"),
                ("Date", .string(turn.now.httpDate)),
                ("x-amzn-RequestId", .string(requestID)),
            ])
        response["SdkHttpMetadata"] = metadata
        response["SdkResponseMetadata"] = ["RequestId": .string(requestID)]
        return .object(response)
    }

    /// What `lambda:invoke` answers: the function's output with the look of an HTTP response around it.
    private func invocationResponse(
        _ open: OpenTask, payload: JSON, _ turn: inout Turn
    ) -> JSON {
        let requestID = turn.uuid()
        if open.schedule.isEvent {
            let headers: [(String, JSON)] = [
                ("Connection", "keep-alive"), ("Content-Length", "0"), ("Date", .string(turn.now.httpDate)),
                ("x-amzn-RequestId", .string(requestID)), ("X-Amzn-Trace-Id", .string(turn.traceID())),
            ]
            return [
                "Payload": "", "SdkHttpMetadata": Self.metadata(of: headers, status: 202),
                "SdkResponseMetadata": ["RequestId": .string(requestID)], "StatusCode": 202,
            ]
        }
        let version = JSON.string(open.schedule.functionVersion)
        // There is no log to hand on, so whoever asks for its end gets an empty line in base64.
        let log: JSON? = open.schedule.parameters["LogType"]?.stringValue == "Tail" ? "Cg==" : nil
        var headers: [(String, JSON)] = [
            ("Connection", "keep-alive"),
            ("Content-Length", .string(String(payload.byteCount))),
            ("Content-Type", "application/json"),
            ("Date", .string(turn.now.httpDate)),
            ("X-Amz-Executed-Version", version),
            ("x-amzn-Remapped-Content-Length", "0"),
            ("x-amzn-RequestId", .string(requestID)),
            ("X-Amzn-Trace-Id", .string(turn.traceID())),
        ]
        if let log { headers.append(("X-Amz-Log-Result", log)) }
        var response = JSONObject([("ExecutedVersion", version)])
        if let log { response["LogResult"] = log }
        response["Payload"] = payload
        response["SdkHttpMetadata"] = Self.metadata(of: headers)
        response["SdkResponseMetadata"] = ["RequestId": .string(requestID)]
        response["StatusCode"] = 200
        return .object(response)
    }

    private static func metadata(of headers: [(String, JSON)], status: Int64 = 200) -> JSON {
        [
            "AllHttpHeaders": .object(JSONObject(headers.map { ($0.0, .array([$0.1])) })),
            "HttpHeaders": .object(JSONObject(headers)),
            "HttpStatusCode": .int(status),
        ]
    }

    /// A function's failure is an answer like any other to the SDK's integration.
    func functionError(_ open: OpenTask, _ failure: StateFailure) -> JSON? {
        guard open.schedule.integration == .service("aws-sdk:lambda"), open.schedule.pattern == .requestResponse,
            failure.error?.hasPrefix("Lambda.") != true
        else { return nil }
        var payload = failure.cause ?? ""
        if (try? JSON(parsing: payload)) == nil {
            let error: JSON = ["errorMessage": .string(payload), "errorType": .string(failure.error ?? "Error")]
            payload = error.serialized()
        }
        return [
            "ExecutedVersion": .string(open.schedule.functionVersion), "FunctionError": "Unhandled",
            "Payload": .string(payload), "StatusCode": 200,
        ]
    }
}

extension JournalEvent.TaskSchedule {
    /// Whether a function is called without waiting for what it returns: `InvocationType` Event.
    var isEvent: Bool {
        switch (target, integration) {
        case (.function, .invoke), (.function, .service): parameters["InvocationType"]?.stringValue == "Event"
        default: false
        }
    }

    /// The version that was asked for by number, in `Qualifier` or behind the name; any other is the latest.
    var functionVersion: String {
        let name = parameters["FunctionName"]?.stringValue ?? ""
        let last = name.split(separator: ":").dropFirst().last.map(String.init)
        let wanted = parameters["Qualifier"]?.stringValue ?? last ?? ""
        return !wanted.isEmpty && wanted.utf8.allSatisfy { (0x30...0x39).contains($0) } ? wanted : "$LATEST"
    }
}
