/// Signs requests.
package struct Signer: Sendable {
    package var credentials: SigningCredentials
    package var region: String
    /// The name that the service signs under: `states`, `s3`.
    package var service: String
    package var pathStyle: PathStyle
    /// S3 wants the payload's hash as a header as well.
    package var sendsPayloadHash: Bool

    package init(
        credentials: SigningCredentials, region: String, service: String, pathStyle: PathStyle = .normalized,
        sendsPayloadHash: Bool = false
    ) {
        self.credentials = credentials
        self.region = region
        self.service = service
        self.pathStyle = pathStyle
        self.sendsPayloadHash = sendsPayloadHash
    }

    /// For S3 and what speaks its protocol.
    package static func s3(credentials: SigningCredentials, region: String) -> Signer {
        Signer(
            credentials: credentials, region: region, service: "s3", pathStyle: .verbatim, sendsPayloadHash: true)
    }

    /// The headers that have to be added to the request: `X-Amz-Date`, `Authorization` and, where they are due, the
    /// session's token and the payload's hash. Signs all headers that the request has, but for those that proxies
    /// change.
    ///
    /// - Parameter request: needs a `Host` header, with the port unless it is the scheme's own.
    package func sign(
        _ request: SignableRequest, payloadHash: String, at time: SigningTime
    ) -> [SignableRequest.Header] {
        var added: [SignableRequest.Header] = [("X-Amz-Date", time.description)]
        if let token = credentials.sessionToken { added.append(("X-Amz-Security-Token", token.revealed)) }
        if sendsPayloadHash { added.append(("X-Amz-Content-Sha256", payloadHash)) }
        var whole = request
        whole.headers += added
        let names = Self.signable(whole.headers)
        let scope = scope(at: time)
        let signature = SigningKey(secret: credentials.secret, scope: scope).signature(
            of: CanonicalRequest(whole, signedHeaders: names, payloadHash: payloadHash, pathStyle: pathStyle),
            at: time)
        added.append(
            (
                "Authorization",
                "\(SignatureClaim.algorithm) Credential=\(credentials.accessKeyID)/\(scope), "
                    + "SignedHeaders=\(names.joined(separator: ";")), Signature=\(signature)"
            ))
        return added
    }

    /// The whole query string of a presigned request.
    ///
    /// - Parameter validity: in seconds, up to a week.
    package func presign(
        _ request: SignableRequest, payloadHash: String = PayloadHash.unsigned, validity: Int, at time: SigningTime
    ) -> String {
        let names = Self.signable(request.headers)
        let scope = scope(at: time)
        var parameters: [(String, String)] = [
            ("X-Amz-Algorithm", SignatureClaim.algorithm), ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope)"),
            ("X-Amz-Date", time.description), ("X-Amz-Expires", String(validity)),
            ("X-Amz-SignedHeaders", names.joined(separator: ";")),
        ]
        if let token = credentials.sessionToken { parameters.append(("X-Amz-Security-Token", token.revealed)) }
        var whole = request
        let query = parameters.map { "\($0)=\(PercentEncoding.encode($1.utf8))" }
        whole.query = (request.query.isEmpty ? query : [request.query] + query).joined(separator: "&")
        let signature = SigningKey(secret: credentials.secret, scope: scope).signature(
            of: CanonicalRequest(whole, signedHeaders: names, payloadHash: payloadHash, pathStyle: pathStyle),
            at: time)
        return whole.query + "&X-Amz-Signature=\(signature)"
    }

    private func scope(at time: SigningTime) -> CredentialScope {
        CredentialScope(date: time.date, region: region, service: service)
    }

    /// Headers that belong to a connection, or that are added and changed on the way.
    private static let unsignable: Set = [
        "authorization", "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id",
    ]

    private static func signable(_ headers: [SignableRequest.Header]) -> [String] {
        Set(headers.map { $0.name.lowercased() }).subtracting(unsignable).sorted()
    }
}
