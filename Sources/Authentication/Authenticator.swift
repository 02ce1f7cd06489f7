package import JSONValue
package import SignatureV4

/// Checks who calls, and whether he may.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
package struct Authenticator: Sendable {
    /// How far a client's clock may be off, in seconds. As AWS has it.
    package static let clockSkew: Int64 = 300
    /// Which service's requests are answered here.
    package static let service = "states"
    /// The header that tells one call of an SDK from the next.
    package static let invocation = "amz-sdk-invocation-id"

    private let keys: KeyRing
    private let account: String
    private let replays = ReplayGuard()

    /// - Parameter account: for the ARNs in refusals.
    package init(keys: KeyRing, account: String) {
        self.keys = keys
        self.account = account
    }

    /// A call whose sender is known.
    package struct Caller: Sendable {
        package let principal: Principal
        fileprivate let signature: String
        fileprivate let isUnique: Bool
        fileprivate let validUntil: SigningTime
    }

    /// Who signed a request.
    ///
    /// - Throws: where nobody did whose key is known and valid, or the request is not what was signed.
    package func identify(
        _ request: SignableRequest, body: [UInt8], now: Timestamp
    ) throws(AuthenticationError) -> Caller {
        let claim: SignatureClaim
        do throws(SignatureClaim.Problem) {
            claim = try SignatureClaim(request)
        } catch {
            switch error {
            case .missing: throw AuthenticationError(.missingAuthenticationToken, "Missing Authentication Token")
            case .incomplete(let reason): throw AuthenticationError(.incompleteSignature, reason)
            }
        }
        guard let key = keys.key(claim.accessKeyID) else { throw Self.unrecognized }
        let time = SigningTime(seconds: now.milliseconds / 1000)
        try Self.checkCoverage(claim, request)
        try Self.checkScope(claim)
        let validUntil = try Self.checkTime(claim, now: time)
        let hash = try Self.payloadHash(claim, request, body)
        let canonical = CanonicalRequest(request, signedHeaders: claim.signedHeaders, payloadHash: hash)
        guard
            SigningKey(secret: key.secret, scope: claim.scope).isValid(claim.signature, of: canonical, at: claim.time)
        else {
            throw AuthenticationError(
                .invalidSignature,
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                    + "Access Key and signing method. Consult the service documentation for details.")
        }
        try Self.checkSession(claim, key, now)
        return Caller(
            principal: Principal(name: key.name, roles: key.roles, activities: key.activities),
            signature: claim.signature, isUnique: claim.signedHeaders.contains(Self.invocation), validUntil: validUntil)
    }

    /// - Parameters:
    ///   - activity: the ARN of the activity that the call is about, if it is about one.
    ///   - resource: what the refusal names.
    package func authorize(
        _ caller: Caller, _ target: String, activity: String?, resource: String?
    ) throws(AuthenticationError) {
        let principal = caller.principal
        guard !principal.may(target, activity: activity) else { return }
        let action = target.split(separator: ".", maxSplits: 1).last.map(String.init) ?? target
        let roles = principal.roles.map(\.rawValue).sorted().joined(separator: ", ")
        let limit =
            principal.may(target)
            ? "its key is for other activities" : "its key has the role\(principal.roles.count > 1 ? "s" : "") \(roles)"
        throw AuthenticationError(
            .accessDenied,
            "User: arn:aws:iam::\(account):user/\(principal.name) is not authorized to perform: states:\(action) on "
                + "resource: \(resource ?? "*") because \(limit)")
    }

    /// To be called when nothing else stands in the way of a call: uses its signature up if the call changes anything.
    /// See `ReplayGuard`.
    package func spend(_ caller: Caller, on target: String, now: Timestamp) throws(AuthenticationError) {
        guard OperationKind(target: target) != .reading else { return }
        let time = SigningTime(seconds: now.milliseconds / 1000)
        guard replays.admit(caller.signature, isUnique: caller.isUnique, until: caller.validUntil, now: time) else {
            throw AuthenticationError(
                .invalidSignature,
                "The signature was used already: a call that changes something has to be signed anew each time")
        }
    }

    /// HTTP's own scheme (RFC 7617), for scrapers that cannot sign: key and secret as user and password.
    ///
    /// - Parameter authorization: the header.
    package func identify(basic authorization: String, now: Timestamp) -> Principal? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", let bytes = Base64.decode(parts[1]),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        let id = text.prefix { $0 != ":" }
        guard id.count < text.count, let key = keys.key(String(id)), key.sessionToken == nil,
            key.secret.equals(String(text.dropFirst(id.count + 1))), key.expiresAt.map({ now < $0 }) ?? true
        else { return nil }
        return Principal(name: key.name, roles: key.roles, activities: key.activities)
    }

    private static let unrecognized = AuthenticationError(
        .unrecognizedClient, "The security token included in the request is invalid.")

    /// What decides about the call has to be part of what was signed.
    private static func checkCoverage(
        _ claim: SignatureClaim, _ request: SignableRequest
    ) throws(AuthenticationError) {
        let signed = Set(claim.signedHeaders)
        guard signed.contains("host"), request.header("host") != nil else {
            throw AuthenticationError(
                .invalidSignature, "'Host' must be a 'SignedHeader' in the AWS Authorization.")
        }
        let free: Set = ["x-amz-content-sha256", "x-amz-security-token"]
        let names = request.headers.map { $0.name.lowercased() }
        guard let name = names.first(where: { $0.hasPrefix("x-amz-") && !signed.contains($0) && !free.contains($0) })
        else { return }
        throw AuthenticationError(
            .invalidSignature, "'\(name)' must be a 'SignedHeader' in the AWS Authorization.")
    }

    /// Any region will do: the key of the signature is the region's own.
    private static func checkScope(_ claim: SignatureClaim) throws(AuthenticationError) {
        guard claim.scope.service == service else {
            throw AuthenticationError(
                .invalidSignature, "Credential should be scoped to correct service: '\(service)'.")
        }
        guard claim.scope.date == claim.time.date else {
            throw AuthenticationError(
                .invalidSignature,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                    + "'\(claim.scope.date)' != '\(claim.time.date)', from '\(claim.time)'.")
        }
    }

    /// Returns from when on the signature is too old.
    private static func checkTime(
        _ claim: SignatureClaim, now: SigningTime
    ) throws(AuthenticationError) -> SigningTime {
        let skew = clockSkew
        guard claim.time.seconds <= now.seconds + skew else {
            let latest = SigningTime(seconds: now.seconds + skew)
            throw AuthenticationError(
                .invalidSignature,
                "Signature not yet current: \(claim.time) is still later than \(latest) (\(now) + 5 min.)")
        }
        let until = SigningTime(seconds: claim.time.seconds + (claim.validity.map(Int64.init) ?? skew))
        guard until >= now else {
            if claim.isPresigned {
                throw AuthenticationError(.invalidSignature, "Signature expired: it was valid until \(until)")
            }
            let earliest = SigningTime(seconds: now.seconds - skew)
            throw AuthenticationError(
                .invalidSignature,
                "Signature expired: \(claim.time) is now earlier than \(earliest) (\(now) - 5 min.)")
        }
        return until
    }

    private static func payloadHash(
        _ claim: SignatureClaim, _ request: SignableRequest, _ body: [UInt8]
    ) throws(AuthenticationError) -> String {
        let actual = PayloadHash.of(body)
        guard let stated = request.header("x-amz-content-sha256") ?? claim.payloadHash else { return actual }
        if stated == PayloadHash.unsigned, claim.isPresigned { return stated }
        guard stated.lowercased() == actual else {
            throw AuthenticationError(
                .invalidSignature,
                stated == PayloadHash.unsigned
                    ? "The payload has to be signed, unless the request is presigned"
                    : "The provided 'x-amz-content-sha256' header does not match what was computed.")
        }
        return stated
    }

    private static func checkSession(
        _ claim: SignatureClaim, _ key: AccessKey, _ now: Timestamp
    ) throws(AuthenticationError) {
        switch (claim.sessionToken, key.sessionToken) {
        case (nil, nil): break
        case (let given?, let wanted?) where given == wanted: break
        default: throw unrecognized
        }
        if let expiry = key.expiresAt, now >= expiry {
            throw AuthenticationError(
                .expiredToken, "The security token included in the request is expired")
        }
    }
}
