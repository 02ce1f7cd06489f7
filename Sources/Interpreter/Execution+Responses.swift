import JSONValue
import StatesLanguage

/// What a service's answer looks like in history: the optimized integrations show the HTTP response around it, those
/// of the SDK show the answer alone.
extension Execution {
    func response(
        _ open: OpenTask, _ output: JSON, _ turn: inout Turn<some RandomNumberGenerator>
    ) -> JSON {
        switch open.schedule.integration {
        case .activity, .function: output
        case .invoke, .callback: invocationResponse(open, payload: output, &turn)
        case .service("aws-sdk:lambda"):
            ["ExecutedVersion": "$LATEST", "Payload": .string(output.serialized()), "StatusCode": 200]
        case .service(let name): name.hasPrefix("aws-sdk:") ? output : withMetadata(output, &turn)
        }
    }

    private func withMetadata(_ output: JSON, _ turn: inout Turn<some RandomNumberGenerator>) -> JSON {
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
        _ open: OpenTask, payload: JSON, _ turn: inout Turn<some RandomNumberGenerator>
    ) -> JSON {
        let requestID = turn.uuid()
        // There is no log to hand on, so whoever asks for its end gets an empty line in base64.
        let log: JSON? = open.schedule.parameters["LogType"]?.stringValue == "Tail" ? "Cg==" : nil
        var headers: [(String, JSON)] = [
            ("Connection", "keep-alive"),
            ("Content-Length", .string(String(payload.byteCount))),
            ("Content-Type", "application/json"),
            ("Date", .string(turn.now.httpDate)),
            ("X-Amz-Executed-Version", "$LATEST"),
            ("x-amzn-Remapped-Content-Length", "0"),
            ("x-amzn-RequestId", .string(requestID)),
            ("X-Amzn-Trace-Id", .string(turn.traceID())),
        ]
        if let log { headers.append(("X-Amz-Log-Result", log)) }
        var response = JSONObject([("ExecutedVersion", "$LATEST")])
        if let log { response["LogResult"] = log }
        response["Payload"] = payload
        response["SdkHttpMetadata"] = Self.metadata(of: headers)
        response["SdkResponseMetadata"] = ["RequestId": .string(requestID)]
        response["StatusCode"] = 200
        return .object(response)
    }

    private static func metadata(of headers: [(String, JSON)]) -> JSON {
        [
            "AllHttpHeaders": .object(JSONObject(headers.map { ($0.0, .array([$0.1])) })),
            "HttpHeaders": .object(JSONObject(headers)),
            "HttpStatusCode": 200,
        ]
    }
}
