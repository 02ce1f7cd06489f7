import JSONValue
import Logging
import SignatureV4
import Testing

@testable import Authentication

@Suite struct AuthenticatorTests {
    static let secret = "0123456789abcdefghij"
    static let now = Timestamp(milliseconds: 1_800_000_000_500)
    static let body = Array("{}".utf8)
    static let start = "AWSStepFunctions.StartExecution"
    static let list = "AWSStepFunctions.ListExecutions"

    let authenticator: Authenticator

    init() throws {
        let text = """
            [boss]
            aws_access_key_id = BOSS
            aws_secret_access_key = \(Self.secret)
            roles = admin
            [eye]
            aws_access_key_id = EYE
            aws_secret_access_key = \(Self.secret)
            roles = reader
            [guest]
            aws_access_key_id = GUEST
            aws_secret_access_key = \(Self.secret)
            aws_session_token = session
            roles = reader
            [old]
            aws_access_key_id = OLD
            aws_secret_access_key = \(Self.secret)
            roles = reader
            expires = 2026-01-01T00:00:00Z
            """
        authenticator = Authenticator(
            keys: try KeyRing(text: text, file: nil, logger: Logger(label: "test")), account: "123456789012")
    }

    /// A request, and everything that can be wrong with it.
    struct Attempt: Sendable {
        var key = "BOSS"
        var secret = AuthenticatorTests.secret
        var token: String?
        var service = "states"
        var region = "eu-central-1"
        var age: Int64 = 0
        var payloadHash: String?
        var presignedFor: Int?
        var invocation: String?
        /// After it was signed.
        var change: @Sendable (inout SignableRequest) -> Void = { _ in }

        func request() -> SignableRequest {
            let signer = Signer(
                credentials: SigningCredentials(
                    accessKeyID: key, secret: SecretText(secret), sessionToken: token.map(SecretText.init)),
                region: region, service: service)
            var request = SignableRequest(
                method: "POST", path: "/",
                headers: [
                    ("content-type", "application/x-amz-json-1.0"), ("X-Amz-Target", AuthenticatorTests.start),
                    ("host", "localhost:8083"),
                ])
            if let invocation { request.headers.append(("amz-sdk-invocation-id", invocation)) }
            let time = SigningTime(seconds: AuthenticatorTests.now.milliseconds / 1000 - age)
            let hash = payloadHash ?? PayloadHash.of(AuthenticatorTests.body)
            if let presignedFor {
                request.query = signer.presign(request, payloadHash: hash, validity: presignedFor, at: time)
                if let payloadHash { request.headers.append(("x-amz-content-sha256", payloadHash)) }
            } else {
                if let payloadHash { request.headers.append(("x-amz-content-sha256", payloadHash)) }
                request.headers += signer.sign(request, payloadHash: hash, at: time)
            }
            change(&request)
            return request
        }
    }

    static let good: [(String, Attempt)] = [
        ("plain", Attempt()),
        ("slow clock", Attempt(age: 300)),
        ("fast clock", Attempt(age: -300)),
        ("payload's hash as a header", Attempt(payloadHash: PayloadHash.of(body))),
        ("session", Attempt(key: "GUEST", token: "session")),
        ("presigned", Attempt(presignedFor: 60)),
        ("presigned, old, still valid", Attempt(age: 86_000, presignedFor: 86_400)),
        ("presigned without the payload", Attempt(payloadHash: PayloadHash.unsigned, presignedFor: 60)),
        (
            "a header added on the way",
            Attempt(change: { $0.headers.append(("X-Amzn-Trace-Id", "Root=1")) })
        ),
        (
            "header names in other cases",
            Attempt(change: { $0.headers = $0.headers.map { ($0.name.uppercased(), $0.value) } })
        ),
    ]

    @Test(arguments: good)
    func `a good signature is taken`(_ name: String, _ attempt: Attempt) throws {
        let caller = try authenticator.identify(attempt.request(), body: Self.body, now: Self.now)
        #expect(caller.principal.name == (attempt.key == "BOSS" ? "boss" : "guest"))
    }

    static func replace(_ name: String, _ value: String) -> @Sendable (inout SignableRequest) -> Void {
        { request in request.headers = request.headers.map { $0.name.lowercased() == name ? (name, value) : $0 } }
    }

    static func drop(_ name: String) -> @Sendable (inout SignableRequest) -> Void {
        { request in request.headers.removeAll { $0.name.lowercased() == name } }
    }

    static let bad: [(String, Attempt, AuthenticationError.Code)] = [
        ("unsigned", Attempt(change: drop("authorization")), .missingAuthenticationToken),
        ("another scheme", Attempt(change: replace("authorization", "Bearer x")), .incompleteSignature),
        ("no date", Attempt(change: drop("x-amz-date")), .incompleteSignature),
        ("unknown key", Attempt(key: "NOBODY"), .unrecognizedClient),
        ("a key's case", Attempt(key: "boss"), .unrecognizedClient),
        ("wrong secret", Attempt(secret: "another"), .invalidSignature),
        ("wrong service", Attempt(service: "s3"), .invalidSignature),
        ("too old", Attempt(age: 301), .invalidSignature),
        ("from the future", Attempt(age: -301), .invalidSignature),
        ("presigned, too old", Attempt(age: 61, presignedFor: 60), .invalidSignature),
        ("presigned, from the future", Attempt(age: -301, presignedFor: 600), .invalidSignature),
        ("another operation", Attempt(change: replace("x-amz-target", list)), .invalidSignature),
        ("another host", Attempt(change: replace("host", "evil.example")), .invalidSignature),
        ("another time", Attempt(change: replace("x-amz-date", "20270115T080100Z")), .invalidSignature),
        ("another day", Attempt(change: replace("x-amz-date", "20270114T080000Z")), .invalidSignature),
        ("another path", Attempt(change: { $0.path = "/x" }), .invalidSignature),
        ("another method", Attempt(change: { $0.method = "GET" }), .invalidSignature),
        ("another query", Attempt(change: { $0.query = "a=b" }), .invalidSignature),
        (
            "presigned, longer", Attempt(presignedFor: 60, change: { $0.query = lengthened($0.query) }),
            .invalidSignature
        ),
        (
            "another operation besides", Attempt(change: { $0.headers.append(("X-Amz-Target", list)) }),
            .invalidSignature
        ),
        (
            "an operation that was not signed", Attempt(change: { $0.headers.append(("X-Amz-Else", "x")) }),
            .invalidSignature
        ),
        ("hash of something else", Attempt(payloadHash: PayloadHash.empty), .invalidSignature),
        ("payload not signed", Attempt(payloadHash: PayloadHash.unsigned), .invalidSignature),
        ("payload in chunks", Attempt(payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), .invalidSignature),
        ("no session", Attempt(key: "GUEST"), .unrecognizedClient),
        ("another session", Attempt(key: "GUEST", token: "other"), .unrecognizedClient),
        ("a session where there is none", Attempt(token: "session"), .unrecognizedClient),
        ("expired key", Attempt(key: "OLD"), .expiredToken),
        ("expired key, wrong secret", Attempt(key: "OLD", secret: "another"), .invalidSignature),
    ]

    static func lengthened(_ query: String) -> String {
        query.split(separator: "&").map { $0.hasPrefix("X-Amz-Expires=") ? "X-Amz-Expires=600" : String($0) }
            .joined(separator: "&")
    }

    @Test(arguments: bad)
    func `anything else is refused, under AWS's name`(
        _ name: String, _ attempt: Attempt, _ code: AuthenticationError.Code
    ) {
        let error = #expect(throws: AuthenticationError.self) {
            try authenticator.identify(attempt.request(), body: Self.body, now: Self.now)
        }
        #expect(error?.code == code, "\(error?.description ?? "")")
        #expect(error?.message.contains(Self.secret) == false)
    }

    @Test func `another body is refused`() {
        #expect(throws: AuthenticationError.self) {
            try authenticator.identify(Attempt().request(), body: [], now: Self.now)
        }
    }

    @Test func `a refusal names user, action and resource`() throws {
        let caller = try authenticator.identify(Attempt(key: "EYE").request(), body: Self.body, now: Self.now)
        #expect(throws: Never.self) {
            try authenticator.authorize(caller, Self.list, activity: nil, resource: nil)
        }
        #expect(
            throws: AuthenticationError(
                .accessDenied,
                "User: arn:aws:iam::123456789012:user/eye is not authorized to perform: states:StartExecution on "
                    + "resource: arn:x because its key has the role reader")
        ) {
            try authenticator.authorize(caller, Self.start, activity: nil, resource: "arn:x")
        }
    }

    /// Which copies of a call are taken, by the seconds after the first.
    static let copies: [(hasIdentifier: Bool, taken: [Double], refused: [Double])] = [
        (true, [], [0, 1, 299, 300]), (false, [0, 1, 5], [6, 60, 300]),
    ]

    @Test(arguments: copies)
    func `a copy of a call changes nothing again`(
        _ hasIdentifier: Bool, _ taken: [Double], _ refused: [Double]
    ) throws {
        let request = Attempt(invocation: hasIdentifier ? "1" : nil).request()
        let caller = try authenticator.identify(request, body: Self.body, now: Self.now)
        try authenticator.spend(caller, on: Self.list, now: Self.now)
        try authenticator.spend(caller, on: Self.list, now: Self.now)
        try authenticator.spend(caller, on: Self.start, now: Self.now)
        for seconds in taken + refused {
            let now = Self.now.adding(seconds: seconds)
            let copy = try authenticator.identify(request, body: Self.body, now: now)
            try authenticator.spend(copy, on: Self.list, now: now)
            if taken.contains(seconds) {
                try authenticator.spend(copy, on: Self.start, now: now)
            } else {
                #expect(throws: AuthenticationError.self) { try authenticator.spend(copy, on: Self.start, now: now) }
            }
        }
        #expect(throws: AuthenticationError.self) {
            try authenticator.identify(request, body: Self.body, now: Self.now.adding(seconds: 301))
        }
        let next = try authenticator.identify(
            Attempt(age: hasIdentifier ? 0 : 1, invocation: hasIdentifier ? "2" : nil).request(), body: Self.body,
            now: Self.now)
        try authenticator.spend(next, on: Self.start, now: Self.now)
    }

    @Test func `signatures are forgotten when they are of no use any more, or too many`() {
        let guardian = ReplayGuard(capacity: 100)
        func signature(_ number: Int) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 32 - digits.count) + digits
        }
        let now = SigningTime(seconds: 6_000_000)
        for number in 0..<100 {
            let until = SigningTime(seconds: now.seconds + Int64(number) * 6)
            #expect(guardian.admit(signature(number), isUnique: true, until: until, now: now))
            #expect(!guardian.admit(signature(number).uppercased(), isUnique: true, until: until, now: now))
        }
        #expect(guardian.count == 100)
        #expect(
            guardian.admit(signature(1000), isUnique: true, until: SigningTime(seconds: now.seconds + 900), now: now))
        #expect(guardian.count <= 100)
        let later = SigningTime(seconds: now.seconds + 800)
        #expect(
            guardian.admit(
                signature(2000), isUnique: true, until: SigningTime(seconds: later.seconds + 300), now: later))
        #expect(guardian.count == 2)
        #expect(!guardian.admit("nonsense", isUnique: true, until: later, now: now))
    }

    static let basic: [(String, String?)] = [
        ("Basic Qk9TUzowMTIzNDU2Nzg5YWJjZGVmZ2hpag==", "boss"),
        ("basic Qk9TUzowMTIzNDU2Nzg5YWJjZGVmZ2hpag==", "boss"),
        ("Basic Qk9TUzowMTIzNDU2Nzg5YWJjZGVmZ2hpaw==", nil),  // another last letter
        ("Basic Qk9TUzo=", nil),
        ("Basic Qk9TUw==", nil),
        ("Basic ", nil),
        ("Basic ?", nil),
        ("Basic T0xEOjAxMjM0NTY3ODlhYmNkZWZnaGlq", nil),  // OLD
        ("Bearer Qk9TUzowMTIzNDU2Nzg5YWJjZGVmZ2hpag==", nil),
    ]

    @Test(arguments: basic)
    func `a scraper may come with a password`(_ header: String, _ name: String?) {
        #expect(authenticator.identify(basic: header, now: Self.now)?.name == name)
    }
}
