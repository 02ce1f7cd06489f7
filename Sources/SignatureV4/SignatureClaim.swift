/// What a request says about its own signature, not yet checked.
package struct SignatureClaim: Sendable, Hashable {
    package static let algorithm = "AWS4-HMAC-SHA256"

    package var accessKeyID: String
    package var scope: CredentialScope
    /// In lower case, in order.
    package var signedHeaders: [String]
    /// Hexadecimal.
    package var signature: String
    package var time: SigningTime
    package var sessionToken: SecretText?
    /// In seconds; of presigned requests only.
    package var validity: Int?

    /// What a presigned request's query says of its payload.
    package var payloadHash: String?

    package var isPresigned: Bool { validity != nil }

    /// Why a request's signature cannot be read.
    package enum Problem: Error, Sendable, Hashable {
        /// The request is not signed at all.
        case missing
        /// Says what is missing or malformed, without what the client sent.
        case incomplete(String)
    }

    /// Reads the `Authorization` header, or the query of a presigned request.
    package init(_ request: SignableRequest) throws(Problem) {
        if let header = request.header("authorization") {
            self = try Self.header(header, request)
        } else {
            let query = QueryParameters(request.query)
            guard query["X-Amz-Signature"] != nil || query["X-Amz-Algorithm"] != nil else { throw .missing }
            self = try Self.query(query)
        }
    }

    private init(
        credential: String, signedHeaders: String, signature: String, time: SigningTime, sessionToken: String?,
        validity: Int?, payloadHash: String? = nil
    ) throws(Problem) {
        let parts = credential.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // A key's name may hold slashes; what follows it does not.
        guard parts.count >= 5, parts.last == "aws4_request" else {
            throw .incomplete(
                "Credential must have at least 5 slash-delimited elements: KEY/DATE/REGION/SERVICE/aws4_request")
        }
        accessKeyID = parts.dropLast(4).joined(separator: "/")
        scope = CredentialScope(
            date: parts[parts.count - 4], region: parts[parts.count - 3], service: parts[parts.count - 2])
        self.signedHeaders = signedHeaders.split(separator: ";").map { $0.lowercased() }
        self.signature = signature
        self.time = time
        self.sessionToken = sessionToken.map(SecretText.init)
        self.validity = validity
        self.payloadHash = payloadHash
    }

    private static func header(_ header: String, _ request: SignableRequest) throws(Problem) -> SignatureClaim {
        guard header.hasPrefix(algorithm), header.dropFirst(algorithm.count).first.map({ $0 == " " }) ?? true else {
            throw .incomplete("Authorization header has to use the algorithm \(algorithm)")
        }
        var members: [Substring: Substring] = [:]
        for part in header.dropFirst(algorithm.count).split(whereSeparator: { $0 == "," || $0 == " " }) {
            let name = part.prefix { $0 != "=" }
            members[name] = part.dropFirst(name.count + 1)
        }
        let missing = ["Credential", "Signature", "SignedHeaders"].filter { members[Substring($0)]?.isEmpty ?? true }
        let dateText = request.header("x-amz-date")
        guard missing.isEmpty, dateText != nil, let credential = members["Credential"],
            let signature = members["Signature"], let names = members["SignedHeaders"]
        else {
            var reasons = missing.map { "Authorization header requires '\($0)' parameter." }
            if dateText == nil { reasons.append("The request requires an 'X-Amz-Date' header.") }
            throw .incomplete(reasons.joined(separator: " "))
        }
        guard let time = dateText.flatMap(SigningTime.init) else {
            throw .incomplete("X-Amz-Date must be a time such as 20150830T123600Z")
        }
        return try SignatureClaim(
            credential: String(credential), signedHeaders: String(names), signature: String(signature), time: time,
            sessionToken: request.header("x-amz-security-token"), validity: nil)
    }

    private static func query(_ query: QueryParameters) throws(Problem) -> SignatureClaim {
        let required = [
            "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date",
            "X-Amz-Expires",
        ]
        let missing = required.filter { query[$0]?.isEmpty ?? true }
        guard missing.isEmpty else {
            throw .incomplete(
                missing.map { "AWS query-string parameters must include '\($0)'." }.joined(separator: " "))
        }
        guard query["X-Amz-Algorithm"] == algorithm else {
            throw .incomplete("X-Amz-Algorithm has to be \(algorithm)")
        }
        guard let time = query["X-Amz-Date"].flatMap(SigningTime.init) else {
            throw .incomplete("X-Amz-Date must be a time such as 20150830T123600Z")
        }
        guard let validity = query["X-Amz-Expires"].flatMap({ Int($0) }), (1...604_800).contains(validity) else {
            throw .incomplete("X-Amz-Expires must be a number of seconds from 1 to 604800")
        }
        return try SignatureClaim(
            credential: query["X-Amz-Credential"] ?? "", signedHeaders: query["X-Amz-SignedHeaders"] ?? "",
            signature: query["X-Amz-Signature"] ?? "", time: time, sessionToken: query["X-Amz-Security-Token"],
            validity: validity, payloadHash: query["X-Amz-Content-Sha256"])
    }
}
